"""What may be claimed of the likeliest plate: which characters were seen, and whether it can be named without a warning.

A character that was not seen is erased, and its plate is not accepted. Nor is a plate accepted if the place behind its
end was not seen or holds a character, if its look is that of another kind of plate, or if something was seen in it that
cannot stand there.
"""

from __future__ import annotations

from core.plates.alphabet import ALPHABET, SLOTS, UNSEEN
from core.plates.canonical import display
from core.plates.formats import FORMATS, UNKNOWN
from core.plates.grammar import INDEX, PAD_INDEX, SETS, Shape
from core.reading.reading import Candidate, Reading, SlotEvidence
from core.reading.rows import DOUBLES, Calibration, Matrix, Row, alternatives, doubted_whole, unseen

_TWINS = {symbol: tuple(INDEX[b if symbol == a else a] for a, b in DOUBLES if symbol in (a, b)) for symbol in ALPHABET}
"""Columns of the symbols that look like a given one."""
_NEGLIGIBLE = 1e-3
_SHORT_OF_REGION = FORMATS["md_transnistria"]
"""Its grammar is that of a Russian plate without a region: such a text is never accepted on its letters alone."""


def claimed(
    matrix: Matrix, shape: Shape, candidates: tuple[Candidate, ...], *, head: dict[str, float], calibration: Calibration
) -> Reading:
    best = candidates[0]
    stranger = head.get(UNKNOWN, 0.0) >= calibration.stranger
    format_id = None if stranger else best.format
    country = FORMATS[format_id].country if format_id is not None else None
    slots = tuple(_evidence(matrix, slot, symbol, shape, calibration) for slot, symbol in enumerate(best.plate))
    open_end = len(best.plate) < SLOTS and _goes_on(matrix[len(best.plate)], calibration)
    accepted = (
        format_id is not None
        and not open_end
        and not any(slot.erased for slot in slots)
        and all(
            unseen(row) <= calibration.accept_unseen * doubted_whole(symbol)
            for row, symbol in zip(matrix, best.plate, strict=False)
        )
        and best.probability >= calibration.accept_confidence
        and min(slot.probability for slot in slots) >= calibration.accept_slot
        and _looks_right(matrix, best.plate, head, calibration)
    )
    return Reading(
        text=best.plate,
        masked="".join(UNSEEN if slot.erased else slot.symbol for slot in slots) + (UNSEEN if open_end else ""),
        display=display(best.plate, read_as=format_id),
        confidence=best.probability if best.format is not None else min(best.probability, _allowed(best.plate, head)),
        accepted=accepted,
        format=format_id,
        country=country,
        slots=slots,
        candidates=candidates,
    )


def _allowed(plate: str, head: dict[str, float]) -> float:
    """The probability, by look alone, that a text outside every grammar is the plate: a Russian look means a Russian text."""
    told = (p for format_id, p in head.items() if format_id in FORMATS and not FORMATS[format_id].match(plate))
    return 1.0 - min(1.0, max(told, default=0.0))


def _looks_right(matrix: Matrix, plate: str, head: dict[str, float], calibration: Calibration) -> bool:
    """Whether the plate's look (layout, colours) fits its text.

    The less the symbols alone say, the better it must fit.
    """
    look = sum(
        p
        for format_id, p in head.items()
        if p > _NEGLIGIBLE and format_id in FORMATS and FORMATS[format_id].match(plate)
    )
    if _SHORT_OF_REGION.match(plate):
        return look >= calibration.accept_confidence
    if not head:
        return True
    seen = min(matrix[slot][INDEX[symbol]] for slot, symbol in enumerate(plate))
    return look >= (calibration.look_for_doubles if seen < calibration.double_seen else calibration.look_agrees)


def _evidence(matrix: Matrix, slot: int, symbol: str, shape: Shape, calibration: Calibration) -> SlotEvidence:
    symbols = SETS[shape.sets[slot]]
    row = matrix[slot]
    if len(symbols) == 1:  # a literal (the T of a transit plate) is certain in its own shape: ask what was seen
        second, other = max((p, s) for p, s in zip(row, ALPHABET, strict=True) if s not in (symbol, UNSEEN))
        seen = row[INDEX[symbol]]
    else:
        ranked = alternatives(matrix, slot, shape.sets[slot])
        seen = next((p for p, s in ranked if s == symbol), 0.0)
        second, other = next((p, s) for p, s in ranked if s != symbol)
    erased = (
        seen < calibration.erase_below or unseen(row) > calibration.unseen_above or _is_foreign(row, symbol, symbols)
    )
    return SlotEvidence(symbol, seen, other, second, erased)


def _goes_on(row: Row, calibration: Calibration) -> bool:
    """Whether the plate may go on behind its last character: that place was not seen, or something stands there."""
    return unseen(row) > calibration.open_above or max(row[:PAD_INDEX]) > row[PAD_INDEX]


def _is_foreign(row: Row, symbol: str, symbols: str) -> bool:
    """Whether something was seen that cannot stand here, rather than `symbol` or its double.

    A Д, for example, is no A.
    """
    own = row[INDEX[symbol]] + sum(row[twin] for twin in _TWINS[symbol])
    best = max(range(PAD_INDEX), key=row.__getitem__)
    return row[best] > own and ALPHABET[best] not in symbols
