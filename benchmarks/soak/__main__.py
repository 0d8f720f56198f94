"""Days in minutes: the real processes with emulated boards and a recorded camera, random faults, everything sampled.

    python -m benchmarks.soak --minutes 15 --plot docs/images/soak.svg         the run that docs/reliability.md tells of
    python -m benchmarks.soak --minutes 60 | --days 30 [--fault-every 600]     an hour, a month

Openings are accelerated (a pair every two seconds, where a busy gate has five hundred a day), and so are faults (one
every few seconds, where a box has a few a day). The camera's film and all time-outs run at normal speed. No fault ends
a process on purpose: the aim is to find gradual growth. Every few seconds memory, descriptors and threads of both
processes and the time to open are sampled. The last quarter is compared with the second (the first is warm-up): growth
of more than 2 % is a failure, and so is a process that ended.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks.soak.box import box
from benchmarks.soak.faults import Faults
from benchmarks.soak.plot import plot
from benchmarks.soak.samples import NAMES, Run, growth, take
from core.words.outcomes import OPENED
from core.words.reasons import Reason
from edge.runtime.control import ControlClient, GateAbsent
from relay.client import RelayClient
from relay.errors import RelayError

SAMPLE_S = 4.0
OPENINGS_A_DAY = 500
MOST_GROWTH = 0.02


def open_on(state: Path, run: Run, recent: list[float], stop: threading.Event) -> None:
    """Openings of both lanes, one after the other, until stopped."""
    client, lanes = RelayClient(state, timeout_s=5), ("entry", "exit")
    number = 0
    while not stop.wait(1.0):
        number += 1
        begun = time.monotonic()
        try:
            reply = client.open(lane=lanes[number % 2], reason=Reason.CONSOLE)
        except RelayError as error:
            run.trouble.append(f"relay: {error}")
            continue
        took = (time.monotonic() - begun) * 1000
        if reply.outcome in OPENED:
            run.openings += 1
            recent.append(took)
            run.latencies.append(took)
        else:
            run.refused[f"{reply.outcome} {reply.why}"] += 1


def soak(folder: Path, *, seconds: float, fault_every: float, seed: int, only: str = "") -> Run:
    run, recent, stop = Run(), [], threading.Event()
    random.seed(seed)
    with box(folder) as (process, boards, camera):
        state = folder / "state"
        deadline = time.monotonic() + 120
        while True:
            with contextlib.suppress(GateAbsent, RelayError):
                ControlClient(state).status()
                relay = RelayClient(state).status().pid
                break
            assert time.monotonic() < deadline, (folder / "log").read_text()[-2000:]
            time.sleep(0.2)
        faults, now_wrong = Faults(process.pid, state, boards, camera).all(), [""]

        faults = {name: fault for name, fault in faults.items() if name.startswith(only)}

        def harm() -> None:
            while not stop.wait(random.expovariate(1 / fault_every)):
                name = random.choice(sorted(faults))
                run.faults[name] += 1
                now_wrong[0] = name
                with contextlib.suppress(OSError):
                    faults[name](random.uniform(1, 6))
                now_wrong[0] = ""

        workers = [threading.Thread(target=harm), threading.Thread(target=open_on, args=(state, run, recent, stop))]
        for worker in workers:
            worker.start()
        begun = time.monotonic()
        while (at := time.monotonic() - begun) < seconds:
            time.sleep(SAMPLE_S)
            if process.poll() is not None:
                run.trouble.append(f"gate run ended with {process.returncode} after {at:.0f} s")
                break
            try:
                run.samples.append(take(process.pid, relay, at, recent[:], now_wrong[0]))
            except OSError:
                run.trouble.append(f"the relay process ended after {at:.0f} s")
                break
            recent.clear()
        stop.set()
        for worker in workers:
            worker.join(20)
        log = (folder / "log").read_text(errors="replace")
        run.trouble += [line for line in log.splitlines() if "Traceback" in line or "Error:" in line][:20]
    return run


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--days", type=float, default=0)
    parser.add_argument("--fault-every", type=float, default=6, help="seconds between faults, on the average")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="faults whose name begins so")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args()
    seconds = wanted.days * 86400 or wanted.minutes * 60
    with tempfile.TemporaryDirectory() as folder:
        run = soak(Path(folder), seconds=seconds, fault_every=wanted.fault_every, seed=wanted.seed, only=wanted.only)
    if wanted.json:
        wanted.json.write_text("\n".join(json.dumps(asdict(one)) for one in run.samples) + "\n")
    bad = list(run.trouble)
    for name in NAMES:
        early, late, more = growth(run.samples, name)
        print(f"{name:<14} {early:8.1f} → {late:8.1f}  {more:+.1%}")
        if more > MOST_GROWTH:
            bad.append(f"{name} grew by {more:.1%}")
    cuts = statistics.quantiles(run.latencies, n=100) if len(run.latencies) > 1 else [0.0] * 99
    told = f"{run.openings} openings ({run.openings / OPENINGS_A_DAY:.1f} days of {OPENINGS_A_DAY}), {sum(run.faults.values())} faults"
    print(f"{told}; open: median {cuts[49]:.1f} ms, p99 {cuts[98]:.0f} ms; refused {dict(run.refused)}")
    print("; ".join(f"{name} {number}" for name, number in sorted(run.faults.items())))
    if wanted.plot:
        plot(run, wanted.plot, f"gate run + gate relay, {seconds / 60:.0f} min: {told}")
    print("\n".join(bad) or "nothing creeps")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
