"""Makes the board of some barriers from their settings.

Drivers are imported on demand: OFF must not wait for the others.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from relay.boards.pins import Pins
from relay.boards.seam import Board, Transcript
from relay.outputs import channel_of
from relay.settings import SERIAL_DRIVERS, BarrierSettings


def build(
    group: tuple[BarrierSettings, ...], transcript: Transcript, wanted: Callable[[], bool], *, pins: Pins
) -> Board:
    """The board of these barriers, not opened yet. `wanted` returns True when a slow read should be cut short."""
    settings = group[0]
    if settings.driver in SERIAL_DRIVERS:
        return _serial(settings, transcript, wanted, channels=max(item.board_channels for item in group))
    if settings.driver == "gpio":
        from relay.boards.gpio import GpioBoard

        return GpioBoard({channel_of(item): item.active == "high" for item in group}, pins=pins, transcript=transcript)
    if settings.driver == "http":  # with TLS it costs as much as everything else together
        from relay.boards.http import HttpBoard

        return HttpBoard(settings, transcript=transcript)
    if settings.driver == "wiegand":
        from relay.boards.wiegand import Card, WiegandBoard

        assert settings.pin is not None
        assert settings.pin_d1 is not None
        card = Card(int(settings.wiegand_bits), settings.facility, settings.card)
        return WiegandBoard(card, d0=settings.pin, d1=settings.pin_d1, pins=pins, transcript=transcript)
    from relay.boards.simulated import SimulatedBoard, SimulatedMetal

    metal = SimulatedMetal(log=Path(settings.port) if settings.port else None)
    return SimulatedBoard(metal, transcript=transcript)


def _serial(settings: BarrierSettings, transcript: Transcript, wanted: Callable[[], bool], *, channels: int) -> Board:
    from relay.boards.serial_link import SerialLink

    link = SerialLink(settings.port, baud=settings.baud, transcript=transcript, wanted=wanted)
    match settings.driver:
        case "lcus":
            from relay.boards.lcus import LcusBoard

            return LcusBoard(link, channels=max(channels, settings.channel), read_back=settings.read_back)
        case "kmtronic":
            from relay.boards.kmtronic import KmtronicBoard

            return KmtronicBoard(link, channels=max(channels, settings.channel))
        case "modbus":
            from relay.boards.modbus import ModbusBoard

            return ModbusBoard(link, dialect=settings.modbus_dialect, unit=settings.modbus_unit)
        case _:
            from relay.boards.numato import NumatoBoard

            return NumatoBoard(link)
