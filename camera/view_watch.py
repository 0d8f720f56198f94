"""Watches whether the camera still shows its lane: covered, moved, blurred, dazzled, a clock written in. Pure state.

What the view should look like is learned from the first quiet minute, or given by an acceptance record (`accept`). Day,
dusk and infrared are several looks of one view. A new look is learned when the light has changed but the place has not.
What cannot be told (too dark, not yet learned, another light) neither raises an alarm nor ends one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from camera.clock_text import ClockText, Place
from camera.frame import Picture
from camera.freeze import is_blank
from camera.settings import CameraSettings
from camera.structure import Agreement, Pattern, agreement, detail, lost, pattern
from camera.view_measures import ViewMeasures, measure

EVERY_S = 5.0
"""Seconds between looks while something is wrong or unknown."""
CALM_S = 10.0
"""The same while all is well: a look at 1080p costs 11 ms of a core, so this takes a tenth of a percent of it."""
DARK = 12.0
"""Mean grey below which a picture shows nothing to compare."""
_LEARN_S = 60.0
_ADOPT_S = 900.0
_CLEAR_S = 15.0
_MOST_LOOKS = 4
_ODD = 3
"""Looks in a row at something else, such as a passing lorry, that do not restart the learning."""
_SAME = 0.35
"""Least agreement of the same place in another light. Measured: at least 0.37 with half of the light taken away, 0.38
with a car over a third of the picture; other streets 0.18 (95 of 100) to 0.25."""
_SURE = 0.5
_OTHER = 0.2
_SHIFTED = 0.4
"""Agreement needed to believe a shift. Other streets give at most 0.31; a view moved by 2 to 20 percent gives at least
0.78."""
_BETTER = 1.3
_BARE = 0.25
"""Share of the usual edges below which a picture shows nothing."""
_BARE_IN_ANY_LIGHT = 0.1
"""The same in another light: a lamp in the dark shows only part of the lane; in 13 streets it was at least 0.19."""
_WASHED = 245
_LEAST_SOFT_PX = 1.0
_BEST_SOFT_PX = 0.5
"""Blur that the lens and encoder of a good camera leave; nothing sharper is distinguished."""
_BLEND = 0.002


class Trouble(StrEnum):
    """What may be wrong with a view. Programs rely on these words."""

    BLOCKED = "blocked"
    MOVED = "moved"
    BLURRED = "blurred"
    GLARE = "glare"
    CLOCK = "clock"


class Doubt(StrEnum):
    """Why nothing can be said about a view."""

    NONE = ""
    LEARNING = "learning"
    DARK = "dark"
    OTHER_LIGHT = "other_light"


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """One look of the view as it should be."""

    edges: Pattern
    brightness: float
    infrared: bool
    softness_px: float | None
    accepted: bool = False
    """Given by an acceptance, not learned: it is not changed."""


@dataclass(frozen=True, slots=True)
class ViewState:
    """What is known of a view. `at` is the time of the picture it is based on."""

    at: float = -math.inf
    measures: ViewMeasures | None = None
    troubles: tuple[Trouble, ...] = ()
    """Those that have lasted long enough."""
    doubt: Doubt = Doubt.LEARNING
    agreement: float | None = None
    lost: float | None = None
    """Share of the usual edges that can no longer be seen."""
    shift: tuple[float, float] | None = None
    """How far the view has moved, right and down, as shares of the width; None if it is not known to have moved."""
    offset: tuple[float, float] | None = None
    """The shift at which the view fits its reference best, however small; None if it fits nowhere."""
    softness_usual_px: float | None = None
    washed: float | None = None
    """Share of the usual edges that are overexposed."""
    accepted: bool = False
    """Whether it was compared with a look given by an acceptance."""
    clock: Place | None = None


class _Candidate:
    """A look of the view being learned: passing cars differ from one another, the scene does not."""

    def __init__(self, edges: Pattern, measures: ViewMeasures, at: float) -> None:
        self.began = self.last_at = at
        self._edges = edges
        self._looks = 1
        self._odd = 0
        self._brightness = measures.brightness
        self._infrared = measures.infrared
        self._soft = [] if measures.softness_px is None else [measures.softness_px]

    def goes_on(self, edges: Pattern, at: float) -> bool:
        """Whether the view is still the one being learned."""
        if self._edges.shape != edges.shape or not 0 <= at - self.last_at <= _LEARN_S:
            return False
        self._odd = self._odd + 1 if agreement(self._edges, edges).here < _SAME else 0
        return self._odd <= _ODD

    def take(self, edges: Pattern, measures: ViewMeasures, at: float) -> None:
        self.last_at = at
        self._looks += 1
        step = 1 / min(self._looks, 50)
        self._edges = np.asarray(self._edges + step * (edges - self._edges), np.complex64)
        self._brightness += step * (measures.brightness - self._brightness)
        if measures.softness_px is not None and len(self._soft) < 200:
            self._soft.append(measures.softness_px)

    def reference(self) -> Reference:
        soft = float(np.median(self._soft)) if 2 * len(self._soft) >= min(self._looks, 200) else None
        return Reference(self._edges, self._brightness, self._infrared, soft)


class ViewWatch:
    """Owned by the vision thread; anyone may read `state`."""

    def __init__(self, settings: CameraSettings) -> None:
        self.state = ViewState()
        self._settings = settings
        self._looks: list[Reference] = []
        self._candidate: _Candidate | None = None
        self._since: dict[Trouble, float] = {}
        self._until: dict[Trouble, float] = {}
        self._light: tuple[float, bool] | None = None
        self._clock = ClockText()

    @property
    def clock(self) -> Place | None:
        """The place of a clock written into the picture."""
        return self._clock.place

    def judge_by(self, settings: CameraSettings) -> None:
        """Changes the settings; what was learned of the view still counts."""
        self._settings = settings

    def accept(self, reference: Reference) -> None:
        """Sets what the view looks like when all is well, and forgets what was learned."""
        self._looks = [replace(reference, accepted=True)]
        self._candidate, self._since, self._until = None, {}, {}
        self.state = replace(self.state, troubles=(), doubt=Doubt.LEARNING)

    def look(
        self,
        picture: Picture,
        thumb: Picture,
        at: float,
        *,
        quiet: bool,
        colours: Callable[[], Picture] | None = None,
    ) -> ViewState:
        """Takes the next picture. `quiet`: nobody is in the lane, so whatever covers the view is no lorry.

        `colours` makes the picture in colour, if `picture` is grey although the camera has colours.
        """
        self._clock.look(picture, at)
        calm = self.state.doubt is Doubt.NONE and not self._since
        if 0 <= at - self.state.at < (CALM_S if calm else EVERY_S):
            return self.state
        measures = measure(picture if colours is None else colours())
        if is_blank(thumb):
            found, seen = ViewState(at, measures, doubt=Doubt.DARK), {Trouble.BLOCKED}
        elif measures.brightness < DARK:
            found, seen = ViewState(at, measures, doubt=Doubt.DARK), set()
        else:
            found, seen = self._compare(pattern(thumb), measures, thumb, at, quiet=quiet)
        found = replace(found, clock=self._clock.place)
        if self._settings.clock_alarm and self._in_zone(self._clock.place):
            seen = seen | {Trouble.CLOCK}
        self.state = replace(found, troubles=self._lasting(seen, at, sure=found.doubt is Doubt.NONE))
        return self.state

    def _compare(
        self, edges: Pattern, measures: ViewMeasures, thumb: Picture, at: float, *, quiet: bool
    ) -> tuple[ViewState, set[Trouble]]:
        usable = [one for one in self._looks if one.edges.shape == edges.shape]
        if not usable:
            return self._learn(edges, measures, at, after_s=_LEARN_S), set()
        compared = [(agreement(one.edges, edges), number) for number, one in enumerate(usable)]
        here, number = max(compared, key=lambda pair: pair[0].here)
        usual = usable[number]
        found = ViewState(
            at,
            measures,
            doubt=Doubt.NONE,
            agreement=here.here,
            lost=lost(usual.edges, edges),
            softness_usual_px=usual.softness_px,
            washed=_washed(usual.edges, thumb),
            accepted=usual.accepted,
        )
        best = max((pair[0] for pair in compared), key=lambda one: one.best)
        found = replace(found, offset=best.shift if best.best >= _SHIFTED else None)
        moved = self._moved(best)
        if moved is not None:
            return replace(found, shift=moved), {Trouble.MOVED}
        if found.washed is not None and found.washed >= self._settings.glare_fraction:
            return found, {Trouble.GLARE}
        light = (measures.brightness, measures.infrared)
        same_light = _same_light((usual.brightness, usual.infrared), light)
        if detail(edges) < (_BARE if same_light else _BARE_IN_ANY_LIGHT) * detail(usual.edges):
            return found, {Trouble.BLOCKED}
        if not same_light:
            return self._learn(edges, measures, at, after_s=_ADOPT_S), set()
        if here.here < _OTHER:
            turned = self._light is not None and _same_light(self._light, light)
            return (found, {Trouble.MOVED}) if turned else (self._learn(edges, measures, at, after_s=_ADOPT_S), set())
        seen = self._worse(found, measures, quiet=quiet)
        if not seen:
            self._light, self._candidate = light, None
            if here.here >= _SURE and not usual.accepted:
                self._looks[self._looks.index(usual)] = _blended(usual, edges, measures)
            elif usual.accepted and usual.softness_px is None:
                self._looks[self._looks.index(usual)] = replace(usual, softness_px=measures.softness_px)
        return found, seen

    def _worse(self, found: ViewState, measures: ViewMeasures, *, quiet: bool) -> set[Trouble]:
        """What is wrong with a view that still shows its place."""
        settings, seen = self._settings, set[Trouble]()
        if quiet and found.lost is not None and found.lost >= settings.blocked_fraction:
            return {Trouble.BLOCKED}
        usual, now = found.softness_usual_px, measures.softness_px
        if usual is not None and now is not None and now >= _LEAST_SOFT_PX:
            if now >= settings.blurred_times * max(usual, _BEST_SOFT_PX):
                seen.add(Trouble.BLURRED)
        elif usual is not None and now is None:
            seen.add(Trouble.BLURRED)  # the same place, but none of its edges is clear any more
        return seen

    def _moved(self, best: Agreement) -> tuple[float, float] | None:
        far = math.hypot(*best.shift) >= self._settings.moved_fraction
        return best.shift if far and best.best >= max(_SHIFTED, _BETTER * best.here) else None

    def _learn(self, edges: Pattern, measures: ViewMeasures, at: float, *, after_s: float) -> ViewState:
        """Learns another look of the view.

        It is adopted after `after_s` seconds, as the mean of what was seen meanwhile.
        """
        known = self._candidate
        if known is None or not known.goes_on(edges, at):
            self._candidate = _Candidate(edges, measures, at)
        else:
            known.take(edges, measures, at)
            if at - known.began >= after_s:
                kept = [one for one in self._looks if one.edges.shape == edges.shape]
                learned = [one for one in kept if not one.accepted]
                if len(kept) >= _MOST_LOOKS and learned:
                    kept.remove(learned[0])
                self._looks = [*kept, known.reference()]
                self._light, self._candidate = (measures.brightness, measures.infrared), None
        return ViewState(at, measures, doubt=Doubt.OTHER_LIGHT if self._looks else Doubt.LEARNING)

    def _lasting(self, seen: set[Trouble], at: float, *, sure: bool) -> tuple[Trouble, ...]:
        """The troubles seen for long enough, and not yet gone for long enough to be over."""
        for trouble in Trouble:
            if trouble in seen:
                self._since.setdefault(trouble, at)
                self._until[trouble] = at
            elif (sure or trouble is Trouble.CLOCK) and at - self._until.get(trouble, -math.inf) >= _CLEAR_S:
                self._since.pop(trouble, None)
        after_s = self._settings.view_alarm_after_s
        raised = set(self.state.troubles)
        return tuple(
            one
            for one in Trouble
            if one in self._since and (one in raised or (one in seen and at - self._since[one] >= after_s))
        )

    def _in_zone(self, place: Place | None) -> bool:
        if place is None:
            return False
        left, top, right, bottom = self._settings.zone
        return place[0] < right and place[2] > left and place[1] < bottom and place[3] > top


def _same_light(one: tuple[float, bool], other: tuple[float, bool]) -> bool:
    return one[1] == other[1] and 0.5 <= one[0] / max(other[0], 1.0) <= 2.0


def _washed(edges: Pattern, thumb: Picture) -> float:
    strong = np.abs(edges) > _SURE
    count = int(np.count_nonzero(strong))
    return float(np.count_nonzero(thumb[strong] >= _WASHED)) / count if count else 0.0


def _blended(usual: Reference, edges: Pattern, measures: ViewMeasures) -> Reference:
    soft, now = usual.softness_px, measures.softness_px
    return replace(
        usual,
        edges=np.asarray(usual.edges + _BLEND * (edges - usual.edges), np.complex64),
        brightness=usual.brightness + _BLEND * (measures.brightness - usual.brightness),
        softness_px=now if soft is None else soft if now is None else soft + _BLEND * (now - soft),
    )
