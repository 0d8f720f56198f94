"""Fuzzing by hand, for hours: `make fuzz MINUTES=60`, or `python -m tests.fuzz --minutes 60 --target video`.

Round after round, each target in a process of its own, with a seed of its own: a crash of native code ends that process alone
and is told with the seed that repeats it. The portal's forms (`forms`) are a target too. At the end, also after Ctrl-C or
SIGTERM, a table says how long each target was tried and with how many cases.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter

from tests.fuzz.targets import ROOT, targets

ROUND_EXAMPLES = 150
FORMS = "forms"
"""Not bytes for a reader but requests to a portal: `tests/cloud/portal/test_fuzz.py`, with a seed."""
FORMS_TEST = "tests/cloud/portal/test_fuzz.py"
FORMS_MINUTES = 5
"""A round of them takes minutes: a shorter run leaves them to `make test-long`."""
REQUESTS_A_FORM = 4
"""Of one round: two accounts, fields and a body each."""


def one_round(name: str, seed: int, examples: int) -> int:
    """In this process; raises what hypothesis found, smallest first. Returns how many cases were read."""
    from hypothesis import HealthCheck, given, settings
    from hypothesis import seed as seeded

    logging.disable(logging.CRITICAL)  # readers tell of each broken file, thousands of times
    target, cases = targets()[name], 0

    @seeded(seed)
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(target.examples())
    def run(data: bytes) -> None:
        nonlocal cases
        cases += 1
        target.read(data)

    try:
        run()
    finally:
        target.end()
        logging.disable(logging.NOTSET)
    return cases


def command(name: str, seed: int, examples: int) -> list[str]:
    """What repeats one round."""
    if name == FORMS:
        return [sys.executable, "-m", "pytest", "-q", "-n", "0", "-m", "long", "-p", "no:cacheprovider", FORMS_TEST]
    return [sys.executable, "-m", "tests.fuzz", "--target", name, "--seed", str(seed), "--examples", str(examples)]


def cases_of(name: str, said: str) -> int:
    """How many cases a round tried, by its own words; 0 if it said nothing."""
    if name == FORMS:
        return REQUESTS_A_FORM * sum(int(found) for found in re.findall(r"(\d+) (?:passed|failed)", said))
    found = re.search(r"^(\d+) cases$", said, re.MULTILINE)
    return int(found[1]) if found else 0


class Ledger:
    """How long each target was tried, with how many cases, and what was found."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.cases: Counter[str] = Counter()
        self.rounds: Counter[str] = Counter()
        self.found: list[str] = []

    def round(self, name: str, seed: int, examples: int) -> None:
        """One, in a process of its own; what it finds is printed at once."""
        begun, again = time.monotonic(), command(name, seed, examples)
        done = subprocess.run(
            again, cwd=ROOT, env={**os.environ, "FUZZ_SEED": str(seed)}, capture_output=True, text=True, check=False
        )
        self.rounds[name] += 1
        self.seconds[name] += round(time.monotonic() - begun)
        self.cases[name] += cases_of(name, done.stdout)
        if done.returncode:
            self.found.append(f"{name}: {done.returncode}: FUZZ_SEED={seed} {' '.join(again[1:])}")
            print(self.found[-1], (done.stdout + done.stderr)[-3000:], sep="\n", flush=True)

    def table(self) -> str:
        """A row for each target."""
        rows = [
            f"{name:22} {self.rounds[name]:6} {self.seconds[name]:8} {self.cases[name]:10}"
            for name in sorted(self.rounds)
        ]
        head = f"{'target':22} {'rounds':>6} {'seconds':>8} {'cases':>10}"
        return "\n".join([head, *rows, f"found: {len(self.found)}", *self.found])


def stop(*_: object) -> None:
    """SIGTERM is told as Ctrl-C is."""
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--target", action="append", choices=[*sorted(targets()), FORMS])
    parser.add_argument("--examples", type=int, default=ROUND_EXAMPLES)
    parser.add_argument("--seed", type=int, help="one round of one target, here")
    wanted = parser.parse_args()
    if wanted.seed is not None:
        for name in wanted.target or sorted(targets()):
            print(f"{one_round(name, wanted.seed, wanted.examples)} cases")
        return 0
    names = wanted.target or [*sorted(targets()), *([FORMS] if wanted.minutes >= FORMS_MINUTES else [])]
    signal.signal(signal.SIGTERM, stop)
    end, seed, ledger = time.monotonic() + 60 * wanted.minutes, int(time.time()), Ledger()
    try:
        while time.monotonic() < end:
            for name in random.Random(seed).sample(names, len(names)):  # a short run meets others each time
                seed += 1
                ledger.round(name, seed, wanted.examples)
                if time.monotonic() >= end:
                    break
    except KeyboardInterrupt:
        print("stopped")
    print(ledger.table())
    return 1 if ledger.found else 0


if __name__ == "__main__":
    sys.exit(main())
