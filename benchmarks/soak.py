"""Days in minutes: the real processes with emulated boards and a recorded camera, faults at random, everything sampled.

    python -m benchmarks.soak --minutes 15 --plot docs/images/soak.svg         the run that docs/reliability.md tells of
    python -m benchmarks.soak --minutes 60 | --days 30 [--fault-every 600]     an hour, a month

Accelerated are openings (a pair every two seconds, where a busy gate has five hundred a day) and faults (one in some seconds, where
a box sees a few a day); the camera's film and every time-out run at their own speed. No fault ends a process on purpose: what is
looked for is what creeps. Sampled every few seconds: memory, descriptors, threads of both processes, time to open. The last
quarter against the second (the first is warm-up): more than 2 % growth is a failure, and so is a process that ended.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from core.words.reasons import Reason
from edge.runtime.control import ControlClient, GateAbsent
from edge.store.local_passes import local_pass
from edge.store.passes import PassStore
from relay.client import RelayClient
from relay.errors import RelayError
from relay.protocol import TOLD
from relay.tools.emulators import Emulator, LcusEmulator, ModbusEmulator
from tests.faults.hostile_camera import MODES, WELL, HostileCamera, resident_mb

ROOT = Path(__file__).resolve().parents[1]
SAMPLE_S = 4.0
OPENINGS_A_DAY = 500
MOST_GROWTH = 0.02
CONFIG = """\
[site]
name = "soak"
timezone = "Europe/Moscow"
state_dir = "state"

[[lane]]
name = "entry"
direction = "entry"
camera = "file:{film}"
barrier = "first"

[[lane]]
name = "exit"
direction = "exit"
camera = "{camera}"
barrier = "second"
read_timeout_s = 3

[[barrier]]
name = "first"
driver = "modbus"
port = "{first}"
pulse_s = 0.2
min_gap_s = 0.5

