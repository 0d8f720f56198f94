"""`[aim]`: the limits for aiming a camera, and when it is compared with its acceptance."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.setting import setting
from edge.language import say


@dataclass(frozen=True, slots=True)
class AimSettings:
    """`[aim]`."""

    plate_width_px: float = setting(
        120.0, low=24, high=1000, unit="px",
        help_ru="ширина номера там, где машина встаёт", help_en="width of the plate where the car stops",
    )  # fmt: skip
    char_height_px: float = setting(
        15.0, low=6, high=200, unit="px", help_ru="высота знаков номера", help_en="height of the plate's characters"
    )
    roll_deg: float = setting(
        15.0, low=1, high=45, unit="deg",
        help_ru="наибольший завал номера в кадре", help_en="most the plate may be rolled in the picture",
    )  # fmt: skip
    angle_deg: float = setting(
        35.0, low=5, high=60, unit="deg",
        help_ru="наибольший угол взгляда на номер, вниз или вбок",
        help_en="largest angle at which the plate is looked at, from above or from the side",
    )  # fmt: skip
    sharpness: float = setting(
        0.3, low=0.05, high=1, help_ru="наименьшая резкость номера, от 0 до 1",
        help_en="least sharpness of the plate, 0 to 1",
    )  # fmt: skip
    contrast: float = setting(
        0.15, low=0.02, high=1, help_ru="наименьший контраст знаков номера, от 0 до 1",
        help_en="least contrast of the plate's characters, 0 to 1",
    )  # fmt: skip
    clipped: float = setting(
        0.25, low=0.01, high=1, help_ru="наибольшая доля номера, забитая светом",
        help_en="largest share of the plate that is bright beyond measure",
    )  # fmt: skip
    frames: int = setting(
        5, low=2, high=100, help_ru="сколько читаемых кадров нужно за один проезд",
        help_en="readable frames that one pass must give",
    )  # fmt: skip
    speed_kmh: float = setting(
        20.0, low=1, high=120, help_ru="с какой скоростью едут машины, км/ч", help_en="how fast cars drive, km/h"
    )
    distance_m: float = setting(
        5.0, low=1, high=50,
        help_ru="от камеры до номера там, где машина встаёт, м: рулеткой",
        help_en="from the camera to the plate where the car stops, m: by tape",
    )  # fmt: skip
    passes: int = setting(
        3, low=1, high=20, help_ru="сколько пробных проездов нужно для приёмки",
        help_en="test passes that an acceptance needs",
    )  # fmt: skip
    compare_at: str = setting(
        "03:30", help_ru="когда ночью сравнивать с приёмкой, ЧЧ:ММ по времени объекта",
        help_en="when in the night to compare with the acceptance, HH:MM by the site's time",
    )  # fmt: skip

    def problems(self) -> tuple[tuple[str, str], ...]:
        """Keys with meaningless values."""
        if re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", self.compare_at):
            return ()
        return (("compare_at", say("нужно ЧЧ:ММ, например 03:30")),)
