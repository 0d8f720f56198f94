"""Prepares the rows of a reader's answer for inference, with the measured constants that calibrate its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.plates.alphabet import ALPHABET, SLOTS
from core.plates.grammar import INDEX, PAD_INDEX, PICK, SETS, UNSEEN_INDEX

Row = tuple[float, ...]
Matrix = tuple[Row, ...]
"""`SLOTS` rows with one probability per symbol of `ALPHABET`. The column of `UNSEEN` holds what each symbol has of that
share."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Measured constants that turn the reader's numbers into probabilities; see the model card."""

    slot_floor: float = 2e-5
    """No symbol is less probable than this: the reader is never absolutely certain."""
    temperature: float = 1.0
    """Above 1 if the reader is over-confident: log-probabilities are divided by it."""
    confusion: float = 0.01
    """Share of a symbol's probability lent to its double (0 and O, 8 and B): only the place tells them apart."""
    head_floor: float = 0.002
    """The lowest belief that the format head can express."""
    confidence_slope: float = 1.0
    confidence_offset: float = 0.0
    """confidence = logistic(slope x logit(posterior) + offset)."""
    free_weight: float = 2e-3
    """Prior weight of 'any string'."""
    erase_below: float = 0.6
    """A character less probable than this, given the rest, is erased."""
    unseen_above: float = 0.3
    """A place is erased if the probability that it was not seen exceeds this, however certain the rest makes it."""
    accept_unseen: float = 0.1
    """In an accepted plate, no place has a higher probability than this of not having been seen: half a C is an O."""
    open_above: float = 0.02
    """A plate does not end before a place whose probability of not having been seen exceeds this."""
    accept_confidence: float = 0.90
    accept_slot: float = 0.6
    """Each character of an accepted plate is at least this probable."""
    look_agrees: float = 0.1
    """The look of an accepted plate fits its text at least this well: part of a Russian plate may read as a whole
    Armenian one."""
    double_seen: float = 0.1
    """A character less probable than this on its own was not really seen: its double was, and its position turned it
    into this."""
    stranger: float = 0.5
    """A plate whose look is, with at least this probability, of an unknown kind is not accepted as any other."""
    look_for_doubles: float = 0.5
    """How well the look must fit the text in the case of `double_seen`: digits on a signboard fit some grammar with one
    letter."""


CALIBRATION = Calibration()
ALTERNATIVES = 12
"""Symbols considered per place."""

DOUBLES = (("0", "O"), ("8", "B"), ("0", "D"), ("1", "I"), ("2", "Z"), ("5", "S"), ("3", "З"), ("4", "Ч"), ("6", "Б"))
"""Symbols so alike that only their place tells them apart."""

_DOUBLE_INDICES = tuple((INDEX[a], INDEX[b]) for a, b in DOUBLES)


def softened(slots: Sequence[Sequence[float]], *, calibration: Calibration = CALIBRATION) -> Matrix:
    """The reader's slots as `SLOTS` rows, with floor, confusion and temperature applied; rows sum to 1.

    Missing slots become padding. Values that are not numbers, and missing columns, count as the floor.
    """
    rows = [_softened_row(slot, calibration) for slot in slots[:SLOTS]]
    rows.extend([_PADDING] * (SLOTS - len(rows)))
    return tuple(rows)


def _softened_row(slot: Sequence[float], calibration: Calibration) -> Row:
    floor = calibration.slot_floor
    row = [min(1.0, p) if p > floor else floor for p in slot[: len(ALPHABET)]]  # NaN becomes the floor too
    row += [floor] * (len(ALPHABET) - len(row))
    if calibration.temperature != 1.0:
        power = 1.0 / calibration.temperature
        row = [p**power for p in row]
    lent = [(a, b, calibration.confusion * (row[a] - row[b])) for a, b in _DOUBLE_INDICES]
    for a, b, p in lent:
        row[a] -= p
        row[b] += p
    hidden = row[UNSEEN_INDEX]
    if hidden > floor:
        lent_to_each = (hidden - floor) / UNSEEN_INDEX
        row = [p + lent_to_each for p in row]
    row[UNSEEN_INDEX] = hidden / UNSEEN_INDEX
    total = sum(row)
    return tuple([p / total for p in row])


def unseen(row: Row) -> float:
    """The probability, 0 to 1, that this place was not seen, from a row that is softened, or fused from such rows."""
    share = row[UNSEEN_INDEX]
    rest = sum(row) - share
    return min(1.0, UNSEEN_INDEX * share / rest) if rest > 0.0 else 1.0


def doubted_whole(symbol: str) -> float:
    """By how much more it is doubted that a whole `symbol` was seen: a 1 is as narrow as a part of most digits."""
    return 3.0 if symbol == "1" else 1.0


def alternatives(matrix: Matrix, slot: int, index: int) -> list[tuple[float, str]]:
    """The likeliest symbols of a set at a slot, with their probability given that set."""
    picked = PICK[index](matrix[slot])[:-1]
    whole = sum(picked)
    ranked = sorted(zip(picked, SETS[index], strict=True), reverse=True)
    return [(p / whole, symbol) for p, symbol in ranked[:ALTERNATIVES]]


_PADDING: Row = tuple(1.0 if i == PAD_INDEX else 1e-9 for i in range(len(ALPHABET)))
