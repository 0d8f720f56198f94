"""The bytes of each family, as vendors print them, and what only one driver does."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.boards import http, kmtronic, lcus, modbus, numato
from relay.boards.http import HttpBoard
from relay.boards.seam import Board, Contact, Transcript
from relay.boards.serial_link import SerialLink
from relay.errors import BoardLost, BoardMisset, BoardNonsense, BoardRefused, BoardSilent
from relay.settings import BarrierSettings
from relay.tools.emulators import LcusEmulator, ModbusEmulator, NumatoEmulator
from tests.patience import PATIENCE_S


@dataclass
class Wire(SerialLink):
    """A link that remembers what was sent, and answers from a list."""

    answers: list[bytes] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    echoes: bool = False

    def open(self) -> None:
        pass

    def send(self, data: bytes) -> None:
        self.sent.append(data)
        if self.echoes:
            self.answers.append(data[:6] + modbus.crc(data[:6]))

    def receive(self, enough: Callable[[bytes], bool], *, within_s: float, patient: bool = True) -> bytes:
        return self.answers.pop(0) if self.answers else b""

    def check(self) -> None:
        pass

    def wanted(self) -> bool:
        return False


def on_wave(dialect: str, unit: int = 0) -> tuple[Wire, modbus.ModbusBoard]:
    wire = Wire(echoes=True)
    return wire, modbus.ModbusBoard(wire, dialect=dialect, unit=unit)


class TestFrames:
    @pytest.mark.parametrize(
        ("dialect", "act", "frame"),
        [
            ("waveshare", lambda board: board.switch(1, on=True), "01 05 00 00 FF 00 8C 3A"),
            ("waveshare", lambda board: board.switch(1, on=False), "01 05 00 00 00 00 CD CA"),
            ("waveshare", lambda board: board.pulse(1, seconds=0.5), "01 05 02 00 00 05 0C 71"),
            ("waveshare", lambda board: board.pulse(1, seconds=0.7), "01 05 02 00 00 07 8D B0"),
            ("waveshare", lambda board: board.pulse(1, seconds=1.0), "01 05 02 00 00 0A 4C 75"),
            ("lctech", lambda board: board.switch(1, on=True), "FF 05 00 00 FF 00 99 E4"),
            ("lctech", lambda board: board.switch(1, on=False), "FF 05 00 00 00 00 D8 14"),
            ("lctech", lambda board: board.pulse(1, seconds=1.0), "FF 10 00 03 00 02 04 00 04 00 0A 45 97"),
            ("0100", lambda board: board.switch(1, on=True), "01 05 00 01 01 00 9D 9A"),
            ("0100", lambda board: board.switch(1, on=False), "01 05 00 01 00 00 9C 0A"),
        ],
    )
    def test_modbus(self, dialect: str, act: Callable[[Board], None], frame: str) -> None:
        """Each command of each dialect is the frame its vendor prints, checksum included."""
        wire, board = on_wave(dialect)
        act(board)

        assert [bytes.fromhex(frame)] == wire.sent

    @pytest.mark.parametrize(
        ("unit", "channel", "seconds", "frame"),
        [
            (0, 1, 2.0, "FF 10 00 03 00 02 04 00 04 00 14 C5 9F"),
            (254, 2, 1.0, "FE 10 00 08 00 02 04 00 04 00 0A 00 D8"),
            (254, 3, 1.0, "FE 10 00 0D 00 02 04 00 04 00 0A C0 E7"),
            (254, 4, 1.0, "FE 10 00 12 00 02 04 00 04 00 0A 81 AB"),
        ],
    )
    def test_a_pulse_of_each_lctech_relay(self, unit: int, channel: int, seconds: float, frame: str) -> None:
        """Every relay of an LC-Tech board has its own pulse register, five apart; frames as published for the board."""
        wire, board = on_wave("lctech", unit)
        board.pulse(channel, seconds=seconds)

        assert [bytes.fromhex(frame)] == wire.sent

    def test_modbus_questions(self) -> None:
        """The question about relays is the vendors' frame."""
        wire, board = on_wave("waveshare")
        wire.echoes = False
        assert board.contact(1) is Contact.UNKNOWN
        other, lctech = on_wave("lctech")
        other.echoes = False
        lctech.contact(1)

        third, from_one = on_wave("0100")
        third.echoes = False
        from_one.contact(1)

        assert [bytes.fromhex("01 01 00 00 00 08 3D CC")] == wire.sent
        assert [modbus.frame(1, 1, bytes.fromhex("00 01 00 08"))] == third.sent
        assert [bytes.fromhex("FF 01 00 00 00 08 28 12")] == other.sent

    def test_lcus(self) -> None:
        """LCUS frames carry the sum of their bytes."""
        assert bytes.fromhex("A0 01 01 A2") == lcus.frame(1, 1)
        assert bytes.fromhex("A0 01 00 A1") == lcus.frame(1, 0)

    def test_kmtronic(self) -> None:
        """KMtronic frames are three bytes."""
        wire = Wire()
        board = kmtronic.KmtronicBoard(wire, channels=2)
        board.switch(1, on=True)
        board.switch(2, on=False)
        board.contact(1)

        assert [b"\xff\x01\x01", b"\xff\x02\x00", b"\xff\x01\x03"] == wire.sent

    def test_a_late_echo_is_no_answer(self) -> None:
        """What a Numato board echoes of an earlier command is not taken for its answer."""
        assert numato.answer_in(b"relay off 1\n\r>relay read 1\n\roff\n\r>", "relay read 1") == "off"
        assert numato.answer_in(b">relay off 1\n\r>", "relay read 1") == ""

    def test_numato_names(self) -> None:
        """Relays from ten on are upper case letters."""
        assert ["0", "9", "A", "V"] == [numato.name_of(number) for number in (0, 9, 10, 31)]


