"""Visits as data: who comes, in which light, when the boom moves. Times in seconds, distances in metres."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

STOP_M = 9.6
"""Where a car waits for the barrier."""
FAR_M = 36.0
GONE_M = 3.4


class Case(Enum):
    """Why a visit ends the way it does."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    UNREADABLE = "unreadable"
    LEAVING = "leaving"


class Weather(Enum):
    """The light and weather of a visit."""

    DAY = "day"
    RAIN = "rain"
    SNOW = "snow"
    DUSK = "dusk"
    NIGHT = "night"
    INFRARED = "infrared"


@dataclass(frozen=True, slots=True)
class Visit:
    """One car. `seed` determines its looks, `format_id` the type of its plate."""

    text: str
    case: Case
    weather: Weather
    seed: int
    format_id: str = "ru_1"
    approach_s: float = 4.0
    wait_s: float = 3.2
    leave_s: float = 2.6
    aside_m: float = 0.0
    barrier_opens: bool | None = None
    """None: as the case implies."""

    @property
    def opens(self) -> bool:
        return self.case in {Case.KNOWN, Case.LEAVING} if self.barrier_opens is None else self.barrier_opens

    @property
    def length_s(self) -> float:
        return self.approach_s + self.wait_s + self.leave_s

    def distance_m(self, t: float) -> float:
        """Distance of the car's front from the camera at `t` seconds into the visit."""
        start, end = FAR_M, GONE_M if self.opens else FAR_M
        if t < self.approach_s:
            share = _eased_out(t / self.approach_s)
            return float(start * (STOP_M / start) ** share)
        if t < self.approach_s + self.wait_s:
            return STOP_M
        share = min(1.0, (t - self.approach_s - self.wait_s) / self.leave_s) ** 1.8
        return float(STOP_M * (end / STOP_M) ** share)

    def raised(self, t: float) -> float:
        """How far the boom is up, 0 to 1."""
        if not self.opens:
            return 0.0
        return float(np.clip((t - self.approach_s - 0.45 * self.wait_s) / 1.3, 0, 1))


def _eased_out(share: float) -> float:
    """Braking: fast at first, slow at the end."""
    return float(1 - (1 - share) ** 1.9)


def random_visit(rng: np.random.Generator, *, text: str, format_id: str, weather: Weather | None = None) -> Visit:
    """A visit for measurements: any speed, any place in the lane."""
    weathers = list(Weather)
    case = Case.LEAVING if rng.random() < 0.25 else Case.KNOWN if rng.random() < 0.6 else Case.UNKNOWN
    return Visit(
        text=text,
        case=case,
        weather=weather or weathers[int(rng.integers(len(weathers)))],
        seed=int(rng.integers(1 << 31)),
        format_id=format_id,
        approach_s=rng.uniform(2.6, 5.0),
        wait_s=rng.uniform(1.5, 3.5),
        leave_s=rng.uniform(1.8, 3.0),
        aside_m=rng.normal(0, 0.25),
    )
