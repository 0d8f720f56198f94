"""What a list costs: how likely a stranger is to open the barrier, for one reading, for each pass, and in total.

`stranger_chance` weighs one reading by the odds of the list. `list_risk` sums over every plate that differs from an
admitted one in one character (or is one longer): how often such a car comes (`core.passes.traffic`), times how often
its plate ends in a reading that opens as the other (`core.reading.confusions`, measured). It works one character
position at a time, so it needs the memory of one index of the list; 100,000 plates take seconds.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from operator import itemgetter

from core.passes.pass_list import PassList
from core.passes.traffic import CLASSES, KIN_SHARE, LISTED_SHARE, anywhere, kin, kind_of, prior, symbols_at
from core.plates.alphabet import DIGITS
from core.reading.confusions import Confusions
from core.reading.reading import Reading

WORST = 10
"""How many pairs and passes a `ListRisk` names."""
_LEAST = 1e-4
"""Candidates less likely than this are weighed together."""


def stranger_chance(reading: Reading, passes: PassList) -> float:
    """The chance that the car is not the best candidate of `reading`, which is on the list, but has any other plate.

    The reading tells how well each candidate fits what was seen; the list tells how likely each is to come.
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
    """A stranger's plate, and the admitted plate it may be read as."""

    stranger: str
    admitted: str
    listed: bool
    """Whether the stranger's plate is on the list too, without the right to enter."""
    chance: float
    """The chance that the barrier opens if this stranger comes."""
    a_visit: float
    """The chance that the next stranger is this one and the barrier opens."""


@dataclass(frozen=True, slots=True)
class ListRisk:
    """The result of `list_risk`. Chances are for one visit of a stranger, whoever it is."""

    plates: int
    """Different plates that may enter."""
    closed: int
    """Different plates on the list that may not enter."""
    in_all: float
    near_by_kin: float
    """The part due to kin and to listed plates that may not enter: the price of having a fleet on the list."""
    by_pass: tuple[tuple[str, float], ...]
    """The admitted plates that strangers most often come in by, worst first."""
    pairs: tuple[Pair, ...]
    """Worst first."""
    neighbours: int
    """Admitted plates that differ in one character from another listed plate."""


def list_risk(admitted: Iterable[str], closed: Iterable[str], confusions: Confusions) -> ListRisk:
    """The chance that a stranger opens, for a list that admits `admitted` and names `closed` without letting them in.

    Plates are canonical; a plate in both counts as admitted. Chances are those of the next stranger.
    """
    ours = dict.fromkeys(sorted(admitted))
    others = dict.fromkeys(plate for plate in sorted(closed) if plate not in ours)
    return _Sum(ours, others, confusions).risk()


