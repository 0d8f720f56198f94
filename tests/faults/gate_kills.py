"""`kill -9` of a whole `gate run` again and again, its files torn in between: it is back, decides, and has lost nothing.

    python -m tests.faults.gate_kills --count 500

The relay process lives on: the barrier can be opened at every moment. Every opening that it told of, by our request or the
gate's own, is in exactly one visit of the journal in the end, and the list is whole after each start.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from core.words.outcomes import OPENED
from core.words.reasons import Reason
from edge.store.journal import FILE_NAME, Journal
from relay.client import RelayClient
from relay.errors import RelayError
from relay.protocol import EventKind
from tests.faults.conftest import CONFIG, Site, film, until
from tests.patience import PATIENCE_S

PLATES = ("A123BC77", "B702CX150", "E730BC178")
OUT_OF_THE_DEMO = Path(__file__).resolve().parents[2] / "config" / "demo" / "exit.mp4"
EXIT = """
[[lane]]
name = "exit"
direction = "exit"
camera = "file:exit.mp4"
barrier = "main"
"""
HARMS = ("nothing", "empty list", "half list", "list deleted", "relay marker lost", "nothing")


@dataclass
class Result:
    kills: int = 0
    opened: set[str] = field(default_factory=set)
    """Ids of our requests that were answered."""
    told: set[str] = field(default_factory=set)
    """Ids of all openings, the gate's own too, as the relay process told them to a listener beside the gate."""
    harms: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    """From the start of the process to an answer with the list in force."""
    without_s: float = 0.0
    """The longest that the barrier could not be opened by the relay socket."""


def open_now(site: Site, result: Result) -> None:
    """Open by the relay socket, as a console does; the relay process does not die with the gate."""
    client, begun = RelayClient(site.view, timeout_s=5), time.monotonic()
    while True:
        wanted = str(uuid.uuid4())
        try:
            reply = client.open(lane="entry", reason=Reason.CONSOLE, request_id=wanted, expires=time.monotonic() + 3)
            result.opened |= {wanted} if reply.outcome in OPENED else set()
            break
        except RelayError:
            if time.monotonic() - begun > 20:
                result.problems.append("the relay process does not answer")
                return
            time.sleep(0.02)
    result.without_s = max(result.without_s, time.monotonic() - begun)


def listen(site: Site, result: Result, over: threading.Event) -> None:
    """Hears what the gate hears, and is not killed."""
    heard = 0
    while not over.is_set():
        try:
            with contextlib.closing(RelayClient(site.view).subscribe(after=heard)) as stream:
                while not over.is_set():
                    event = stream.next(0.2)
                    if event is None:
                        continue
                    heard = max(heard, event.seq)
                    opening = event.seq and event.kind is EventKind.ACTED and event.what in {"open", "hold"}
                    if opening and event.outcome in OPENED:
                        result.told.add(event.request_id)
        except RelayError:
            over.wait(0.05)


def visits_with(site: Site) -> Counter[str]:
    """In how many visits of the journal each request is."""
    with Journal(site.state_dir / FILE_NAME, to_read=True) as journal:
        visits = journal.visits(limit=1_000_000)
    return Counter(one.request_id for visit in visits for one in visit.record.openings)


def harm(site: Site, way: str) -> None:
    passes = site.state_dir / "passes.db"
    if way == "empty list":
        passes.write_bytes(b"")
    elif way == "list deleted":
        for part in site.state_dir.glob("passes.db*"):
            part.unlink()
    elif way == "half list" and passes.exists():
        passes.write_bytes(passes.read_bytes()[: passes.stat().st_size // 2])
    elif way == "relay marker lost":
        (site.state_dir / "relay.own").unlink(missing_ok=True)


def run(count: int, *, seed: int, folder: Path, clip: Path, leaving_s: float = 0.0) -> Result:
    """So many kills of `gate run`, each at some moment between its start and a second after it is up.

    With `leaving_s`, cars leave at an exit too, and every third kill comes up to so many seconds later.
    """
    rng, result = random.Random(seed), Result()
    shutil.copy(clip, folder / "road.mp4")
    (folder / "gate.toml").write_text(CONFIG + (EXIT if leaving_s else ""), encoding="utf-8")
    if leaving_s:
        (folder / "exit.mp4").symlink_to(OUT_OF_THE_DEMO)
    site = Site(folder)
    for plate in PLATES:
        site.add_pass(plate)
    over = threading.Event()
    listener = threading.Thread(target=listen, args=(site, result, over))
    listener.start()
    try:
        for number in range(count):
            begun = time.monotonic()
            process = site.run()
            if number % 3 == 2:  # killed on the way up
                time.sleep(rng.uniform(0, 3))
            else:
                found = until(lambda: (status := site.status()) and status.passes is not None and status, within_s=300)
                result.slowest_s = max(result.slowest_s, time.monotonic() - begun)
                if found.passes != len(PLATES):
                    result.problems.append(f"{number}: {found.passes} passes")
                open_now(site, result)
                # right after the opening, most of all, or while a car leaves
                time.sleep(rng.random() ** 3 if number % 3 == 0 else rng.uniform(0, max(1.0, leaving_s)))
            process.send_signal(signal.SIGKILL)
            process.wait()
            result.kills += 1
            way = HARMS[number % len(HARMS)]
            result.harms[way] += 1
            harm(site, way)
        last = site.run()
        site.up()
        try:
            until(lambda: result.opened <= visits_with(site).keys(), within_s=300)
        except AssertionError:
            result.problems.append("openings are missing after the last start")
        last.terminate()  # the visits in view are recorded
        last.wait(PATIENCE_S)
        visits = visits_with(site)
        for request_id in sorted(result.opened | result.told):
            if visits[request_id] != 1:
                result.problems.append(f"opening {request_id} is in {visits[request_id]} visits")
    finally:
        over.set()
        listener.join()
        site.end()
    return result


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--leaving", type=float, default=12.0, metavar="SECONDS", help="0: no cars at an exit")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip = film(Path(folder) / "clip.mp4")
        (Path(folder) / "site").mkdir()
        result = run(wanted.count, seed=wanted.seed, folder=Path(folder) / "site", clip=clip, leaving_s=wanted.leaving)
    harms = ", ".join(f"{way} {number}" for way, number in sorted(result.harms.items()))
    print(f"{result.kills} kills ({harms}); {len(result.told | result.opened)} openings, "
          f"{len(result.opened)} of them ours; slowest start {result.slowest_s:.1f} s; "
          f"barrier unreachable at most {result.without_s:.1f} s; problems: {len(result.problems)}")  # fmt: skip
    print("\n".join(result.problems))
    return 1 if result.problems else 0


if __name__ == "__main__":
    sys.exit(main())
