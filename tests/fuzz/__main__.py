"""Fuzzing by hand, for hours: `make fuzz MINUTES=60`, or `python -m tests.fuzz --minutes 60 --target video`.

Round after round, each target in a process of its own, with a seed of its own: a crash of native code ends that process alone
and is told with the seed that repeats it.
"""

from __future__ import annotations

import argparse
import logging
import random
import subprocess
import sys
import time

from tests.fuzz.targets import targets

ROUND_EXAMPLES = 150


def one_round(name: str, seed: int, examples: int) -> None:
    """In this process; raises what hypothesis found, smallest first."""
    from hypothesis import HealthCheck, given, settings
    from hypothesis import seed as seeded

    logging.disable(logging.CRITICAL)  # readers tell of each broken file, thousands of times
    target = targets()[name]

    @seeded(seed)
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(target.examples())
    def run(data: bytes) -> None:
        target.read(data)

    try:
        run()
    finally:
        logging.disable(logging.NOTSET)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--target", action="append", choices=sorted(targets()))
    parser.add_argument("--examples", type=int, default=ROUND_EXAMPLES)
    parser.add_argument("--seed", type=int, help="one round of one target, here")
    wanted = parser.parse_args()
    names = wanted.target or sorted(targets())
    if wanted.seed is not None:
        for name in names:
            one_round(name, wanted.seed, wanted.examples)
        return 0
    end, seed, found, rounds = time.monotonic() + 60 * wanted.minutes, int(time.time()), [], 0
    while time.monotonic() < end:
        for name in random.Random(seed).sample(names, len(names)):  # a short run meets others each time
            seed, rounds = seed + 1, rounds + 1
            again = [
                sys.executable,
                "-m",
                "tests.fuzz",
                "--target",
                name,
                "--seed",
                str(seed),
                "--examples",
                str(wanted.examples),
            ]
            done = subprocess.run(again, capture_output=True, text=True, check=False)
            if done.returncode:
                found.append(f"{name}: {done.returncode}: {' '.join(again[1:])}")
                print(found[-1], done.stderr[-3000:], sep="\n", flush=True)
            if time.monotonic() >= end:
                break
    print(f"{rounds} rounds of {wanted.examples} in {len(names)} targets; found: {len(found)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
