"""The formats prepared for decoding: shapes (which symbols are possible in which slot), shared by many formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from core.plates.alphabet import ALPHABET, DIGITS, PAD, SLOTS, UNSEEN
from core.plates.formats import FORMATS, PlateFormat, region_span
from core.plates.regions import REGIONS, of_length

SPLIT_REGION = {2: 0.55, 3: 0.45}
"""Shares of two- and three-digit region codes on Russian roads."""
SHORTEST = 1
"""Length of the shortest plate outside every grammar."""

INDEX = {symbol: i for i, symbol in enumerate(ALPHABET)}
PAD_INDEX = INDEX[PAD]
UNSEEN_INDEX = INDEX[UNSEEN]


@dataclass(frozen=True, slots=True)
class Shape:
    """A sequence of symbol sets, with the formats that have it and their prior weights."""

    sets: tuple[int, ...]
    """Index into `SETS` for each slot."""
    cells: Callable[[Sequence[float]], tuple[float, ...]]
    """Picks the values of its own cells from a sequence over all `CELLS`; a cell is a slot with a set of symbols."""
    plain: tuple[tuple[int, int], ...]
    """Slot and set of every slot outside the region code."""
    regions: str
    """Key of the list of region codes; empty if there is none."""
    region: tuple[int, int]
    """First slot of the region code, and one past its last."""
    formats: tuple[tuple[str, float], ...]
    """Format id and weight; empty for the free grammar."""

    @property
    def length(self) -> int:
        return len(self.sets)


def _prepare() -> tuple[tuple[str, ...], tuple[tuple[int, int], ...], tuple[Shape, ...]]:
    sets: dict[str, int] = {}
    shapes: dict[tuple[tuple[int, ...], str, tuple[int, int]], list[tuple[str, float]]] = {}
    for plate_format in FORMATS.values():
        for pattern in plate_format.patterns:
            region = region_span(pattern) if plate_format.regions else None
            slots = tuple(sets.setdefault(plate_format.symbols(slot), len(sets)) for slot in pattern)
            key = (slots, plate_format.regions if region else "", region or (len(slots), len(slots)))
            shapes.setdefault(key, []).append((plate_format.id, plate_format.weight * _share(plate_format, region)))
    free = sets.setdefault(ALPHABET.replace(PAD, "").replace(UNSEEN, ""), len(sets))
    for length in range(SHORTEST, SLOTS + 1):
        shapes[(free,) * length, "", (length, length)] = []
    digits = sets[DIGITS]
    wanted = {cell for slots, _, _ in shapes for cell in enumerate(slots)} | {(slot, digits) for slot in range(SLOTS)}
    cells = {cell: place for place, cell in enumerate(sorted(wanted))}
    return tuple(sets), tuple(cells), tuple(_shape(*key, tuple(formats), cells) for key, formats in shapes.items())


def _share(plate_format: PlateFormat, region: tuple[int, int] | None) -> float:
    """The share of a format's weight that one of its patterns gets."""
    alike = len(plate_format.patterns)
    if plate_format.regions == "ru" and region is not None and alike > 1:
        return SPLIT_REGION[region[1] - region[0]] * 2 / alike
    return 1.0 / alike


def _shape(
    sets: tuple[int, ...],
    regions: str,
    region: tuple[int, int],
    formats: tuple[tuple[str, float], ...],
    cells: Mapping[tuple[int, int], int],
) -> Shape:
    plain = tuple((slot, index) for slot, index in enumerate(sets) if not region[0] <= slot < region[1])
    return Shape(sets, _taking([cells[cell] for cell in enumerate(sets)]), plain, regions, region, formats)


def _taking(places: Sequence[int]) -> Callable[[Sequence[float]], tuple[float, ...]]:
    """Like `itemgetter`, but returns a tuple for a single place too."""
    if len(places) > 1:
        return itemgetter(*places)
    only = places[0]
    return lambda values: (values[only],)


SETS, CELLS, SHAPES = _prepare()
"""The sets of symbols, the (slot, set) pairs that occur in some shape, and the shapes."""
SIZES = tuple(len(symbols) for symbols in SETS)
DIGIT_CELLS = tuple(CELLS.index((slot, SETS.index(DIGITS))) for slot in range(SLOTS))
CODES = {
    (key, length): tuple(tuple(int(digit) for digit in code) for code in of_length(key, length))
    for key in REGIONS
    for length in (2, 3)
}
"""The listed region codes by key and length, as the columns of their digits (digits come first in `ALPHABET`)."""
PICK = tuple(itemgetter(*(INDEX[s] for s in symbols), INDEX[symbols[0]]) for symbols in SETS)
"""Picks the probabilities of a set's symbols from a row. The first comes twice, so the result is always a tuple."""
SHAPES_OF = {
    format_id: tuple(
        (number, weight) for number, shape in enumerate(SHAPES) for id_, weight in shape.formats if id_ == format_id
    )
    for format_id in FORMATS
}
"""The shapes of a format, as indices into `SHAPES`, with its weight in each."""
WEIGHTS = tuple(sum(weight for _, weight in shape.formats) for shape in SHAPES)
FREE = tuple(number for number, shape in enumerate(SHAPES) if not shape.formats)
"""The shapes that allow any string."""
