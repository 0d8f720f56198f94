"""Workers are replaced when they hang, again and again if need be; whether OFF is sure at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from relay.boards.seam import Board
from relay.boards.simulated import SimulatedBoard, SimulatedMetal
from relay.settings import BarrierSettings, RelayPlan
from relay.tools.emulators import KmtronicEmulator, LcusEmulator
from relay.workers.jobs import BoardHealth, CommandFailed, Fact, Pulse
from relay.workers.pool import HANG_S, LONGEST_REST_S, BoardWorkers
from tests.patience import until


class Watch:
    """A workers of one board on a clock that only the test moves."""

    def __init__(self, make: Callable[[], Board]) -> None:
        self.clock = 1000.0
        self.facts: list[Fact] = []
        self.boards: list[Board] = []

        def made(*_: object) -> Board:
            self.boards.append(make())
            return self.boards[-1]

        plan = RelayPlan(state_dir="", barriers=(BarrierSettings(name="main"),))
        self.workers = BoardWorkers(plan, report=self.facts.append, makers={"main": made}, now=lambda: self.clock)
        self.workers.start()

    def later(self, seconds: float) -> tuple[str, ...]:
        self.clock += seconds
        return self.workers.watch(self.clock)


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """Ends every hang of a test."""
    event = threading.Event()
    yield event
    event.set()


def test_a_contact_left_closed_is_never_waited_for_longer(released: threading.Event) -> None:
    """However often a driver has hung in a pulse, the next hang is noticed after the same short time."""
    metal = SimulatedMetal(hang=released)
    watch = Watch(lambda: SimulatedBoard(metal))
    for token in range(1, 5):
        assert until(lambda: not metal.levels.get(1, True))
        watch.workers.post("main", Pulse(1, token, 60.0, float("inf")))
        assert until(lambda: metal.levels.get(1))

        assert watch.later(HANG_S + 0.1) == ("main",)
        assert until(lambda: not metal.levels.get(1, True))


class Wall(SimulatedBoard):
    """Hangs as soon as it is opened."""

    def __init__(self, released: threading.Event) -> None:
        super().__init__()
        self.released = released
        self.opening = False

    def open(self, channels: tuple[int, ...]) -> None:
        self.opening = True
        self.released.wait(60)


def test_a_board_that_only_hangs_is_left_alone_longer_and_longer(released: threading.Event) -> None:
    """With nothing closed, hung workers are replaced ever more rarely; meanwhile requests fail and the rest works."""
    watch = Watch(lambda: Wall(released))
    rests = []
    for _ in range(7):
        assert until(lambda: getattr(watch.boards[-1], "opening", False))
        made, rest = len(watch.boards), 0
        assert watch.later(HANG_S + 0.1) == ("main",)
        while len(watch.boards) == made and rest < 100:
            assert watch.workers.alive(watch.clock)
            watch.workers.post("main", Pulse(1, 7, 0.2, float("inf")))
            assert isinstance(watch.facts[-1], CommandFailed)
            watch.later(0.5)
            rest += 1
        rests.append(rest / 2)

    assert rests[:4] == [0, 1, 2, 4]
    assert max(rests) == LONGEST_REST_S


@pytest.mark.parametrize(
    ("emulator", "driver", "sure"),
    [
        (LcusEmulator(), "lcus", True),
        (LcusEmulator(read_back="ascii"), "lcus", True),
        (KmtronicEmulator(), "kmtronic", True),
        (KmtronicEmulator(silent=True), "kmtronic", False),
        (KmtronicEmulator(welded=True, levels={1: True}), "kmtronic", False),
        (None, "lcus", False),
    ],
)
def test_off_is_sure_where_it_was_said_and_not_denied(
    emulator: LcusEmulator | KmtronicEmulator | None,
    driver: str,
    sure: bool,  # noqa: FBT001
    tmp_path: Path,
) -> None:
    """`stop` is True only when OFF went out on every board and no board that can tell is silent or says otherwise."""
    if emulator is not None:
        emulator.start()
    port = emulator.port if emulator is not None else str(tmp_path / "no_port")
    workers = BoardWorkers(
        RelayPlan(state_dir="", barriers=(BarrierSettings(name="main", driver=driver, port=port),)),
        report=lambda _fact: None,
    )
    workers.start()
    workers.stop_now()  # as a signal does, before the main loop comes to it

    assert workers.stop() is sure
    if emulator is not None:
        emulator.unplug()


def test_a_garbled_answer_is_not_called_silence() -> None:
    """A board whose answers are damaged is told as nonsense: that is looked for elsewhere than silence."""
    told: list[str] = []

    def report(fact: Fact) -> None:
        if isinstance(fact, BoardHealth):
            told.append(fact.health)

    with KmtronicEmulator(garble=True) as emulator:
        barrier = BarrierSettings(name="main", driver="kmtronic", port=emulator.port)
        workers = BoardWorkers(RelayPlan(state_dir="", barriers=(barrier,)), report=report)
        workers.start()
        assert until(lambda: told)

        assert not workers.stop()
        assert told[0] == "nonsense"
