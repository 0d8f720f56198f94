"""Opening latency: from the request to the first byte on the board's wire, with vision at full load.

A real `gate relay` process drives boards that are pseudo-terminals here. Vision runs at full load in separate
processes, one for each lane, as in `gate run`. Nothing is really opened.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from core.errors import GateError
from core.events import Reason
from core.words.outcomes import Outcome
from edge.language import say
from relay.client import RelayClient
from relay.errors import RelayError
from relay.tools.emulators import LcusEmulator

_BOARDS = 4
"""Several boards take turns: each rests between its pulses, so the run finishes sooner."""
_PULSE_S = 0.2
_GAP_S = 0.5
_REST_S = 1.1 * (_PULSE_S + _GAP_S) / _BOARDS
_START_S = 20.0
_ANSWER_S = 2.0


class OpeningNotMeasured(GateError, RuntimeError):
    """The relay process did not start, or a board received nothing."""


@dataclass(frozen=True, slots=True)
class Openings:
    """Milliseconds from request to first byte."""

    count: int
    loaded_by: int
    """Processes that read plates meanwhile."""
    median_ms: float
    p99_ms: float
    worst_ms: float


def measure(*, count: int, readers: int) -> Openings:
    """Open `count` times while `readers` processes read plates. Raises `OpeningNotMeasured`."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="okter-bench-")))
        boards = [stack.enter_context(LcusEmulator()) for _ in range(_BOARDS)]
        config = folder / "gate.toml"
        config.write_text(_config(folder, boards), encoding="utf-8")
        stack.enter_context(_running("edge", "relay", "--config", str(config)))
        client = RelayClient(folder, timeout_s=_ANSWER_S)
        _wait_for(client)
        for _ in range(readers):
            load = stack.enter_context(_running("edge.bench.load"))
            assert load.stdout is not None
            if load.stdout.readline().strip() != "ready":
                raise OpeningNotMeasured(say("чтение номеров для нагрузки не запустилось"))
        taken = sorted(_opening_ms(client, turn % _BOARDS, boards[turn % _BOARDS]) for turn in range(count))
    return Openings(
        count=count,
        loaded_by=readers,
        median_ms=statistics.median(taken),
        p99_ms=taken[min(count - 1, int(0.99 * count))],
        worst_ms=taken[-1],
    )


def _opening_ms(client: RelayClient, number: int, board: LcusEmulator) -> float:
    until = time.monotonic() + _ANSWER_S
    while True:
        heard = len(board.writes)
        asked = time.monotonic()
        reply = client.open(barrier=f"b{number}", reason=Reason.CONSOLE)
        if reply.outcome is Outcome.DONE or time.monotonic() > until:
            break
        time.sleep(_REST_S)  # on a busy machine the previous pulse may not have had its rest yet
    while len(board.writes) == heard:
        if time.monotonic() > until:
            raise OpeningNotMeasured(say("плата ничего не услышала: {reply}", reply=reply))
        time.sleep(0.0005)
    first_byte = board.writes[heard][0]
    time.sleep(_REST_S)
    return (first_byte - asked) * 1e3


def _config(folder: Path, boards: Sequence[LcusEmulator]) -> str:
    lines = ["[site]", 'name = "bench"', f'state_dir = "{folder}"']
    lines += ["[[lane]]", 'name = "entry"', 'direction = "entry"', 'camera = "file:none.mp4"', 'barrier = "b0"']
    for number, board in enumerate(boards):
        lines += ["[[barrier]]", f'name = "b{number}"', 'driver = "lcus"', f'port = "{board.port}"', "channel = 1"]
        lines += [f"pulse_s = {_PULSE_S}", f"min_gap_s = {_GAP_S}", 'read_back = "none"']
    return "\n".join(lines) + "\n"


def _wait_for(client: RelayClient) -> None:
    until = time.monotonic() + _START_S
    while True:
        try:
            client.status()
        except RelayError as error:
            if time.monotonic() > until:
                raise OpeningNotMeasured(say("gate relay не запустился: {error}", error=error)) from error
            time.sleep(0.05)
        else:
            return


@contextmanager
def _running(*module: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # noqa: S603 - our own modules in our own interpreter
        [sys.executable, "-m", *module], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
        assert process.stdout is not None
        process.stdout.close()