class TestAnswers:
    def test_three_lcus_dialects(self) -> None:
        """Each dialect's answer is understood, the padded "ON " of the field too."""
        assert lcus.parse_ascii(b"CH1: ON \r\nCH2: OFF\r\n", 1) is Contact.ON
        assert lcus.parse_ascii(b"CH1: ON \r\nCH2: OFF\r\n", 2) is Contact.OFF
        assert lcus.parse_binary(b"\x00\x01", 2, channels=2) is Contact.ON
        assert lcus.parse_op05(b"\xa0\x01\x00\xa1", 1) is Contact.OFF

    @given(st.binary(max_size=20), st.integers(1, 8))
    def test_no_bytes_break_a_parser(self, data: bytes, channel: int) -> None:
        """Whatever a line says, a parser answers ON, OFF or unknown."""
        answers = (
            lcus.parse_ascii(data, channel),
            lcus.parse_binary(data, channel, channels=2),
            lcus.parse_op05(data, channel),
        )
        numato.answer_in(data, "relay read 0")

        assert set(answers) <= set(Contact)

    @pytest.mark.parametrize(
        ("answer", "trouble"),
        [
            (b"", BoardSilent),
            (b"\x01\x05", BoardNonsense),
            (b"\x01\x05\x00\x00\xff\x00\x8c\x3b", BoardNonsense),
            (b"\x02\x05\x00\x00\xff\x00" + modbus.crc(b"\x02\x05\x00\x00\xff\x00"), BoardNonsense),
            (b"\x01\x05\x00\x01\xff\x00" + modbus.crc(b"\x01\x05\x00\x01\xff\x00"), BoardNonsense),
        ],
    )
    def test_a_command_without_its_echo_is_not_confirmed(self, answer: bytes, trouble: type[Exception]) -> None:
        """Silence, damage, another board and an echo of something else are told apart from success and from refusal."""
        wire = Wire(answers=[answer])
        board = modbus.ModbusBoard(wire, dialect="waveshare", unit=1)
        echo = board.switch(1, on=True)

        assert echo.heard is False
        assert isinstance(echo.trouble, trouble)

    def test_a_refusal_is_an_answer(self) -> None:
        """A board that says no has heard: its command is known not to be done."""
        wire = Wire(answers=[b"\x01\x85\x02" + modbus.crc(b"\x01\x85\x02")])

        with pytest.raises(BoardRefused):
            modbus.ModbusBoard(wire, dialect="waveshare", unit=1).switch(1, on=True)

    def test_a_channel_no_board_has(self) -> None:
        """A channel outside the board is an error of the settings."""
        _, board = on_wave("waveshare")

        with pytest.raises(BoardMisset):
            board.switch(33, on=True)


