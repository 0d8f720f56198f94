"""Boards that are not there: what they must not get wrong for the tests that trust them."""

from __future__ import annotations

import os

from relay.tools.emulators import LcusEmulator, ModbusEmulator


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
