"""Kill the relay process at random moments, many times, with a board on a pseudo-terminal watching every byte.

`python -m relay.tools.endurance --cycles 1000 [--board modbus]`: each cycle starts a real `gate relay`, asks for a pulse, kills it (mostly
`kill -9`) at a random moment and starts the next, which often gets the same request once more. Counted: contacts
still closed 2 s after the next start, requests that moved the barrier more than once, pulses nobody asked for.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path

from core.words.reasons import Reason
from relay.client import RelayClient
from relay.errors import RelayError
from relay.tools.emulators import KINDS, Emulator

PULSE_S = 0.3
SAFE_WITHIN_S = 2.0
"""Seconds from the start of the next process until OFF."""
LATEST_KILL_S = 0.6
EXIT_WITHIN_S = 60
"""Generous, because the run is meant for an otherwise busy machine."""

CONFIG = """
[site]
state_dir = "{state_dir}"
[[lane]]
name = "entry"
direction = "entry"
camera = "/dev/video9"
barrier = "main"
[[barrier]]
name = "main"
driver = "{driver}"
port = "{port}"
pulse_s = {pulse_s}
min_gap_s = 0.5
"""


OFF = {
    "lcus": bytes.fromhex("a0 01 00 a1"),
    "kmtronic": bytes.fromhex("ff 01 00"),
    "modbus": bytes.fromhex("01 05 00 00 00 00 cd ca"),
}
"""OFF for relay 1 as documented by each vendor, written out instead of asking the drivers under test."""


@dataclass(slots=True)
class EnduranceReport:
    """The results. The five counts that follow `board` must be 0."""

    board: str
    stuck: int = 0
    """Starts that found the contact closed and never opened it."""
    late: int = 0
    """Starts that found the contact closed and opened it later than `SAFE_WITHIN_S`."""
    repeated: int = 0
    """Requests that moved the barrier more than once."""
    unwanted: int = 0
    """Pulses that belong to no request."""
    first_not_off: int = 0
    """Starts whose first bytes to the board were not OFF."""
    strange_words: list[str] = field(default_factory=list)
    """Those bytes, in hex: the first thing to look at."""
    cycles: int = 0
    requests: int = 0
    pulses: int = 0
    killed_in_the_pulse: int = 0
    slowest_off_s: float = 0.0
    """The longest time from a start until OFF, over starts that found the contact closed."""

    @property
    def clean(self) -> bool:
        """Whether nothing forbidden happened."""
        return not (self.stuck or self.late or self.repeated or self.unwanted or self.first_not_off)


class Endurance:
    """One board and one config, with one process after another."""

    def __init__(self, board: Emulator, *, kind: str, folder: Path, seed: int) -> None:
        self.report = EnduranceReport(board=kind)
        self._board = board
        self._state_dir = folder / "state"
        self._config = folder / "gate.toml"
        text = CONFIG.format(driver=kind, state_dir=self._state_dir, port=board.port, pulse_s=PULSE_S)
        self._config.write_text(text, encoding="utf-8")
        self._chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._request_id = ""
        self._moved: dict[str, int] = {}

    def run(self, cycles: int, *, minutes: float = float("inf")) -> EnduranceReport:
        """Kills `cycles` processes, or as many as the time allows, then ends one cleanly."""
        end = time.monotonic() + 60 * minutes
        while self.report.cycles < cycles and time.monotonic() < end:
            self._cycle()
        process = self._start()
        self._mend(time.monotonic())
        process.terminate()
        process.wait(EXIT_WITHIN_S)
        self.report.stuck += self._board.levels.get(1, False)
        return self.report

    def _cycle(self) -> None:
        report, board, chance = self.report, self._board, self._chance
        said, moved = len(board.writes), len(board.changes)
        process = self._start()
        hasty = chance.random() < 0.2
        if not hasty:
            self._mend(time.monotonic())
            self._answers()
        if not self._request_id or chance.random() < 0.6:
            self._request_id = uuid.uuid4().hex
            report.requests += 1
        over = threading.Event()
        requester = threading.Thread(target=self._ask, args=(self._request_id, over))
        requester.start()
        time.sleep(chance.uniform(0.0, LATEST_KILL_S))
        process.send_signal(chance.choice([signal.SIGKILL] * 8 + [signal.SIGTERM, signal.SIGABRT]))
        try:
            process.wait(EXIT_WITHIN_S)
        finally:
            over.set()
            requester.join()
        board.settle()  # bytes sent before the kill belong to this cycle
        report.cycles += 1
        report.killed_in_the_pulse += board.levels.get(1, False)
        words = b"".join(data for _, data in board.writes[said:])
        if words and not words.startswith(OFF[report.board]):
            report.first_not_off += 1
            report.strange_words.append(words[:64].hex(" "))
        ons = sum(change.on for change in board.changes[moved:])
        report.pulses += ons
        report.unwanted += max(0, ons - 1)
        self._moved[self._request_id] = self._moved.get(self._request_id, 0) + ons
        report.repeated += ons > 0 and self._moved[self._request_id] > 1

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "edge", "relay", "--config", str(self._config)]
        return subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603 - our own program

    def _mend(self, started: float) -> None:
        """A contact that the process found closed has to open."""
        if not self._board.levels.get(1, False):
            return
        while self._board.levels.get(1, False):
            if time.monotonic() - started > EXIT_WITHIN_S:
                self.report.stuck += 1
                return
            time.sleep(0.001)
        took_s = time.monotonic() - started
        self.report.slowest_off_s = max(self.report.slowest_off_s, round(took_s, 3))
        self.report.late += took_s > SAFE_WITHIN_S

    def _answers(self) -> None:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                RelayClient(self._state_dir).status()
            except RelayError:
                time.sleep(0.005)
            else:
                return

    def _ask(self, request_id: str, over: threading.Event) -> None:
        """Repeats the same request, as a client does that got no answer."""
        client = RelayClient(self._state_dir, timeout_s=1.0)
        expires = time.monotonic() + 5.0
        while not over.is_set():
            try:
                client.open(lane="entry", reason=Reason.CONSOLE, request_id=request_id, expires=expires)
            except RelayError:
                over.wait(0.01)
            else:
                return


def main() -> None:
    """The command line. Exit code 1 if something forbidden happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=1000)
    parser.add_argument("--board", choices=sorted(OFF), default="lcus")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop earlier after so long")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, KINDS[options.board]() as board:
        endurance = Endurance(board, kind=options.board, folder=Path(folder), seed=options.seed)
        report = endurance.run(options.cycles, minutes=options.minutes)
    print(json.dumps(asdict(report)))
    sys.exit(0 if report.clean else 1)


if __name__ == "__main__":
    main()
