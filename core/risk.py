"""What a list costs: how likely a stranger opens the barrier, for one reading, for each pass, and in all.

`stranger_chance` weighs one reading by the list's odds. `list_risk` sums, over every plate that differs from an admitted
one in a character (or is one longer), how often such a car comes (`core.traffic`) and how often its plate ends in a
reading that would open as the other (`core.confusions`, measured). One character at a time: its memory is that of one
index of the list, and 100,000 plates take seconds.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from operator import itemgetter

from core.confusions import Confusions
from core.passes import PassList
from core.reading import Reading
from core.traffic import KIN_SHARE, LISTED_SHARE, anywhere, kin, kind_of, prior, symbols_at

WORST = 10
"""Pairs and passes that a `ListRisk` names."""
_LEAST = 1e-4
"""Candidates less likely than this are weighed together."""


def stranger_chance(reading: Reading, passes: PassList) -> float:
    """The chance that not the best candidate of `reading`, which is on the list, has come, but any other plate.

    The reading says how well each candidate fits what was seen, the list how likely each is to come.
    """
    best, *others = reading.candidates
    ours = best.probability * prior(best.plate, passes, passes.kinds, passes.plates)
    named = [one for one in others if one.probability >= _LEAST]
    theirs = sum(one.probability * prior(one.plate, passes, passes.kinds, passes.plates) for one in named)
    unnamed = max(0.0, 1.0 - best.probability - sum(one.probability for one in named))
    theirs += unnamed * anywhere(kind_of(best.plate), passes.kinds, passes.plates)
    return theirs / (ours + theirs) if ours > 0.0 else 1.0


@dataclass(frozen=True, slots=True)
class Pair:
    """A stranger's plate and the admitted one it may be read as."""

    stranger: str
    admitted: str
    listed: bool
    """Whether the stranger's plate is on the list too, and may not enter."""
    chance: float
    """That the barrier opens, if that stranger comes."""
    a_visit: float
    """That the next stranger is this one and the barrier opens."""


@dataclass(frozen=True, slots=True)
class ListRisk:
    """What `list_risk` finds; chances are for one visit of a stranger, whoever he is."""

    plates: int
    """Different plates that may enter."""
    closed: int
    """Different plates on the list that may not."""
    in_all: float
    near_by_kin: float
    """The part that comes from kin and from listed plates that may not enter: what a fleet costs."""
    by_pass: tuple[tuple[str, float], ...]
    """The admitted plates by which strangers come in most often, worst first."""
    pairs: tuple[Pair, ...]
    """Worst first."""
    neighbours: int
    """Admitted plates that differ from another listed one in one character."""


def list_risk(admitted: Iterable[str], closed: Iterable[str], confusions: Confusions) -> ListRisk:
    """The chance that a stranger opens, with a list that admits `admitted` and names `closed` without letting them in.

    Plates are canonical; one in both is admitted. Chances are those of the next stranger.
    """
    ours = set(admitted)
    others = set(closed) - ours
    return _Sum(ours, others, confusions).risk()


