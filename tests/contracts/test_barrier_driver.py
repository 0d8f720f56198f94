"""What every `relay.boards.seam.Board` promises, over every driver and the metal (or its stand-in) behind it."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from gpiozero.pins.mock import MockFactory

from examples import relay_driver as example_driver
from examples.fake_board import TextBoardEmulator
from examples.relay_driver import TextBoard
from relay.boards import kmtronic as kmtronic_driver
from relay.boards import lcus as lcus_driver
from relay.boards import modbus as modbus_driver
from relay.boards import numato as numato_driver
from relay.boards.gpio import GpioBoard
from relay.boards.http import HttpBoard
from relay.boards.kmtronic import KmtronicBoard
from relay.boards.lcus import LcusBoard
from relay.boards.modbus import ModbusBoard
from relay.boards.numato import NumatoBoard
from relay.boards.pins import Pins
from relay.boards.seam import Board, Contact, Transcript
from relay.boards.serial_link import SerialLink
from relay.boards.simulated import SimulatedBoard
from relay.errors import BoardError, BoardNonsense
from relay.settings import BarrierSettings
from relay.tools.emulators import Emulator, KmtronicEmulator, LcusEmulator, ModbusEmulator, NumatoEmulator
from relay.workers.jobs import CommandFailed, Fact, Keep, Off, OutputOff, OutputOn, Pulse, Stop
from relay.workers.worker import BoardWorker
from tests.patience import PATIENCE_S, comes

CHANNEL = 1


@dataclass
class World:
    """One driver with the metal behind it."""

    make: Callable[[], Board]
    level: Callable[[], bool]
    """Whether the contact of `CHANNEL` is closed, asked of the metal itself."""
    force: Callable[[bool], None]
    """Move the contact behind the driver's back."""
    lose: Callable[[], None] | None = None
    """The board goes away; None where that cannot be."""
    mute: Callable[[], None] | None = None
    """The board does not answer any more."""
    garble: Callable[[], None] | None = None
    changes: Callable[[], list[bool]] = list
    lose_answers: Callable[[], None] | None = None
    """The board obeys on, and none of its answers arrives; None where there are no answers that could be lost."""
    damage_answers: Callable[[], None] | None = None
    """The same, and what arrives is garbage."""
    tells: bool = True
    """The board says something of its relay, or of its commands."""
    opened: list[Board] = field(default_factory=list)

    def open(self) -> Board:
        board = self.make()
        self.opened.append(board)
        board.open((CHANNEL,))
        return board


def on_serial(emulator: Emulator, make: Callable[[SerialLink], Board]) -> World:
    """A world on a pseudo-terminal."""
    return World(
        make=lambda: make(SerialLink(emulator.port, baud=9600, transcript=Transcript())),
        level=lambda: emulator.levels.get(CHANNEL, False),
        force=lambda on: emulator.drive(CHANNEL, on=on),
        lose=emulator.unplug,
        mute=lambda: setattr(emulator, "silent", True),
        garble=lambda: setattr(emulator, "garble", True),
        changes=lambda: [change.on for change in emulator.changes],
        lose_answers=lambda: setattr(emulator, "silent", True),
        damage_answers=lambda: setattr(emulator, "garble", True),
    )


def lcus(dialect: str) -> tuple[Emulator, Callable[[SerialLink], Board]]:
    emulator = LcusEmulator(channels=2, read_back=dialect)
    return emulator, lambda link: LcusBoard(link, channels=2, read_back=dialect)


def modbus(dialect: str, unit: int = 1) -> tuple[Emulator, Callable[[SerialLink], Board]]:
    emulator = ModbusEmulator(channels=8, dialect=dialect, unit=unit)
    return emulator, lambda link: ModbusBoard(link, dialect=dialect, unit=0)


SERIAL: dict[str, Callable[[], tuple[Emulator, Callable[[SerialLink], Board]]]] = {
    "lcus-ascii": lambda: lcus("ascii"),
    "lcus-binary": lambda: lcus("binary"),
    "lcus-op05": lambda: lcus("op05"),
    "lcus-none": lambda: lcus("none"),
    "kmtronic-2": lambda: (KmtronicEmulator(channels=2), lambda link: KmtronicBoard(link, channels=2)),
    "kmtronic-4": lambda: (KmtronicEmulator(channels=4), lambda link: KmtronicBoard(link, channels=4)),
    "modbus-waveshare": lambda: modbus("waveshare"),
    "modbus-lctech": lambda: modbus("lctech", unit=255),
    "modbus-coil": lambda: modbus("coil"),
    "modbus-0100": lambda: modbus("0100"),
    "numato": lambda: (NumatoEmulator(channels=4), NumatoBoard),
    "example": lambda: (TextBoardEmulator(channels=2), TextBoard),
}


