"""The evidence of one picture, and what the pictures of one track are worth together.

Constants are measured on drawn tracks (`models.training.clips.reliability`, ADR 58).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

from core.plates.alphabet import ALPHABET, PAD, SLOTS
from core.plates.formats import FORMATS
from core.plates.grammar import INDEX, UNSEEN_INDEX
from core.reading.reading import Reading
from core.reading.reads import PlateRead, View
from core.reading.rows import DOUBLES, Matrix, doubted_whole

NEAR_IDENTICAL_BITS = 5
"""Pictures whose 64-bit fingerprints differ in at most this many bits show the same thing."""
KEPT = 16
"""Different pictures kept. When there are as many, a better one replaces the worst."""
FULL_WIDTH_PX = 90.0
"""From this width on, a plate is as legible as it gets."""
SHARED = 0.6
"""What any two pictures of a track share: dirt, light, lens, and the reader's bias on this very plate. No track is
worth more than 1 / SHARED independent pictures."""
ALIKE_BITS = 8.0
"""Fingerprint distance, in bits, over which similarity falls by the factor e."""
ALIKE_SIZES = 0.4
"""The same for the difference of widths, as a natural logarithm."""
COMPETES = 1 / 3
"""Share, of two values, from which the weaker one competes: the pictures disagree, or each of them is in doubt."""
SURE_ALONE = 0.9
"""A character is only named if some single picture gives it this share against any other: many doubts do not make
certainty."""
HALF_SEEN = 0.035
"""If half of the pictures failed to see a place with this probability, it is half covered. Half a C is an O, and all
pictures agree on it."""

Logs = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Look:
    """The evidence of one picture, standing for all that look the same."""

    fingerprint: int
    weight: float
    logs: Logs
    """Logarithms of the `SLOTS` rows of `core.reading.rows.softened`."""
    text: str
    """What this picture alone reads as."""
    confidence: float
    formats: tuple[tuple[str, float], ...]
    accepted: bool
    """Whether this picture alone would be accepted."""
    width: float
    """Width of the plate in pixels of the frame; at least 1."""
    clarity: float
    """0 to 1, by size and sharpness alone."""
    hidden: tuple[float, ...]
    """For each place, the probability that it was not seen."""
    view: View = View.PLAIN
    seen: int = 1
    """Reads that looked the same and gave the same text."""


def rows_of(rows: Matrix) -> Logs:
    return tuple([tuple([log(p) for p in row]) for row in rows])


def clarity(read: PlateRead) -> float:
    """0 to 1, by the plate's width in the picture and its sharpness."""
    size = min(1.0, max(0.0, read.box.w) / FULL_WIDTH_PX)
    sharp = min(1.0, max(0.0, read.sharpness))
    return size * (0.4 + 0.6 * sharp)


def same_picture(one: Look, other: Look) -> bool:
    """Whether two looks show the same thing; their views may differ."""
    return (one.fingerprint ^ other.fingerprint).bit_count() <= NEAR_IDENTICAL_BITS


def correlation(one: Look, other: Look) -> float:
    """How much of what two pictures say they share, `SHARED` to 1."""
    bits = (one.fingerprint ^ other.fingerprint).bit_count()
    apart = bits / ALIKE_BITS + abs(log(one.width / other.width)) / ALIKE_SIZES
    return SHARED + (1.0 - SHARED) * exp(-apart)


def effective(looks: Sequence[Look], weights: Sequence[float]) -> float:
    """How many independent pictures the looks are worth, at least 1: Kish's design effect with their correlations.

    Small and blurred pictures do not gain by being many: apart from that lower bound, the number never exceeds the sum
    of weights.
    """
    total = sum(weights)
    together = sum(w * w for w in weights)
    for i, one in enumerate(looks):
        for j in range(i):
            together += 2.0 * weights[i] * weights[j] * correlation(one, looks[j])
    return max(1.0, min(total, total * total / together)) if together > 0.0 else 1.0


def half_seen(looks: Sequence[Look], text: str, *, unseen_above: float, open_above: float) -> frozenset[int]:
    """The places of `text`, and the one behind it, that at least half of the looks doubt to have seen.

    A look that did not see a character (`unseen_above`) is not asked about it. Behind the last character every look is
    asked, because what it did not see may be a digit. The best of many looks at half a character, or at the edge of a
    cover, is sure by chance; the median look is not.
    """
    found = set()
    for place, symbol in enumerate(f"{text}{PAD}"[:SLOTS]):
        voiced, bound = (1.0, open_above) if symbol == PAD else (unseen_above, HALF_SEEN * doubted_whole(symbol))
        doubts = sorted(look.hidden[place] for look in looks if look.hidden[place] <= voiced)
        if doubts and doubts[(len(doubts) - 1) // 2] > bound:
            found.add(place)
    return frozenset(found)


def doubtful(looks: Sequence[Look], reading: Reading) -> frozenset[int]:
    """The places of `reading` that the looks do not bear out, whatever their sum says.

    Either another value has a share of at least `COMPETES` over all looks, or no single look is sure of the character
    (`SURE_ALONE`). The place behind the last character is checked too: a plate may go on. Symbols that only their place
    tells apart do not compete, nor do symbols that this kind of plate never has there.
    """
    pattern = FORMATS[reading.format].match(reading.text) if reading.format is not None else None
    found = set()
    for place in range(min(len(reading.text) + 1, SLOTS)):
        symbol = reading.text[place] if place < len(reading.text) else PAD
        rivals = ALPHABET[:UNSEEN_INDEX]
        if pattern is not None and reading.format is not None and symbol != PAD:
            rivals = FORMATS[reading.format].symbols(pattern[place]) + PAD
        columns = [INDEX[s] for s in rivals if s != symbol and s not in _DOUBLE_OF.get(symbol, ())]
        own = INDEX[symbol]
        if _beyond_doubt(looks, place, own):
            continue
        total, means, sure = 0.0, [0.0] * len(columns), 0.0
        for look in looks:
            row, share = look.logs[place], look.weight * (1.0 - look.hidden[place])
            seen, others = exp(row[own]), [exp(row[column]) for column in columns]
            total += share * seen
            means = [mean + share * other for mean, other in zip(means, others, strict=True)]
            sure = max(sure, (1.0 - look.hidden[place]) * seen / (seen + max(others, default=0.0)))
        rival = max(means, default=0.0)
        if rival >= COMPETES * (total + rival) or sure < SURE_ALONE:
            found.add(place)
    return frozenset(found)


def _beyond_doubt(looks: Sequence[Look], place: int, own: int) -> bool:
    """Whether no symbol could compete with that of column `own`, whichever it was. True for most places of most plates.

    A row sums to 1, so whatever a picture does not give its character bounds what any single rival can have.
    """
    total, rest, sure = 0.0, 0.0, 0.0
    for look in looks:
        seen, open_ = exp(look.logs[place][own]), 1.0 - look.hidden[place]
        total += look.weight * open_ * seen
        rest += look.weight * open_ * (1.0 - seen)
        sure = max(sure, open_ * seen)
    return rest < COMPETES * total and sure >= SURE_ALONE


_DOUBLE_OF = {
    s: frozenset(b for pair in DOUBLES if s in pair for b in pair if b != s) for pair in DOUBLES for s in pair
}
