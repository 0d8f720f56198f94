"""Pins of the machine: which library, and what its errors become."""

from __future__ import annotations

import sys

import pytest
from gpiozero.pins.mock import MockFactory

from relay.boards.pins import Pins
from relay.errors import BoardLost, BoardMisset


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
