"""A territory of 100,000 passes: first sync, a change of one, look-up, memory. Prints one JSON line."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from cloud_rig import percentile, plate, resident_mb, running

PASSES = 100_000
CHANGES = 20
LOOKUPS = 20_000


def gate(url: str, token: str, folder: Path) -> None:
    """The gate's side, driven by request lines on stdin: `full`, `delta PLATE`, `lookup`."""
    from edge.runtime.clock import Clock
    from edge.store.passes import PassStore
    from sync.api import CloudApi
    from sync.http import CloudHttp
    from sync.pull import Puller
    from sync.settings import CloudSettings

    clock = Clock()
    api = CloudApi(CloudHttp(CloudSettings(url=url), clock=clock, token=lambda: token, version="1"))
    with PassStore(folder / "passes.db") as store:
        puller = Puller(api, store.cloud, clock)
        passes = store.load()
        for line in sys.stdin:
            wanted, *rest = line.split()
            begin, cpu = time.perf_counter(), time.process_time()
            answer: dict[str, float] = {}
            if wanted == "full":
                before_mb = resident_mb()
                puller.pull()
                answer["pull_s"] = time.perf_counter() - begin
                pulled_mb = resident_mb()
                passes = store.load()
                answer |= {
                    "count": len(passes),
                    "list_mb": resident_mb() - pulled_mb,
                    "all_mb": resident_mb() - before_mb,
                }
            elif wanted == "delta":
                puller.pull()
                passes = store.load()
                answer["found"] = len(passes.for_plate(rest[0]))
            else:
                durations = []
                for number in range(LOOKUPS):
                    one = time.perf_counter()
                    assert passes.for_plate(plate(number * 7 % PASSES))
                    durations.append(time.perf_counter() - one)
                answer["p95_s"] = percentile(durations, 0.95)
                answer["max_s"] = max(durations)
            answer["took_s"] = time.perf_counter() - begin
            answer["cpu_s"] = time.process_time() - cpu
            print(json.dumps(answer), flush=True)


def main() -> None:
    with running() as rig, tempfile.TemporaryDirectory() as name:
        ((token,),) = rig.add_territories(1, gates=1)
        rig.fill(1, PASSES)
        child = subprocess.Popen(
            [sys.executable, __file__, rig.url, token, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

        def ask(line: str) -> dict[str, float]:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write(line + "\n")
            child.stdin.flush()
            answer: dict[str, float] = json.loads(child.stdout.readline())
            return answer

        served = time.process_time()
        full = ask("full")
        served = time.process_time() - served
        assert full["count"] == PASSES, full
        deltas, delta_cpus = [], []
        for number in range(CHANGES):
            rig.file_pass(1, f"K{number:03}OT177")
            answer = ask(f"delta K{number:03}OT177")
            assert answer["found"] == 1, answer
            deltas.append(answer["took_s"])
            delta_cpus.append(answer["cpu_s"])
        lookup = ask("lookup")
        assert child.stdin is not None
        child.stdin.close()
        child.wait(60)
    result = {
        "bench": "scale",
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "passes": PASSES,
        "first_sync_s": round(full["took_s"], 2),
        "first_pull_s": round(full["pull_s"], 2),
        "first_sync_cpu_s": round(full["cpu_s"], 2),
        "first_sync_server_cpu_s": round(served, 2),
        "list_mb": round(full["list_mb"], 1),
        "process_growth_mb": round(full["all_mb"], 1),
        "delta_p50_s": round(percentile(deltas, 0.5), 4),
        "delta_p95_s": round(percentile(deltas, 0.95), 4),
        "delta_cpu_p95_s": round(percentile(delta_cpus, 0.95), 4),
        "lookup_p95_s": lookup["p95_s"],
        "lookup_max_s": lookup["max_s"],
        "deltas_s": deltas,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        gate(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    else:
        main()