[[barrier]]
name = "second"
driver = "lcus"
port = "{second}"
read_back = "ascii"
pulse_s = 0.2
min_gap_s = 0.5
"""


@dataclass
class Sample:
    """At `at` seconds; memory in MB, latencies in ms of the openings since the sample before."""

    at: float
    gate_mb: float
    relay_mb: float
    gate_fds: int
    relay_fds: int
    gate_threads: int
    relay_threads: int
    open_ms: float | None
    open_worst_ms: float | None
    fault: str


@dataclass
class Run:
    openings: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """By what the relay process said."""
    faults: Counter[str] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)


class Faults:
    """What is done to the box, each for some seconds."""

    def __init__(self, pid: int, state: Path, boards: tuple[Emulator, ...], camera: HostileCamera) -> None:
        self._pid, self._state, self._boards, self._camera = pid, state, boards, camera

    def all(self) -> dict[str, Callable[[float], None]]:
        cameras = {f"camera: {mode}": lambda seconds, mode=mode: self._camera_is(mode, seconds) for mode in MODES}
        return cameras | {
            "a board is silent": lambda seconds: self._board("silent", seconds),
            "a board garbles": lambda seconds: self._board("garble", seconds),
            "gate run stands still": self._stopped,
            "out of descriptors": self._starved,
            "the list changes": self._list,
            "strangers on the sockets": self._strangers,
        }

    def _camera_is(self, mode: str, seconds: float) -> None:
        self._camera.mode = mode
        time.sleep(seconds)
        self._camera.mode = WELL

    def _board(self, how: str, seconds: float) -> None:
        board = random.choice(self._boards)
        setattr(board, how, True)
        time.sleep(seconds)
        setattr(board, how, False)

    def _stopped(self, seconds: float) -> None:
        os.kill(self._pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(self._pid, signal.SIGCONT)

    def _starved(self, seconds: float) -> None:
        soft, hard = resource.prlimit(self._pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self._pid, resource.RLIMIT_NOFILE, (descriptors(self._pid), hard))
        time.sleep(min(seconds, 2))
        resource.prlimit(self._pid, resource.RLIMIT_NOFILE, (soft, hard))

    def _list(self, _: float) -> None:
        plate = f"A{random.randrange(1000):03}BC77"
        with PassStore(self._state / "passes.db") as store:
            if not store.local.remove(plate):
                store.local.add([local_pass(plate, None, None)], at=datetime.now(UTC))
            store.keep_good_copy()
        with contextlib.suppress(GateAbsent):
            ControlClient(self._state).passes_changed()

    def _strangers(self, seconds: float) -> None:
        links = []
        for name in ("gate.sock", "relay.sock"):
            for _ in range(5):
                link = socket.socket(socket.AF_UNIX)
                with contextlib.suppress(OSError):
                    link.settimeout(1)
                    link.connect(str(self._state / name))
                    link.sendall(random.choice((b"", b"{", b"[" * 3000 + b"\n", b'{"do":"open"}\n', os.urandom(500))))
                links.append(link)
        time.sleep(min(seconds, 2))
        for link in links:
            link.close()


def descriptors(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def threads(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())


def take(gate: int, relay: int, at: float, recent: list[float], fault: str) -> Sample:
    return Sample(
        round(at, 1), round(resident_mb(gate), 2), round(resident_mb(relay), 2), descriptors(gate), descriptors(relay),
        threads(gate), threads(relay),
        round(statistics.median(recent), 2) if recent else None, round(max(recent), 2) if recent else None, fault,
    )  # fmt: skip


def open_on(state: Path, run: Run, recent: list[float], stop: threading.Event) -> None:
    """Openings of both lanes, one after the other, for as long as it goes."""
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
        if reply.outcome in TOLD:
            run.openings += 1
            recent.append(took)
            run.latencies.append(took)
        else:
            run.refused[f"{reply.outcome} {reply.why}"] += 1


@contextlib.contextmanager
def box(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], tuple[Emulator, ...], HostileCamera]]:
    with (
        ModbusEmulator(channels=8) as first,
        LcusEmulator(channels=2, read_back="ascii") as second,
        HostileCamera() as camera,
    ):
        film = ROOT / "config/demo/gate.mp4"
        text = CONFIG.format(film=film, camera=camera.url, first=first.port, second=second.port)
        (folder / "gate.toml").write_text(text)
        (folder / "state").mkdir()
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "edge", "run", "--config", str(folder / "gate.toml")],
                stdout=log,
                stderr=log,
                cwd=ROOT,
            )
            try:
                yield process, (first, second), camera
            finally:
                with contextlib.suppress(RelayError):
                    relay = RelayClient(folder / "state").status().pid
                    os.kill(process.pid, signal.SIGCONT)
                    process.terminate()
                    process.wait(60)
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(relay, signal.SIGTERM)
                if process.poll() is None:
                    process.kill()
                process.wait()


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


def growth(samples: list[Sample], name: str) -> tuple[float, float, float]:
    """Medians of the second and the last quarter, and how much more the last is."""
    quarter = max(1, len(samples) // 4)
    early = statistics.median(getattr(one, name) for one in samples[quarter : 2 * quarter])
    late = statistics.median(getattr(one, name) for one in samples[-quarter:])
    return early, late, late / early - 1


NAMES = ("gate_mb", "relay_mb", "gate_fds", "relay_fds", "gate_threads", "relay_threads")


def plot(run: Run, target: Path, title: str) -> None:
    """Four charts of one hand: no library is needed to look at a month."""
    charts = (
        ("memory, MB", (("gate run", "gate_mb", "#2d6fc0"), ("gate relay", "relay_mb", "#c08a2d"))),
        ("descriptors", (("gate run", "gate_fds", "#2d6fc0"), ("gate relay", "relay_fds", "#c08a2d"))),
        ("threads", (("gate run", "gate_threads", "#2d6fc0"), ("gate relay", "relay_threads", "#c08a2d"))),
        ("asked → board told, ms", (("median", "open_ms", "#2d9c5a"), ("worst", "open_worst_ms", "#bbbbbb"))),
    )
    wide, high, left = 900, 150, 60
    end = max(one.at for one in run.samples) or 1
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide + left + 20} {len(charts) * (high + 45) + 40}" font-family="sans-serif" font-size="12">',
             '<rect width="100%" height="100%" fill="white"/>', f'<text x="{left}" y="20" font-size="14">{title}</text>']  # fmt: skip
    for number, (name, lines) in enumerate(charts):
        top = 50 + number * (high + 45)
        values = [v for one in run.samples for _, key, _ in lines if (v := getattr(one, key)) is not None]
        most = max(values, default=1) * 1.1 or 1
        parts += [
            f'<rect x="{left + one.at / end * wide:.1f}" y="{top}" width="2" height="{high}" fill="#f4dcdc"/>'
            for one in run.samples
            if one.fault
        ]
        parts.append(f'<text x="{left}" y="{top - 6}">{name}</text>')
        for share in (0, 0.5, 1):
            y = top + high * (1 - share)
            parts.append(
                f'<line x1="{left}" x2="{left + wide}" y1="{y}" y2="{y}" stroke="#ddd"/><text x="{left - 6}" y="{y + 4}" text-anchor="end">{most * share:.0f}</text>'
            )
        for at, (label, key, colour) in enumerate(lines):
            points = " ".join(
                f"{left + one.at / end * wide:.1f},{top + high * (1 - v / most):.1f}"
                for one in run.samples
                if (v := getattr(one, key)) is not None
            )
            parts.append(
                f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/><text x="{left + wide - 200 + at * 110}" y="{top - 6}" fill="{colour}">{label}</text>'
            )
        parts.append(f'<text x="{left + wide}" y="{top + high + 15}" text-anchor="end">{end / 60:.0f} min</text>')
    target.write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")


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
