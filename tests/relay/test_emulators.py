"""Boards that are not there: what they must not get wrong for the tests that trust them."""

from __future__ import annotations

import os
import select
import sys
import time
import tty
from types import SimpleNamespace
from typing import Self

import pytest

from relay.boards.modbus import crc
from relay.tools import emulators
from relay.tools.emulators import Change, KmtronicEmulator, LcusEmulator, ModbusEmulator, NumatoEmulator


def test_an_unplugged_board_leads_nobody_to_another() -> None:
    """The name of a board that was unplugged is gone, though the next board often gets the number of its terminal.

    A relay process of an earlier test that still looked for its board once said its OFF, in its own dialect, to the
    board of the endurance run: counted there as a start whose first word was not OFF.
    """
    first = LcusEmulator().start()
    name = first.port
    first.unplug()
    others = [ModbusEmulator().start() for _ in range(3)]

    assert not os.path.lexists(name)
    assert name not in {other.port for other in others}
    for other in others:
        other.unplug()


def answers(board: ModbusEmulator | LcusEmulator | KmtronicEmulator | NumatoEmulator, data: bytes) -> bytes:
    """What a started board says to some bytes, in one piece."""
    with board:
        link = os.open(board.port, os.O_RDWR | os.O_NOCTTY)
        try:
            tty.setraw(link)
            os.write(link, data)
            ready, _, _ = select.select([link], [], [], 0.5)
            return os.read(link, 256) if ready else b""
        finally:
            os.close(link)


def test_a_board_says_nothing_to_what_is_not_for_it() -> None:
    """Another unit's command, a wrong sum, a relay it has not: no answer and no movement."""
    for board, data in (
        (ModbusEmulator(), b"\x07\x05\x00\x00\xff\x00\x00\x00"),
        (ModbusEmulator(), b"\x01\x05\x00\x00\xff\x00\x00\x00"),
        (LcusEmulator(), b"\xa0\x01\x01\x00"),
        (LcusEmulator(), b"\xa0\x09\x01\xaa"),
        (KmtronicEmulator(), b"\xff\x09\x01"),
    ):
        assert b"" == answers(board, data), board
        assert [] == board.changes


def test_a_modbus_board_refuses_what_it_cannot_do() -> None:
    """A function it has not, bits it has not: the exception of the protocol, with a right sum."""
    for asked in (b"\x01\x03\x00\x00\x00\x01", b"\x01\x01\x00\x40\x00\x01"):
        said = answers(ModbusEmulator(), asked + crc(asked))
        assert asked[1] | 0x80 == said[1]
        assert crc(said[:-2]) == said[-2:]


def test_a_numato_board_echoes_what_it_does_not_know() -> None:
    """Its prompt comes back after nonsense too."""
    assert b"help\n\r>" == answers(NumatoEmulator(), b"help\r")


def test_a_deaf_board_does_nothing() -> None:
    """The cable is not plugged in: commands go nowhere."""
    board = LcusEmulator(deaf=True)
    assert b"" == answers(board, b"\xa0\x01\x01\xa2")
    assert [] == board.changes


def test_when_a_relay_was_on_is_told_by_relay() -> None:
    """Each relay's own spans; one that is still on has no end, and an OFF before any ON is no span."""
    board = LcusEmulator(channels=2)
    for at, channel, on in ((1.0, 1, False), (2.0, 1, True), (3.0, 2, True), (4.0, 1, False)):
        board.changes.append(Change(at, channel, on))
    assert [(2.0, 4.0)] == board.on_times(1)
    assert [(3.0, None)] == board.on_times(2)


def test_one_is_plugged_in_from_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It prints the lines for gate.toml and every movement, until it is interrupted."""
    turns = iter([None, None])

    def pause(_: float) -> None:
        try:
            next(turns)
        except StopIteration:
            raise KeyboardInterrupt from None
        else:
            made[0].drive(1, on=True)

    made: list[LcusEmulator] = []

    class Kept(LcusEmulator):
        def __enter__(self) -> Self:
            made.append(self)
            super().__enter__()
            return self

    monkeypatch.setattr(sys, "argv", ["emulators", "lcus"])
    monkeypatch.setitem(emulators.KINDS, "lcus", Kept)
    monkeypatch.setattr(emulators, "time", SimpleNamespace(sleep=pause, monotonic=time.monotonic))
    with pytest.raises(SystemExit) as ended:
        emulators.main()
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert 'driver = "lcus"' in said
    assert "relay 1 on" in said
