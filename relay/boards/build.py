"""The board of some barriers, made from their settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from relay.boards.gpio import GpioBoard
from relay.boards.kmtronic import KmtronicBoard
from relay.boards.lcus import LcusBoard
from relay.boards.modbus import ModbusBoard
from relay.boards.numato import NumatoBoard
from relay.boards.pins import Pins
from relay.boards.seam import Board, Transcript
from relay.boards.serial_link import SerialLink
from relay.boards.simulated import SimulatedBoard, SimulatedMetal
from relay.settings import SERIAL_DRIVERS, BarrierSettings, channel_of


def build(
    group: tuple[BarrierSettings, ...], transcript: Transcript, wanted: Callable[[], bool], *, pins: Pins
) -> Board:
    """The board of these barriers, not yet opened. `wanted` is True when a leisurely read should be cut short."""
    settings = group[0]
    if settings.driver in SERIAL_DRIVERS:
        link = SerialLink(settings.port, baud=settings.baud, transcript=transcript, wanted=wanted)
        return _serial(settings, link, channels=max(item.board_channels for item in group))
    if settings.driver == "gpio":
        return GpioBoard({channel_of(item): item.active == "high" for item in group}, pins=pins, transcript=transcript)
    if settings.driver == "http":
        # With TLS this costs as much start-up time as all the rest: only who needs it pays.
        from relay.boards.http import HttpBoard  # noqa: PLC0415

        return HttpBoard(settings, transcript=transcript)
    metal = SimulatedMetal(log=Path(settings.port) if settings.port else None)
    return SimulatedBoard(metal, transcript=transcript)


def _serial(settings: BarrierSettings, link: SerialLink, *, channels: int) -> Board:
    match settings.driver:
        case "lcus":
            return LcusBoard(link, channels=max(channels, settings.channel), read_back=settings.read_back)
        case "kmtronic":
            return KmtronicBoard(link, channels=max(channels, settings.channel))
        case "modbus":
            return ModbusBoard(link, dialect=settings.modbus_dialect, unit=settings.modbus_unit)
        case _:
            return NumatoBoard(link)
