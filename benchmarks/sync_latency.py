"""Time from the resident's click to a barrier that knows the plate: portal, push, pull, store, controller's list.

The gate is a separate process with the real worker, store and pass watch; it reports when the controller receives a
list with the plate. Prints one JSON line.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from cloud_rig import percentile, running

ADDED = 60
CONFIG = """
[site]
state_dir = "state"
[[lane]]
name = "entry"
direction = "entry"
camera = "file:none.mp4"
barrier = "main"
[[barrier]]
name = "main"
driver = "simulated"
[cloud]
url = "{url}"
token = "{token}"
"""


def plate(number: int) -> str:
    return f"K{number:03}OT77"


def gate(config_file: Path) -> None:
    """The gate's side: sync worker and pass watch, wired as in `gate run`."""
    from core.events import PassListChanged
    from edge.config import load
    from edge.runtime.clock import Clock
    from edge.runtime.inbox import Inbox
    from edge.runtime.pass_watch import PassWatch
    from edge.runtime.status import GateStatus, JournalStatus, LinkStatus
    from edge.runtime.syncing import CloudWorker
    from edge.store.passes import FILE_NAME
    from relay.fake import FakeRelay

    config = load(config_file)
    clock, inbox, stop = Clock(), Inbox(), threading.Event()
    status = GateStatus("", "1", 1, 0.0, 1, (), (), 0, "", None, "", True, LinkStatus(True), JournalStatus(0, 0, ""), None, (), 0.0, 0, "", "")  # fmt: skip
    watch = PassWatch(config.state_dir / FILE_NAME, inbox=inbox, now=clock.now)
    worker = CloudWorker(
        config, clock=clock, relay=FakeRelay(), passes_changed=watch.changed, gate_status=lambda: status
    )
    watch.first()
    for work in (worker.run, watch.run):
        threading.Thread(target=work, args=(stop,), daemon=True).start()
    told = 0
    while told < ADDED:
        item = inbox.take(1.0)
        event = None if item is None else item.event
        if isinstance(event, PassListChanged):
            while told < ADDED and event.passes.for_plate(plate(told)):
                sys.stdout.write(f"{told} {time.monotonic()}\n")
                told += 1
            sys.stdout.flush()
        if not told and worker.status().push:
            sys.stdout.write("ready\n")
            sys.stdout.flush()


def main() -> None:
    with running() as rig, tempfile.TemporaryDirectory() as name:
        ((token,),) = rig.add_territories(1, gates=1)
        rig.fill(1, 1000)
        config = Path(name) / "gate.toml"
        config.write_text(CONFIG.format(url=rig.url, token=token), encoding="utf-8")
        child = subprocess.Popen([sys.executable, __file__, config], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        while child.stdout.readline().strip() != "ready":
            assert child.poll() is None, "the gate's process ended"
        delays = []
        for number in range(ADDED):
            pressed = time.monotonic()
            rig.file_pass(1, plate(number))
            line = child.stdout.readline().split()
            while line[0] != str(number):
                line = child.stdout.readline().split()
            delays.append(float(line[1]) - pressed)
        child.wait(60)
    figures = {f"p{int(share * 100)}_s": round(percentile(delays, share), 4) for share in (0.5, 0.95)}
    print(json.dumps({"bench": "latency", "added": ADDED, **figures, "max_s": round(max(delays), 4), "all_s": delays}))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        gate(Path(sys.argv[1]))
    else:
        main()