class _Sum:
    """The sum in progress, one character position at a time."""

    def __init__(self, admitted: Collection[str], closed: Collection[str], confusions: Confusions) -> None:
        self.admitted, self.closed, self.confusions = admitted, closed, confusions
        self.kinds = {plate: kind_of(plate) for plate in (*admitted, *closed)}
        self.plates = len(self.kinds)
        self.counts = Counter(self.kinds.values())
        # Converts shares of all arrivals to shares of strangers: admitted plates are not strangers.
        unlisted = 1.0 - LISTED_SHARE
        strangers = unlisted + LISTED_SHARE * (len(closed) / self.plates if self.plates else 0.0)
        self.unlisted = unlisted / strangers
        self.each_closed = LISTED_SHARE / self.plates / strangers if self.plates else 0.0
        self.by_pass: dict[str, float] = dict.fromkeys(admitted, 0.0)
        self.kin_part = 0.0
        self.pairs: list[tuple[float, str, str, Pair]] = []
        self.neighbours: set[str] = set()
        self.chances = cache(self._chances)
        self.far = cache(self._far)

    def risk(self) -> ListRisk:
        for place in range(max(map(len, self.kinds), default=0)):
            self._place(place)
        self._shorter()
        worst = heapq.nlargest(WORST, self.by_pass.items(), key=itemgetter(1))
        return ListRisk(
            len(self.admitted), len(self.closed), sum(self.by_pass.values()), self.kin_part, tuple(worst),
            tuple(pair for *_, pair in sorted(self.pairs, reverse=True)), len(self.neighbours),
        )  # fmt: skip

    def _chances(self, symbols: str, read: str, length: int) -> tuple[float, tuple[tuple[float, str], ...]]:
        """Chances of the symbols a stranger may have where the listed plate has `read`: their sum, and each, worst first."""
        each = sorted(((self.confusions.opens(s, read, length), s) for s in symbols if s != read), reverse=True)
        return sum(chance for chance, _ in each), tuple(each)

    def _far(self, kind: str) -> float:
        """The chance that the next stranger comes from anywhere and has one given plate of `kind`."""
        return self.unlisted * (1.0 - KIN_SHARE) * anywhere(kind, self.counts, self.plates)

    def _place(self, place: int) -> None:
        """Adds the risk from plates that differ from an admitted one at `place`."""
        groups: dict[str, str] = defaultdict(str)
        for plate in self.kinds:
            if place < len(plate):
                groups[f"{plate[:place]}*{plate[place + 1 :]}"] += plate[place]
        for key, held in groups.items():
            for symbol in held:
                plate = key[:place] + symbol + key[place + 1 :]
                if plate in self.admitted:
                    self._neighbours(plate, place, held)

    def _neighbours(self, plate: str, place: int, held: str) -> None:
        kind = self.kinds[plate]
        symbols = symbols_at(kind, place)
        total, chances = self.chances(symbols, plate[place], len(plate))
        if len(held) == 1 and kind[place] in CLASSES:  # nearly every place: no similar plate listed, no region code
            comes = self.far(kind)
            self.by_pass[plate] += comes * total
            self._note(plate, place, chances[0][1], chances[0][0], comes, listed=False)
            return
        if len(held) > 1:
            self.neighbours.add(plate)
        near = self.unlisted * KIN_SHARE * kin(len(held), len(symbols), self.plates, len(plate))
        for chance, other in chances:
            listed = other in held
            if listed and plate[:place] + other + plate[place + 1 :] in self.admitted:
                continue
            there = kind if kind[place] in CLASSES else kind[:place] + other + kind[place + 1 :]
            known = self.each_closed if listed else near
            comes = known if listed else known + self.far(there)
            self.by_pass[plate] += comes * chance
            self.kin_part += known * chance
            self._note(plate, place, other, chance, comes, listed=listed)

    def _shorter(self) -> None:
        """Adds the risk from plates one digit longer, whose last digit is hidden or lost."""
        for plate in self.admitted:
            kind = self.kinds[plate]
            if len(kind) != 8 or kind[-1] not in DIGITS:  # only a region code can be longer
                continue
            chance = self.confusions.loses_last(len(plate) + 1)
            for digit in DIGITS:
                if plate + digit in self.admitted:
                    continue
                listed = plate + digit in self.closed
                comes = self.each_closed if listed else self.far(kind + digit)
                self.by_pass[plate] += comes * chance
                self.kin_part += comes * chance if listed else 0.0
                self._note(plate, len(plate), digit, chance, comes, listed=listed)

    def _note(self, plate: str, place: int, symbol: str, chance: float, comes: float, *, listed: bool) -> None:
        """Keeps the pair, if it is among the worst: a stranger with `symbol` at `place` of an admitted plate."""
        a_visit = comes * chance
        if len(self.pairs) >= WORST and a_visit < self.pairs[0][0]:
            return
        stranger = plate[:place] + symbol + plate[place + 1 :]
        entry = (a_visit, stranger, plate, Pair(stranger, plate, listed, chance, a_visit))
        if len(self.pairs) < WORST:
            heapq.heappush(self.pairs, entry)
        else:
            heapq.heappushpop(self.pairs, entry)
