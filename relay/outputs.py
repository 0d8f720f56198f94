"""The board, relay and pins that a barrier uses. Pure."""

from __future__ import annotations

from relay.settings import SERIAL_DRIVERS, BarrierSettings


def board_name(settings: BarrierSettings) -> str:
    """Barriers with the same board name share one board, and so one thread."""
    if settings.driver in SERIAL_DRIVERS:
        return settings.port
    return "gpio" if settings.driver == "gpio" else settings.name


def channel_of(settings: BarrierSettings) -> int:
    """The number of this barrier's relay on its board; for GPIO, the pin."""
    if settings.driver != "gpio":
        return settings.channel
    return -1 if settings.pin is None else settings.pin


def pins_of(settings: BarrierSettings) -> tuple[int, ...]:
    """The GPIO pins that this barrier uses, in BCM numbering."""
    wanted = {"gpio": (settings.pin,), "wiegand": (settings.pin, settings.pin_d1)}.get(settings.driver, ())
    return tuple(pin for pin in wanted if pin is not None)


_SENDING = (
    "driver", "port", "channel", "pin", "pin_d1", "active", "baud", "modbus_dialect", "modbus_unit",
    "http_off_url", "http_off_body", "http_method",
)  # fmt: skip
"""The settings that say how OFF reaches an output, and at which level it is off."""


def same_output(one: BarrierSettings, other: BarrierSettings) -> bool:
    """Whether OFF for `one` is OFF for `other`. Names, times and passwords may differ."""
    return all(getattr(one, key) == getattr(other, key) for key in _SENDING)
