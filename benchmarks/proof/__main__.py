"""Checks that several cells lose nothing acknowledged while their processes are killed, and measures what they cost.

    python -m benchmarks.proof --cells 3 --gates 100 --events-per-s 10 --minutes 2 --kill-each [--out build/proof.json]

Each cell is a PostgreSQL server, a pgbouncer, two nats-servers in a cluster, two portals (`okter serve` with its workers)
behind two HAProxy on one port, and one more `okter serve` that gets no requests (every `okter serve` has threads for jobs;
this one does nothing else). One directory serves all cells. Simulated gates and people are a separate process. Half of the
time goes to windows of steady load, from which costs are computed, and half to kills. Everything runs on this machine over
loopback without TLS. SIGKILL keeps the page cache, so it does not simulate a power cut. The exit code is 1 if anything
acknowledged is lost. --out writes the whole run as JSON, with Markdown beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.proof import report
from benchmarks.proof.costs import Fleet, costs
from benchmarks.proof.driving import Simulation, highest, simulation, windows
from benchmarks.proof.herd import herd
from benchmarks.proof.judging import bytes_each, judge, revs
from benchmarks.proof.kills import ORDER, job_states, kill_each
from benchmarks.proof.log import read
from benchmarks.proof.servers import until
from benchmarks.proof.size import Size
from benchmarks.proof.stage import Stage, standing

FLEET = Fleet(gates=100_000, events_per_s=2000.0, passes=10**7, pass_days=30.0)
SHORTEST_SLOT_S = 8.0
WINDOWS = 8
SETTLE_S = 180.0
LEASE_S = 150.0
"""How long to wait for jobs; the job of a killed worker is taken over after two minutes."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=3)
    parser.add_argument("--gates", type=int, default=100)
    parser.add_argument("--gates-each", type=int, default=10, help="gates of one territory")
    parser.add_argument("--passes-each", type=int, default=100, help="passes of one territory from the beginning")
    parser.add_argument("--events-per-s", type=float, default=10.0)
    parser.add_argument("--filings-per-s", type=float, default=2.0)
    parser.add_argument("--kill-load", type=float, default=0.5, help="share of the events while processes are killed")
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=1, help="each kind is killed so often, in another cell each time")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--nats", type=int, default=2, help="servers in a cell's cluster")
    parser.add_argument("--hosts", type=int, default=2, help="portals of a cell; one stands without a balancer")
    parser.add_argument("--kill-each", action="store_true")
    parser.add_argument("--kinds", nargs="+", choices=ORDER, default=list(ORDER), help="of process, to be killed")
    parser.add_argument(
        "--herd", action="store_true", help="kill all portals of a cell at once, and watch its gates return"
    )
    parser.add_argument("--highest", action="store_true", help="raise the events until the cells keep up no longer")
    parser.add_argument("--no-costs", dest="costs", action="store_false", help="kills alone")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    if asked.hosts == 1:  # then there is no balancer
        asked.kinds = [kind for kind in asked.kinds if kind != "haproxy"]
    return asked


def progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def play(stage: Stage, sim: Simulation, asked: argparse.Namespace) -> dict[str, Any]:
    """Do the whole run. Returns its findings as from `report.document`."""
    part_s = asked.minutes * 60 / max(1, asked.kill_each + asked.costs)
    seen = []
    if asked.costs:
        progress(f"windows, {part_s:.0f} s")
        seen = windows(stage, sim, gates=asked.gates, events_per_s=asked.events_per_s, filings_per_s=asked.filings_per_s,
                       each_s=part_s / WINDOWS, told=progress)  # fmt: skip
    outages, jobs, most, herds = [], [], [], []
    if asked.herd:
        sim.do(
            "level",
            gates=asked.gates,
            events_per_s=asked.events_per_s * asked.kill_load,
            filings_per_s=asked.filings_per_s,
        )
        found, outage = herd(stage, sim, 0)
        progress(f"  {found}")
        outages.append(outage)
        herds.append(asdict(found))
    if asked.kill_each:
        slot_s = max(SHORTEST_SLOT_S, part_s / len(asked.kinds) / asked.rounds)
        progress(f"kills, a slot of {slot_s:.0f} s each")
        up = sim.do("level", gates=asked.gates, events_per_s=asked.events_per_s * asked.kill_load,
                    filings_per_s=asked.filings_per_s, claims_per_s=1.0)  # fmt: skip
        progress(f"  {up}")
        outages += kill_each(
            stage, asked.kinds, slot_s=slot_s, cells=asked.cells, rounds=asked.rounds, jobs=jobs, told=progress
        )
    if asked.highest:
        progress("highest rate of events")
        most = highest(stage, sim, gates=asked.gates, from_per_s=asked.events_per_s, told=progress)
    unanswered = sim.do("rest", for_s=60)
    settled = sim.do("settle", revs=revs(stage), for_s=SETTLE_S)
    progress(f"settled: {settled}, {unanswered}")
    jobs_s = _jobs_done(stage, jobs)
    held = stage.home / "held.jsonl"
    sim.do("held", file=str(held))
    verdict = judge(stage, read([sim.log]), held, outages, jobs)
    for line in (*verdict.refused[:5], *verdict.odd[:10]):
        progress(f"  {line}")
    told = {
        "highest": [asdict(one) for one in most], "herds": herds, "settled": settled | unanswered, "jobs_s": jobs_s, "bytes_each": bytes_each(stage),
        "cores": len(os.sched_getaffinity(0)), "load": os.getloadavg()[0], "at": time.strftime("%Y-%m-%d %H:%M"),
    }  # fmt: skip
    plain = {name: str(value) if isinstance(value, Path) else value for name, value in vars(asked).items()}
    return report.document(plain, seen, costs(seen) if seen else None, FLEET, outages, verdict, told)


def publish(run: dict[str, Any], out: Path | None) -> None:
    """Print the run, and save it if requested."""
    text = report.markdown(run)
    print(text)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(run, indent=1) + "\n")
        out.with_suffix(".md").write_text(text)


def _jobs_done(stage: Stage, jobs: list[tuple[int, int]]) -> float:
    """Seconds until no job waits or runs, at most `LEASE_S`; the verdict counts jobs that still do."""

    def done() -> bool:
        states = job_states(stage, jobs)
        return not (states.get("waiting") or states.get("running"))

    try:
        return until("jobs", done, within_s=LEASE_S) if jobs else 0.0
    except TimeoutError:
        return LEASE_S


def main() -> int:
    asked = arguments()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    size = Size(asked.cells, asked.gates, asked.gates_each, asked.passes_each, asked.workers, asked.nats, asked.hosts)
    began = time.monotonic()
    with standing(size) as stage:
        progress(
            f"{len(stage.running)} servers up after {time.monotonic() - began:.0f} s in {stage.home}; files at most {hard}"
        )
        with simulation(stage) as sim:
            run = play(stage, sim, asked)
    publish(run, asked.out)
    return 0 if run["verdict"]["good"] else 1


if __name__ == "__main__":
    sys.exit(main())