class _Sum:
    """The sum in the making, place by place."""

    def __init__(self, admitted: Collection[str], closed: Collection[str], confusions: Confusions) -> None:
        self.admitted, self.closed, self.confusions = admitted, closed, confusions
        self.listed = [*admitted, *closed]
        self.plates = len(self.listed)
        self.kinds: dict[str, int] = defaultdict(int)
        for plate in self.listed:
            self.kinds[kind_of(plate)] += 1
        # Of all arrivals to those of strangers: the admitted do not count among them.
        unlisted = 1.0 - LISTED_SHARE
        strangers = unlisted + LISTED_SHARE * (len(closed) / self.plates if self.plates else 0.0)
        self.unlisted = unlisted / strangers
        self.each_closed = LISTED_SHARE / self.plates / strangers if self.plates else 0.0
        self.by_pass: dict[str, float] = dict.fromkeys(admitted, 0.0)
        self.kin_part = 0.0
        self.pairs: list[tuple[float, Pair]] = []
        self.neighbours: set[str] = set()

    def risk(self) -> ListRisk:
        for place in range(max(map(len, self.listed), default=0)):
            self._place(place)
        self._shorter()
        worst = heapq.nlargest(WORST, self.by_pass.items(), key=itemgetter(1))
        return ListRisk(
            len(self.admitted), len(self.closed), sum(self.by_pass.values()), self.kin_part, tuple(worst),
            tuple(pair for _, pair in heapq.nlargest(WORST, self.pairs, key=itemgetter(0))), len(self.neighbours),
        )  # fmt: skip

    def _place(self, place: int) -> None:
        """Adds what plates that differ from an admitted one at `place` cost it."""
        groups: dict[str, str] = defaultdict(str)
        for plate in self.listed:
            if place < len(plate):
                groups[f"{plate[:place]}*{plate[place + 1 :]}"] += plate[place]
        for key, held in groups.items():
            for symbol in held:
                plate = key[:place] + symbol + key[place + 1 :]
                if plate in self.admitted:
                    self._neighbours(plate, place, held)
                    if len(held) > 1:
                        self.neighbours.add(plate)

    def _neighbours(self, plate: str, place: int, held: str) -> None:
        kind = kind_of(plate)
        symbols = symbols_at(kind, place)
        region = kind[place] not in "LDW"
        near = self.unlisted * KIN_SHARE * kin(len(held), len(symbols), self.plates, len(plate))
        far = self.unlisted * (1.0 - KIN_SHARE) * anywhere(kind, self.kinds, self.plates)
        worst = (0.0, "", 0.0, False)
        for other in symbols:
            if other == plate[place]:
                continue
            chance = self.confusions.opens(other, plate[place], len(plate))
            if other in held:
                stranger = plate[:place] + other + plate[place + 1 :]
                if stranger in self.admitted:
                    continue
                comes, due_to_kin, listed = self.each_closed, self.each_closed, True
            else:
                if region:
                    code = kind[:place] + other + kind[place + 1 :]
                    far = self.unlisted * (1.0 - KIN_SHARE) * anywhere(code, self.kinds, self.plates)
                comes, due_to_kin, listed = far + near, near, False
            self.by_pass[plate] += comes * chance
            self.kin_part += due_to_kin * chance
            if comes * chance > worst[0]:
                worst = (comes * chance, other, chance, listed)
        if worst[0] > 0.0:
            self._note(plate[:place] + worst[1] + plate[place + 1 :], plate, worst[3], worst[2], worst[0])

    def _shorter(self) -> None:
        """Adds what plates one digit longer cost: their last one is hidden or lost."""
        for plate in self.admitted:
            kind = kind_of(plate)
            if kind[-1] not in "0123456789" or len(plate) != 8:  # only a region code grows
                continue
            chance = self.confusions.loses_last(len(plate) + 1)
            for digit in "0123456789":
                longer = plate + digit
                if longer in self.admitted:
                    continue
                listed = longer in self.closed
                comes = (
                    self.each_closed
                    if listed
                    else self.unlisted * (1.0 - KIN_SHARE) * anywhere(kind + digit, self.kinds, self.plates)
                )
                self.by_pass[plate] += comes * chance
                self.kin_part += listed * comes * chance
                if listed:
                    self._note(longer, plate, listed, chance, comes * chance)

    def _note(self, stranger: str, admitted: str, listed: bool, chance: float, a_visit: float) -> None:  # noqa: FBT001
        if len(self.pairs) < WORST:
            heapq.heappush(self.pairs, (a_visit, Pair(stranger, admitted, listed, chance, a_visit)))
        elif a_visit > self.pairs[0][0]:
            heapq.heapreplace(self.pairs, (a_visit, Pair(stranger, admitted, listed, chance, a_visit)))
