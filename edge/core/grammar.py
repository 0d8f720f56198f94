"""The formats prepared for decoding: shapes (which symbols may stand in which slot), each shared by many formats."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter

from edge.core.alphabet import ALPHABET, DIGITS, PAD, SLOTS
from edge.core.formats import FORMATS, PlateFormat, region_span
from edge.core.regions import REGIONS, of_length

SPLIT_REGION = {2: 0.55, 3: 0.45}
"""Share of two- and three-digit region codes on Russian roads."""
SHORTEST = 1
"""Characters of the shortest plate outside every grammar."""

INDEX = {symbol: i for i, symbol in enumerate(ALPHABET)}
PAD_INDEX = INDEX[PAD]


@dataclass(frozen=True, slots=True)
class Shape:
    """A sequence of symbol sets, with the formats that have it and the prior weight of each."""

    sets: tuple[int, ...]
    """Index into `SETS` for each slot."""
    plain: tuple[tuple[int, int], ...]
    """Slot and set of every slot outside the region code."""
    regions: str
    """Key of the list of region codes; empty where there is none."""
    region: tuple[int, int]
    """First slot of the region code and one past its last."""
    formats: tuple[tuple[str, float], ...]
    """Format id and weight; empty for the free grammar."""

    @property
    def length(self) -> int:
        return len(self.sets)


def _prepare() -> tuple[tuple[str, ...], tuple[Shape, ...]]:
    sets: dict[str, int] = {}
    shapes: dict[tuple[tuple[int, ...], str, tuple[int, int]], list[tuple[str, float]]] = {}
    for plate_format in FORMATS.values():
        for pattern in plate_format.patterns:
            region = region_span(pattern) if plate_format.regions else None
            slots = tuple(sets.setdefault(plate_format.symbols(slot), len(sets)) for slot in pattern)
            key = (slots, plate_format.regions if region else "", region or (len(slots), len(slots)))
            shapes.setdefault(key, []).append((plate_format.id, plate_format.weight * _share(plate_format, region)))
    free = sets.setdefault(ALPHABET.replace(PAD, ""), len(sets))
    for length in range(SHORTEST, SLOTS + 1):
        shapes[(free,) * length, "", (length, length)] = []
    return tuple(sets), tuple(_shape(*key, tuple(formats)) for key, formats in shapes.items())


def _share(plate_format: PlateFormat, region: tuple[int, int] | None) -> float:
    """How the weight of a format is divided among its patterns."""
    alike = len(plate_format.patterns)
    if plate_format.regions == "ru" and region is not None and alike > 1:
        return SPLIT_REGION[region[1] - region[0]] * 2 / alike
    return 1.0 / alike


def _shape(
    sets: tuple[int, ...], regions: str, region: tuple[int, int], formats: tuple[tuple[str, float], ...]
) -> Shape:
    plain = tuple((slot, index) for slot, index in enumerate(sets) if not region[0] <= slot < region[1])
    return Shape(sets, plain, regions, region, formats)


SETS, SHAPES = _prepare()
SIZES = tuple(len(symbols) for symbols in SETS)
DIGIT_SET = SETS.index(DIGITS)
CODES = {
    (key, length): tuple(tuple(int(digit) for digit in code) for code in of_length(key, length))
    for key in REGIONS
    for length in (2, 3)
}
"""The listed region codes of a key and length, as the columns of their digits (digits come first in `ALPHABET`)."""
PICK = tuple(itemgetter(*(INDEX[s] for s in symbols), INDEX[symbols[0]]) for symbols in SETS)
"""Takes the probabilities of a set's symbols from a row; the first comes twice, so that the answer is always a tuple."""
NEEDED = tuple(
    tuple(sorted({shape.sets[slot] for shape in SHAPES if slot < shape.length} | {DIGIT_SET})) for slot in range(SLOTS)
)
"""The sets that some shape wants at each slot."""