def simulated(*, timed: bool) -> World:
    board = SimulatedBoard()
    return World(
        make=lambda: SimulatedBoard(board.metal, times_pulses=timed),
        level=lambda: board.metal.levels.get(CHANNEL, False),
        force=lambda on: board.metal.drive(CHANNEL, on=on),
        lose=lambda: setattr(board.metal, "lost", True),
        mute=lambda: setattr(board.metal, "silent", True),
        changes=lambda: [on for _, _, on in board.metal.changes],
        lose_answers=lambda: setattr(board.metal, "silent", True),
    )


def gpio(*, active_high: bool) -> World:
    factory = MockFactory()
    pin = factory.pin(CHANNEL)
    pins = Pins(factory)
    return World(
        make=lambda: GpioBoard({CHANNEL: active_high}, pins=pins, transcript=Transcript()),
        level=lambda: pin.function == "output" and bool(pin.state) is active_high,
        force=lambda on: setattr(pin, "state", on is active_high),
    )


class Shelly(http.server.ThreadingHTTPServer):
    """A network relay: /on, /off, /pulse/SECONDS, /state."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), ShellyHandler)
        self.on = False
        self.moves: list[bool] = []
        self.answer: bytes | None = None
        self.spoken: bytes | None = None
        """Instead of an answer: it has obeyed, and the network loses or damages what it says."""

    def move(self, *, on: bool) -> None:
        if on is not self.on:
            self.moves.append(on)
        self.on = on


class ShellyHandler(http.server.BaseHTTPRequestHandler):
    server: Shelly

    def do_GET(self) -> None:
        if self.path.startswith("/pulse/"):
            self.server.move(on=True)
            threading.Timer(float(self.path.removeprefix("/pulse/")), lambda: self.server.move(on=False)).start()
        elif self.path in {"/on", "/off"}:
            self.server.move(on=self.path == "/on")
        if self.server.spoken is not None:
            self.close_connection = True
            self.wfile.write(self.server.spoken)
            return
        self.send_response(200)
        self.end_headers()
        answer = self.server.answer
        if answer is None:
            answer = b'{"output":true}' if self.server.on else b'{"output":false}'
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def shelly() -> Iterator[Shelly]:
    server = Shelly()
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def network(server: Shelly, *, timed: bool) -> World:
    base = f"http://127.0.0.1:{server.server_port}"
    settings = BarrierSettings(
        name="net",
        driver="http",
        http_on_url=f"{base}/on",
        http_off_url=f"{base}/off",
        http_pulse_url=f"{base}/pulse/{{pulse_s}}" if timed else "",
        http_state_url=f"{base}/state",
        http_state_on='"output":true',
        http_state_off='"output":false',
    )

    def lose() -> None:
        server.shutdown()
        server.server_close()

    return World(
        make=lambda: HttpBoard(settings, transcript=Transcript()),
        level=lambda: server.on,
        force=lambda on: server.move(on=on),
        lose=lose,
        mute=lambda: setattr(server, "answer", b""),
        garble=lambda: setattr(server, "answer", b"<html>login</html>"),
        changes=lambda: list(server.moves),
        lose_answers=lambda: setattr(server, "spoken", b""),
        damage_answers=lambda: setattr(server, "spoken", b"\x00\xff\x00 what a wire makes of it\r\n\r\n"),
    )


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Boards get long to answer, so that a busy machine fails no test; called, the time is short as in the field."""

    def impatient() -> None:
        monkeypatch.undo()

    for driver in (lcus_driver, kmtronic_driver, modbus_driver, numato_driver, example_driver):
        monkeypatch.setattr(driver, "REPLY_S", 3.0)
    return impatient


@pytest.fixture(params=["simulated", "simulated-timed", "gpio-high", "gpio-low", "http", "http-timed", *SERIAL])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    name = request.param
    if name in SERIAL:
        emulator, make = SERIAL[name]()
        with emulator:
            made = on_serial(emulator, make)
            if name == "lcus-none":  # it has no answers to lose
                made.tells, made.lose_answers, made.damage_answers = False, None, None
            lost = False

            def lose() -> None:
                nonlocal lost
                lost = True
                emulator.unplug()

            made.lose = lose
            yield made
            for board in made.opened:
                board.close()
            if lost:
                emulator.start()
        return
    if name.startswith("http"):
        made = network(request.getfixturevalue("shelly"), timed=name == "http-timed")
    else:
        made = gpio(active_high=name == "gpio-high")
    if name.startswith("simulated"):
        made = simulated(timed=name == "simulated-timed")
    yield made
    for board in made.opened:
        board.close()


def test_opening_drives_off_a_contact_that_was_left_closed(world: World) -> None:
    """A contact that an earlier process left closed is open after `open`."""
    world.open().close()
    world.force(True)

    world.open()

    assert comes(lambda: not world.level())


