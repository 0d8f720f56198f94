"""Pins of the machine: which library, and what its errors become."""

from __future__ import annotations

import logging
import queue
import sys

import pytest
from gpiozero.pins.mock import MockFactory

from relay.boards.gpio import GpioBoard
from relay.boards.pins import Pins
from relay.boards.seam import Contact, Transcript
from relay.errors import BoardLost, BoardMisset, BoardSilent
from relay.process.log import SpokenFormatter, _DroppingHandler


def test_an_output_has_its_level_from_its_first_moment() -> None:
    """High or low as asked, then as driven."""
    factory = MockFactory()
    line = Pins(factory).output(17, high=True)
    assert factory.pin(17).state == 1
    line.drive(high=False)
    assert factory.pin(17).state == 0


@pytest.mark.parametrize(("pull", "kept"), [("up", "up"), ("down", "down"), ("none", "floating")])
def test_a_contact_is_pulled_as_its_setting_says(pull: str, kept: str) -> None:
    """`none` leaves the pin floating, for whoever has a resistor of his own."""
    factory = MockFactory()
    line = Pins(factory).contact(22, pull=pull)
    assert factory.pin(22).pull == kept
    if pull != "none":
        assert line.read() is (pull == "up")


def test_an_error_of_the_library_names_the_pin() -> None:
    """Whatever the library raises is a board that is lost, with the pin and the likely cure."""

    class Broken:
        def pin(self, number: int) -> object:
            raise RuntimeError("no chip")

    with pytest.raises(BoardLost, match=r"GPIO5: .*no chip.*gpio"):
        Pins(Broken()).output(5, high=False)


def test_a_library_of_another_name_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only those two are known: another would move pins in ways nobody tested."""
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "pigpio")
    with pytest.raises(BoardMisset, match="pigpio"):
        Pins().output(5, high=False)


def test_the_mock_is_taken_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a trial at a desk; its pins are found again by their number."""
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    pins = Pins()
    pins.output(5, high=True)
    assert pins.contact(6, pull="up").read()


def test_a_machine_without_the_library_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """The cure stands in the message; the library's own file goes where the service may write."""
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "lgpio")
    monkeypatch.setenv("RUNTIME_DIRECTORY", f"{tmp_path}:/elsewhere")
    monkeypatch.delenv("LG_WD", raising=False)
    monkeypatch.setitem(sys.modules, "lgpio", None)
    monkeypatch.delitem(sys.modules, "relay.boards.lgpio_factory", raising=False)
    with pytest.raises(BoardLost, match=r"okter-gate\[gpio\]"):
        Pins().output(5, high=False)
    import os

    assert os.environ["LG_WD"] == str(tmp_path)


def test_a_pin_that_was_not_opened_moves_nothing() -> None:
    """A board of pins knows its own alone; contacts are read elsewhere."""
    board = GpioBoard({5: True}, pins=Pins(MockFactory()), transcript=Transcript())
    with pytest.raises(BoardLost, match="GPIO5"):
        board.switch(5, on=True)
    assert board.contact(5) is Contact.UNKNOWN
    with pytest.raises(BoardSilent):
        board.inputs((1,))
    board.abandon()


def test_a_full_log_loses_lines_and_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """A queue that nobody empties costs the line, which is told once there is room; an exception keeps its traceback as text, for the object stays behind."""
    lines: queue.Queue[object] = queue.Queue(1)
    handler = _DroppingHandler(lines)
    try:
        _ = {}["boom"]
    except KeyError:
        record = logging.LogRecord("relay", logging.ERROR, "f", 1, "вход %s", ("x",), sys.exc_info())
    prepared = handler.prepare(record)
    assert prepared.exc_info is None
    assert "boom" in (prepared.exc_text or "")
    handler.enqueue(prepared)
    handler.enqueue(prepared)
    assert lines.qsize() == 1
    assert lines.get() is prepared
    handler.enqueue(prepared)
    assert "не успевали забирать: 1" in caplog.text
    odd = logging.LogRecord("relay", logging.ERROR, "f", 1, RuntimeError("odd"), ({"a": 1},), None)
    assert "odd" in SpokenFormatter().format(handler.prepare(odd))


def test_no_lost_line_is_forgotten_where_there_is_room_for_one_alone() -> None:
    """A reader that takes one line at a time leaves none for the count; it is told, whole, once there are two places."""
    lines: queue.Queue[logging.LogRecord] = queue.Queue(2)
    handler = _DroppingHandler(lines)
    root, before = logging.getLogger(), logging.getLogger().handlers
    root.handlers = [handler]
    try:
        for number in range(10):
            root.warning("%d", number)
        for number in range(3):
            lines.get()
            root.warning("%d", number)
        lines.get()
        lines.get()
        root.warning("last")
    finally:
        root.handlers = before

    assert ["last", "строк не записано, потому что их не успевали забирать: 8"] == [
        lines.get().getMessage() for _ in range(2)
    ]
