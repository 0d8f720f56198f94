"""Rules of what the part of a symbol that can be seen still tells."""

from __future__ import annotations

import numpy as np
import pytest

from core.plates.formats import RU_LETTERS
from models.training.plates.covers import hidden_cells
from models.training.plates.likeness import CELLS, doubt
from models.training.plates.surroundings import CANVAS, FACE, ORIGIN

WIDE = 200.0
"""Pixels: a plate so wide that the picture shows all of a difference."""
ROWS, COLUMNS = CELLS
LEFT, RIGHT = np.s_[:, : COLUMNS // 2], np.s_[:, COLUMNS // 2 :]
UPPER, LOWER = np.s_[: ROWS // 2], np.s_[ROWS // 2 :]
SYMBOLS = "0123456789" + RU_LETTERS


def hidden(part: object) -> np.ndarray:
    cells = np.zeros(CELLS, np.float32)
    cells[part] = 1.0  # type: ignore[call-overload]
    return cells


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_a_symbol_that_is_seen_whole_is_no_others(symbol: str) -> None:
    """Nothing hidden, no doubt; nor by a bolt at its edge."""
    assert doubt(symbol, hidden(np.s_[:0]), width_px=WIDE, russian=True) == 0
    assert doubt(symbol, hidden(np.s_[0, :3]), width_px=WIDE, russian=True) == 0


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_a_symbol_of_which_nothing_is_seen_may_be_any(symbol: str) -> None:
    """All of it hidden: full doubt."""
    assert doubt(symbol, hidden(np.s_[:]), width_px=WIDE, russian=True) == 1


@pytest.mark.parametrize(
    ("symbol", "part"),
    [("C", RIGHT), ("O", RIGHT), ("B", RIGHT), ("E", RIGHT), ("5", UPPER), ("6", UPPER), ("9", LOWER)],
)
def test_half_of_a_symbol_that_is_half_of_another_is_in_doubt(symbol: str, part: object) -> None:
    """The left of a C is that of an O, the left of a B that of an E, the foot of a 5 that of a 3."""
    assert doubt(symbol, hidden(part), width_px=WIDE, russian=True) > 0.8


@pytest.mark.parametrize(("symbol", "part"), [("C", LEFT), ("E", LEFT), ("A", LOWER), ("4", UPPER), ("7", LEFT)])
def test_half_of_a_symbol_that_no_other_has_tells_it(symbol: str, part: object) -> None:
    """The open side of a C is no other letter's: what is left of it is enough for its name."""
    assert doubt(symbol, hidden(part), width_px=WIDE, russian=True) < 0.5


def test_only_what_may_stand_there_is_a_rival() -> None:
    """The upper half of a P is that of an R, which no Russian plate has; a Д has no shape here and is never in doubt."""
    assert doubt("P", hidden(LOWER), width_px=WIDE, russian=False) > doubt(
        "P", hidden(np.s_[ROWS * 2 // 3 :]), width_px=WIDE, russian=True
    )
    assert doubt("Д", hidden(np.s_[:]), width_px=WIDE, russian=False) == 0


def test_the_parts_of_a_place_are_hidden_where_something_lies_on_them() -> None:
    """Something over the left half of a place hides the left half of its parts; of a place beside the picture nothing is seen."""
    opaque = np.zeros(CANVAS[::-1], np.float32)
    opaque[:, : ORIGIN[0] + FACE[0] // 2] = 1.0
    boxes = np.array([[0.25, 0.0, 0.75, 1.0], [2.0, 0.0, 2.5, 1.0]], np.float32)
    cells = hidden_cells(opaque, boxes)
    assert cells[0][LEFT].min() == pytest.approx(1.0, abs=0.05)
    assert cells[0][RIGHT].max() == pytest.approx(0.0, abs=0.05)
    assert cells[1].min() == 1


def test_less_of_a_difference_is_seen_in_a_smaller_picture() -> None:
    """The right fifth of an E under a towbar: in doubt where the plate is 60 px wide, less so at 200; nothing hidden, none at either."""
    part = hidden(np.s_[:, COLUMNS * 4 // 5 :])
    assert doubt("E", part, width_px=45.0, russian=True) > doubt("E", part, width_px=200.0, russian=True)
    for symbol in SYMBOLS:
        assert doubt(symbol, hidden(np.s_[:0]), width_px=40.0, russian=True) == 0