def test_opening_moves_no_contact_that_is_open(world: World) -> None:
    """Nothing closes while a board is opened and probed."""
    board = world.open()
    board.contact(CHANNEL)

    assert not world.level()
    assert True not in world.changes()


def test_on_closes_and_off_opens(world: World) -> None:
    """`switch` moves the metal."""
    board = world.open()

    board.switch(CHANNEL, on=True)
    assert comes(world.level)
    board.switch(CHANNEL, on=False)
    assert comes(lambda: not world.level())


def test_off_twice_is_off(world: World) -> None:
    """OFF may be sent again at any time."""
    board = world.open()
    board.switch(CHANNEL, on=False)
    board.switch(CHANNEL, on=False)

    assert comes(lambda: not world.level())


def test_reading_back_tells_the_truth_or_nothing(world: World) -> None:
    """A board that reads back tells the level of its relay; one that does not says unknown."""
    board = world.open()

    for on, word in ((True, Contact.ON), (False, Contact.OFF)):
        board.switch(CHANNEL, on=on)
        assert board.contact(CHANNEL) is (word if board.reads_back else Contact.UNKNOWN)


def test_a_timed_pulse_ends_without_us(world: World) -> None:
    """A board that times pulses opens the contact by itself, with nobody there any more."""
    board = world.open()
    if not board.times_pulses:
        with pytest.raises(BoardError):
            board.pulse(CHANNEL, seconds=0.2)
        return

    board.pulse(CHANNEL, seconds=0.2)
    assert comes(world.level)
    board.close()

    assert comes(lambda: not world.level())


def test_no_answer_is_unknown(world: World, patience: Callable[[], None]) -> None:
    """A board that does not answer is never taken for OFF."""
    board = world.open()
    if world.mute is None:
        pytest.skip("a pin always answers")
    world.mute()
    patience()

    assert board.contact(CHANNEL) is Contact.UNKNOWN


def test_nonsense_is_called_so(world: World, patience: Callable[[], None]) -> None:
    """A damaged answer is never taken for ON, OFF or silence."""
    board = world.open()
    if world.garble is None or not board.reads_back:
        pytest.skip("nothing to damage")
    world.garble()
    patience()

    with pytest.raises(BoardNonsense):
        board.contact(CHANNEL)


def test_a_lost_board_is_a_board_error(world: World) -> None:
    """Whatever the library raises when the device goes away, the worker sees a `BoardError`."""
    board = world.open()
    if world.lose is None:
        pytest.skip("a pin cannot be unplugged")
    world.lose()

    def missed() -> bool:
        """By its absence, or at the latest by the next command."""
        try:
            board.check()
            board.switch(CHANNEL, on=True)
        except BoardError:
            return True
        return False

    assert comes(missed)


class Owned:
    """A world's board with its worker at work, and everything the worker reports."""

    def __init__(self, world: World) -> None:
        self.facts: list[Fact] = []
        self.worker = BoardWorker("board", world.make(), channels=(CHANNEL,), report=self.facts.append)
        self.worker.start()

    def began(self) -> OutputOn | None:
        return next((fact for fact in self.facts if isinstance(fact, OutputOn)), None)

    def ended(self) -> bool:
        return any(isinstance(fact, OutputOff) for fact in self.facts)

    def told(self) -> OutputOn:
        """What was told of the command, which has begun by now."""
        assert comes(self.began)
        began = self.began()
        assert began is not None
        return began

    def stop(self) -> None:
        self.worker.post(Stop())
        self.worker.join(PATIENCE_S)


@pytest.mark.parametrize("damage", ["lost", "damaged"])
def test_answers_that_are_lost_keep_nothing_shut(world: World, patience: Callable[[], None], damage: str) -> None:
    """A board that obeys, and whose answers are lost or damaged, pulses all the same; that is told as unconfirmed."""
    spoil = world.lose_answers if damage == "lost" else world.damage_answers
    if spoil is None:
        pytest.skip("no answers that could be lost")
    patience()
    spoil()
    owned = Owned(world)
    owned.worker.post(Pulse(CHANNEL, 1, 1.0, float("inf")))
    began = owned.told()

    assert began.confirmed is False
    assert began.detail
    assert comes(owned.ended)
    assert [True, False] == world.changes()
    assert [] == [fact for fact in owned.facts if isinstance(fact, CommandFailed)]
    owned.stop()
    assert not world.level()


def test_what_the_board_says_of_a_command_is_told(world: World) -> None:
    """A command that the board acknowledges, or shows in its relay, is confirmed; who cannot tell has no opinion."""
    owned = Owned(world)
    owned.worker.post(Keep(CHANNEL, 1, time.monotonic() + PATIENCE_S))
    began = owned.told()
    owned.worker.post(Off(CHANNEL, 1))
    assert comes(owned.ended)
    owned.stop()

    assert began.confirmed is (True if world.tells else None)
