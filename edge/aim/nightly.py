"""Nightly check that the camera is still as accepted: a day and a night of views against the baseline. Pure state.

Light differs, so day is compared with day and infrared with infrared. The baseline of each light is the first period
after the acceptance with enough looks at it. Legibility is the share of vehicles whose plate was not read, against that
of the first hundred vehicles after the acceptance.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from core.decision.record import VisitRecord
from edge.language import say
from edge.runtime.alarms import Fault
from edge.words import shift_words

LEAST_LOOKS = 60
"""Looks at one kind of light that are needed to compare: an hour, at one look a minute."""
LEAST_VISITS = 20
FIRST_VISITS = 100
SOFTER = 1.5
_BEST_SOFT_PX = 0.5
_LEAST_SOFT_PX = 0.8
LOST = 0.4
FLATTER = 0.6
DARKER = 0.5
DARK = 60.0
WORSE = 0.15
MOVED = 0.0125
"""Share of the width: two pixels of the thumbnail. Wind on a mast causes one."""
_MOST_LOOKS = 1440


@dataclass(frozen=True, slots=True)
class Look:
    """One view, taken once a minute."""

    infrared: bool
    brightness: float
    contrast: float
    softness_px: float | None
    lost: float | None
    """Share of the accepted outlines that are missing; None if it was not compared with the acceptance."""
    offset: tuple[float, float] | None
    """Offset of the view from the accepted one, in shares of the width."""


@dataclass(frozen=True, slots=True)
class Light:
    """The medians of a day, or of a night."""

    looks: int
    brightness: float
    contrast: float
    softness_px: float | None
    lost: float | None
    offset: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Baseline:
    """The first day and night after an acceptance, and how well plates were read then."""

    accepted_at: str
    """Time of the acceptance it belongs to; another acceptance starts another baseline."""
    day: Light | None = None
    night: Light | None = None
    unread: float | None = None
    """Share of vehicles without a read plate."""


@dataclass(slots=True)
class Gathered:
    """The looks since the last comparison."""

    looks: list[Look] = field(default_factory=list)

    def add(self, look: Look) -> None:
        self.looks.append(look)
        del self.looks[:-_MOST_LOOKS]

    def light(self, *, infrared: bool) -> Light | None:
        """The medians for one kind of light; None if there were too few looks at it."""
        seen = [one for one in self.looks if one.infrared is infrared]
        if len(seen) < LEAST_LOOKS:
            return None
        soft = [one.softness_px for one in seen if one.softness_px is not None]
        lost = [one.lost for one in seen if one.lost is not None]
        offsets = [one.offset for one in seen if one.offset is not None]
        return Light(
            looks=len(seen),
            brightness=median(one.brightness for one in seen),
            contrast=median(one.contrast for one in seen),
            softness_px=median(soft) if 2 * len(soft) >= len(seen) else None,
            lost=median(lost) if 2 * len(lost) >= len(seen) else None,
            offset=(median(one[0] for one in offsets), median(one[1] for one in offsets))
            if 2 * len(offsets) >= len(seen)
            else None,
        )


def unread_share(records: Sequence[VisitRecord]) -> float | None:
    """Share of vehicles whose plate was not read; None if there were too few vehicles."""
    vehicles = [one for one in records if one.frames]
    if len(vehicles) < LEAST_VISITS:
        return None
    return sum(one.plate is None for one in vehicles) / len(vehicles)


def completed(known: Baseline, gathered: Gathered, first: Sequence[VisitRecord]) -> Baseline:
    """Fill the gaps of the baseline from the first data seen. `first`: vehicles since the acceptance, oldest first."""
    return Baseline(
        known.accepted_at,
        day=known.day or gathered.light(infrared=False),
        night=known.night or gathered.light(infrared=True),
        unread=unread_share(first[:FIRST_VISITS]) if known.unread is None else known.unread,
    )


def compared(known: Baseline, gathered: Gathered, records: Sequence[VisitRecord]) -> Mapping[Fault, str]:
    """What has become worse, with figures; empty = it was compared and is not worse. `records`: vehicles of the last day.

    Left out is what cannot be determined: nothing was seen that would end an alarm either.
    """
    day, night = gathered.light(infrared=False), gathered.light(infrared=True)
    said: list[tuple[Fault, str]] = []
    for usual, now in ((known.day, day), (known.night, night)):
        if now is None:
            continue
        said += _moved(now)
        if usual is not None:
            said += (*_softer(usual, now), *_dirtier(usual, now))
    if known.night is not None and night is not None:
        said.append((Fault.DRIFT_IR, _darker(known.night, night)))
    unread = unread_share(records)
    if unread is not None and known.unread is not None:
        words = say("не прочитано {now:.0%} машин, было {usual:.0%}", now=unread, usual=known.unread)
        said.append((Fault.DRIFT_LEGIBILITY, words if unread >= known.unread + WORSE else ""))
    found: dict[Fault, str] = {}
    for fault, words in said:  # worse in one light is worse
        found[fault] = words or found.get(fault, "")
    return found


def _moved(now: Light) -> Iterator[tuple[Fault, str]]:
    if now.offset is not None:
        yield Fault.DRIFT_MOVED, shift_words(now.offset) if math.hypot(*now.offset) >= MOVED else ""


def _softer(usual: Light, now: Light) -> Iterator[tuple[Fault, str]]:
    if usual.softness_px is None or now.softness_px is None:
        return
    times = now.softness_px / max(usual.softness_px, _BEST_SOFT_PX)
    worse = now.softness_px >= _LEAST_SOFT_PX and times >= SOFTER
    yield Fault.DRIFT_BLURRED, say("в {times:.1f} раза мягче", times=times) if worse else ""


def _dirtier(usual: Light, now: Light) -> Iterator[tuple[Fault, str]]:
    """A film on the glass lowers contrast everywhere; spots and cobwebs hide outlines."""
    lit = now.brightness >= DARK
    if now.lost is not None and now.lost >= max(LOST, 2 * (usual.lost or 0.0)):
        yield Fault.DRIFT_DIRTY, say("не видно {lost:.0%} контуров", lost=now.lost)
    elif lit and now.contrast <= FLATTER * usual.contrast:
        yield Fault.DRIFT_DIRTY, say("контраст {now:.0f}, был {usual:.0f}", now=now.contrast, usual=usual.contrast)
    elif lit and now.lost is not None:
        yield Fault.DRIFT_DIRTY, ""


def _darker(usual: Light, now: Light) -> str:
    if now.brightness >= min(DARK, DARKER * usual.brightness):
        return ""
    return say("яркость ночи {now:.0f}, была {usual:.0f}", now=now.brightness, usual=usual.brightness)