def test_the_probe_finds_each_dialect_and_ends_with_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """`auto` finds what the board speaks; the question that plain boards may take for ON is followed by OFF at once."""
    monkeypatch.setattr(lcus, "PROBE_S", 1.0)
    for dialect in ("ascii", "binary", "op05", "none"):
        with LcusEmulator(channels=2, read_back=dialect) as board:
            driver = lcus.LcusBoard(
                SerialLink(board.port, baud=9600, transcript=Transcript()), channels=2, read_back="auto"
            )
            driver.open((1,))
            driver.contact(1)
            driver.close()

            assert driver.reads_back is (dialect != "none")
            said = b"".join(data for _, data in board.writes)
            assert said.startswith(lcus.frame(1, 0))
            if lcus.frame(1, 5) in said:
                assert lcus.frame(1, 5) + lcus.frame(1, 0) in said


def test_the_probe_gives_way_to_a_command() -> None:
    """While a command waits the probe is cut short, moves nothing, and is made up for at the next question."""
    with LcusEmulator(read_back="op05") as board:
        waiting = [True]
        link = SerialLink(board.port, baud=9600, transcript=Transcript(), wanted=lambda: waiting[0])
        driver = lcus.LcusBoard(link, channels=1, read_back="auto")
        driver.open((1,))
        assert driver.contact(1) is Contact.UNKNOWN
        assert not driver.reads_back
        assert lcus.frame(1, 5) not in b"".join(data for _, data in board.writes)
        waiting[0] = False

        assert driver.contact(1) is Contact.OFF
        driver.close()


@pytest.mark.parametrize("kind", ["modbus", "numato"])
def test_inputs_of_a_board(kind: str) -> None:
    """Closed contacts of a board's inputs are told by their printed number."""
    emulator = ModbusEmulator(channels=8) if kind == "modbus" else NumatoEmulator(channels=4)
    with emulator as board:
        link = SerialLink(board.port, baud=9600, transcript=Transcript())
        driver = modbus.ModbusBoard(link, dialect="waveshare", unit=1) if kind == "modbus" else numato.NumatoBoard(link)
        driver.open((1,))
        board.contacts[2] = True

        assert {1: False, 2: True} == dict(driver.inputs((1, 2)))
        board.silent = True
        with pytest.raises(BoardSilent):
            driver.inputs((1,))
        driver.close()


def test_a_port_is_exclusive_and_an_abandoned_one_is_free() -> None:
    """Two programs cannot have one port; what a hung thread held can be had again, and its late words go nowhere."""
    with LcusEmulator() as board:
        first = SerialLink(board.port, baud=9600, transcript=Transcript())
        second = SerialLink(board.port, baud=9600, transcript=Transcript())
        first.open()
        with pytest.raises(BoardLost, match="занят"):
            second.open()
        first.abandon()
        second.open()
        before = len(board.writes)
        with pytest.raises(BoardLost):
            first.send(b"late")
        second.close()
        first.close()

        assert before == len(board.writes)


def on_port(board: ModbusEmulator) -> modbus.ModbusBoard:
    return modbus.ModbusBoard(SerialLink(board.port, baud=9600, transcript=Transcript()), dialect="waveshare", unit=1)


def test_a_large_board_is_asked_for_all_it_has() -> None:
    """Relays and inputs from the ninth on are read too, and not taken for open."""
    with ModbusEmulator(channels=16) as board:
        driver = on_port(board)
        driver.open((9,))
        driver.switch(9, on=True)
        board.contacts[16] = True

        assert driver.contact(9) is Contact.ON
        assert {9: False, 16: True} == dict(driver.inputs((9, 16)))
        driver.close()


