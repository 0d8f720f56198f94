"""A board that obeys while its answers are lost or damaged: real `gate relay`, board on a pseudo-terminal."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from core.words.outcomes import Outcome
from relay.protocol import EventKind
from relay.tools.emulators import Emulator, KmtronicEmulator, LcusEmulator, ModbusEmulator, NumatoEmulator
from tests.relay.conftest import Relay, relay_on  # noqa: F401 - a fixture

pytestmark = pytest.mark.long


BOARDS: dict[str, tuple[str, Callable[[], Emulator]]] = {
    "modbus": ("channel = 1", lambda: ModbusEmulator(channels=8)),
    "modbus-coil": ('channel = 1\nmodbus_dialect = "coil"', lambda: ModbusEmulator(channels=8, dialect="coil")),
    "lcus": ('channel = 1\nread_back = "ascii"', lambda: LcusEmulator(read_back="ascii")),
    "kmtronic": ("channel = 1", KmtronicEmulator),
    "numato": ("channel = 1", lambda: NumatoEmulator(channels=2)),
}


@pytest.mark.parametrize("damage", ["silent", "garble"])
@pytest.mark.parametrize("kind", sorted(BOARDS))
def test_lost_answers_keep_nobody_out(relay_on: Callable[..., Relay], kind: str, damage: str) -> None:  # noqa: F811
    """Asked to open, a board whose answers are lost or damaged pulses once, and everybody hears that nobody knows."""
    settings, make = BOARDS[kind]
    board = make()
    setattr(board, damage, True)
    with board:
        relay = relay_on(f'driver = "{kind.partition("-")[0]}"\nport = "{board.port}"\npulse_s = 1.0\n{settings}')
        relay.start()
        assert relay.until(lambda: relay.status().barriers[0].health != "starting")  # a request grows old meanwhile
        told = relay.gate("open", "entry", "--json")
        assert told.returncode == 0, told.stderr
        assert relay.until(lambda: [end for _, end in board.on_times() if end is not None])
        assert relay.until(relay.idle)

        reply = json.loads(told.stdout)
        assert (reply["outcome"], reply["confirmed"]) == (Outcome.UNCONFIRMED, False)
        assert "не подтвердила" in reply["detail"]
        with relay.client.subscribe() as events:
            news = list(iter(lambda: events.next(0.3), None))
        acted = [event for event in news if event.kind is EventKind.ACTED]
        assert [(True, Outcome.UNCONFIRMED)] == [(event.seq > 0, event.outcome) for event in acted]
        assert relay.status().barriers[0].health in {"silent", "nonsense"}
        words = relay.gate("open", "entry")
        assert "неизвестно" in words.stdout
        relay.end()
        assert not board.levels[1]
        assert len(board.on_times()) == 2
