"""`[anpr]` of gate.toml, and the values of `anpr` in a `[[lane]]`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.setting import setting


class Anpr(StrEnum):
    """How a camera reports the plates that it reads itself."""

    OFF = "off"
    HIKVISION = "hikvision"
    """ISAPI, `alertStream`: we send one request, and the camera streams its answer."""
    DAHUA = "dahua"
    """`eventManager.cgi?action=attach`: likewise."""
    PUSH = "push"
    """The camera posts Hikvision events to this box's `[anpr]` port."""


@dataclass(frozen=True, slots=True)
class AnprSettings:
    """`[anpr]`: where cameras with `anpr = "push"` post their events."""

    port: int = setting(
        0,
        low=0,
        high=65535,
        help_ru='порт, на который камеры с anpr = "push" сами шлют события; 0 — выключено',
        help_en='port to which cameras with anpr = "push" post their events; 0 = off',
    )
    host: str = setting(
        "127.0.0.1",
        help_ru="на каком адресе их принимать; адрес этой коробки в сети камер",
        help_en="address to take them on: that of this box in the cameras' network",
    )