def test_what_a_board_has_not_is_not_off() -> None:
    """A relay or an input the board does not have is told as nonsense, never as open; number 0 is a wrong setting."""
    with ModbusEmulator(channels=8) as board:
        driver = on_port(board)
        driver.open((1,))

        with pytest.raises(BoardNonsense):
            driver.contact(9)
        with pytest.raises(BoardNonsense):
            driver.inputs((9,))
        with pytest.raises(BoardMisset):
            driver.inputs((0,))
        driver.close()


def test_a_stranger_on_the_port_is_not_a_plain_board() -> None:
    """A probe that hears another device says so, and asks again next time."""
    told = b"$GPGGA,123519,4807.038,N,01131.000,E,1,08\r\n"
    wire = Wire(answers=[told, told])
    board = lcus.LcusBoard(wire, channels=1, read_back="auto")
    with pytest.raises(BoardNonsense, match="GPGGA"):
        board.contact(1)
    wire.answers = [b"CH1: OFF\r\n", b"CH1: OFF\r\n", b"CH1: OFF\r\n"]

    assert board.contact(1) is Contact.OFF
    assert board.reads_back


@pytest.fixture(params=[b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.0 200 OK\r\nX-Long: "], ids=["body", "head"])
def dripping(request: pytest.FixtureRequest) -> Iterator[int]:
    """A web server that never comes to the end of its answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def serve() -> None:
            link, _ = server.accept()
            with link:
                link.recv(4096)
                link.sendall(request.param)
                while not over.wait(0.05):
                    try:
                        link.sendall(b".")
                    except OSError:
                        return

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        over.set()
        thread.join()


def test_a_network_relay_that_drips_confirms_nothing(dripping: int) -> None:
    """The deadline is over the whole answer: a byte now and then does not stretch it, and is no answer."""
    settings = BarrierSettings(name="net", driver="http", http_off_url=f"http://127.0.0.1:{dripping}/off")
    echo = HttpBoard(settings, transcript=Transcript()).switch(1, on=False)

    assert echo.heard is False
    assert isinstance(echo.trouble, BoardSilent)


def test_a_late_address_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request whose worker was given up while the address was looked up is never sent."""
    looked_up, asked = threading.Event(), threading.Event()
    look_up = socket.getaddrinfo

    def slow(*arguments: Any, **more: Any) -> Any:
        asked.set()
        assert looked_up.wait(PATIENCE_S)
        return look_up(*arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    monkeypatch.setattr(http, "DEADLINE_S", 60.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/on"
        settings = BarrierSettings(name="net", driver="http", http_on_url=url)
        board = HttpBoard(settings, transcript=Transcript())
        failed: list[Exception] = []

        def ask() -> None:
            try:
                board.switch(1, on=True)
            except BoardSilent as error:
                failed.append(error)

        requester = threading.Thread(target=ask)
        requester.start()
        assert asked.wait(PATIENCE_S)
        board.abandon()
        looked_up.set()
        link, _ = server.accept()
        with link:
            link.settimeout(20)
            assert link.recv(4096) == b""
        requester.join()

    assert failed


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/реле", "http://127.0.0.1:abc/x"])
def test_an_address_that_cannot_be_asked_is_a_wrong_setting(url: str) -> None:
    """What no request can be made of is an error of the settings, not the death of the thread."""
    settings = BarrierSettings(name="net", driver="http", http_off_url=url)

    with pytest.raises(BoardMisset):
        HttpBoard(settings, transcript=Transcript()).switch(1, on=False)


def test_a_port_without_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that may not be opened is told with the group that is missing."""

    def refuse(*_: object) -> int:
        raise PermissionError(13, os.strerror(13))

    with LcusEmulator() as board:
        monkeypatch.setattr("serial.serialposix.os.open", refuse)
        with pytest.raises(BoardLost, match="dialout"):
            SerialLink(board.port, baud=9600, transcript=Transcript()).open()
