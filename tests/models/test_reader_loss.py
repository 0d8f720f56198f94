"""Rules of what the reader's training corrects: where a symbol stands, what stands at a place, where a slot looks. Needs torch."""

from __future__ import annotations

import math

import pytest
import torch

from core.plates.alphabet import ALPHABET, PAD, SLOTS, UNSEEN
from models.training.ocr.loss import astray, nearness, places, symbol_loss
from models.training.ocr.network import COLUMNS, ROWS

pytestmark = pytest.mark.training


def _centres(*points: tuple[float, float]) -> torch.Tensor:
    """One picture whose first slots have their symbols at `points`, given in places of the map."""
    centres = torch.full((1, SLOTS, 2), math.nan)
    for slot, (column, row) in enumerate(points):
        centres[0, slot] = torch.tensor([(column + 0.5) / COLUMNS, (row + 0.5) / ROWS])
    return centres


def test_a_symbol_belongs_to_the_places_about_its_middle() -> None:
    """A symbol in the middle of a place has it alone; one between two has half of each; a slot without one has none."""
    near = nearness(_centres((5, 2), (7.5, 1)))[0].reshape(SLOTS, ROWS, COLUMNS)
    assert {(2, 5): 1.0} == {tuple(at): near[0][tuple(at)].item() for at in near[0].nonzero().tolist()}
    assert [0.5, 0.5] == near[1, 1, 7:9].tolist()
    assert not near[2:].any()


def test_a_symbol_at_the_edge_of_the_picture_keeps_a_place() -> None:
    """A middle that lies outside of the picture counts for the outermost place."""
    near = nearness(_centres((-3, 1), (COLUMNS + 2, ROWS + 1)))[0].reshape(SLOTS, ROWS, COLUMNS)
    assert 1 == near[0, 1, 0]
    assert 1 == near[1, ROWS - 1, COLUMNS - 1]


def test_places_are_asked_for_what_stands_there() -> None:
    """In the middle the symbol, far from all nothing, and beside a middle nobody asks."""
    symbols = torch.full((1, SLOTS), ALPHABET.index(PAD))
    symbols[0, :2] = torch.tensor([ALPHABET.index("A"), ALPHABET.index("7")])
    labels = places(nearness(_centres((5, 2), (7.25, 1))), symbols)[0].reshape(ROWS, COLUMNS)
    assert ALPHABET.index("A") == labels[2, 5]
    assert ALPHABET.index("7") == labels[1, 7]
    assert labels[1, 8] < 0
    assert ALPHABET.index(PAD) == labels[0, 0]


def test_a_look_at_the_symbol_costs_less_than_one_beside_it() -> None:
    """The cost of a look falls to none as it falls upon the symbol, and slots without one cost nothing."""
    near = nearness(_centres((5, 2)))
    at, beside, nowhere = (torch.zeros(1, SLOTS, ROWS * COLUMNS) for _ in range(3))
    at[:, :, 2 * COLUMNS + 5] = 1
    beside[:, :, 2 * COLUMNS + 9] = 1
    assert astray(at, near).item() == pytest.approx(0, abs=1e-3)
    assert astray(beside, near) > 5
    assert 0 == astray(nowhere, nearness(_centres()))


def test_a_hidden_symbol_is_asked_for_as_unseen() -> None:
    """Where all of a symbol is hidden, saying so costs nothing and its name much; half of it, either costs the same."""
    symbols = torch.full((1, 1), ALPHABET.index("A"))
    named, unseen = (torch.full((1, 1, len(ALPHABET)), -20.0) for _ in range(2))
    named[0, 0, ALPHABET.index("A")] = 20
    unseen[0, 0, ALPHABET.index(UNSEEN)] = 20
    whole, half, none = (torch.full((1, 1), share) for share in (1.0, 0.5, 0.0))
    assert symbol_loss(unseen, symbols, whole) < 1e-3
    assert symbol_loss(named, symbols, whole) > 10
    assert symbol_loss(unseen, symbols, half).item() == pytest.approx(symbol_loss(named, symbols, half).item())
    assert symbol_loss(named, symbols, none) < 1e-3
