"""Rules of what hides characters in the pictures of a training, and of what is told of a character that is hidden."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.plates.alphabet import ALPHABET, PAD, SLOTS
from core.plates.formats import FORMATS, UNKNOWN
from models.training.evaluate.rendered import HIDDEN
from models.training.plates import render_flat
from models.training.plates.conditions import EASY, TRAINING
from models.training.plates.covers import covered_to, hidden_shares, seen_ends, unseen_probability
from models.training.plates.optics import photograph
from models.training.plates.samples import Stream, boxes_of, draw
from models.training.plates.surroundings import CANVAS, FACE, ORIGIN

CALM = replace(EASY, cover=0.0, cut=0.0, dirt=0.0, snow=0.0)


def test_what_is_hidden_of_a_place_is_its_opaque_share() -> None:
    """A place whose left half lies under something opaque is half hidden; thin dirt hides nothing."""
    boxes = np.array([[0.25, 0.0, 0.75, 1.0]], np.float32)
    opaque = np.zeros(CANVAS[::-1], np.float32)
    opaque[:, : ORIGIN[0] + FACE[0] // 2] = 1.0
    assert hidden_shares(opaque, boxes)[0] == pytest.approx(0.5, abs=0.01)
    assert hidden_shares(opaque * 0.5, boxes)[0] == 0


def test_a_character_is_called_unseen_the_surer_the_more_of_it_is_hidden() -> None:
    """Little hidden: by its name. Half of it: rather unseen. All of it: unseen."""
    told = unseen_probability(np.array([0.0, 0.1, 0.5, 1.0], np.float32))
    assert told[:2].tolist() == [0, 0]
    assert told[2] > 0.5
    assert told[3] > 0.9


@pytest.mark.parametrize(("text", "more"), [("A123BC77", 1), ("A123BC777", 0)])
def test_a_region_of_two_digits_has_room_for_a_third(text: str, more: int) -> None:
    """A plate that could have one more character tells where it would stand: after the last, on the plate."""
    plate = render_flat(np.random.default_rng(1), "ru_1", text)
    boxes = boxes_of(plate)
    assert len(text) + more == len(boxes)
    assert boxes[-1, 2] <= 1
    assert (np.diff(boxes[-2:, 0]) > 0).all()


@pytest.mark.parametrize("name", HIDDEN)
def test_a_set_of_covered_plates_hides_as_much_as_it_says(name: str) -> None:
    """In the test sets of covered characters the cover changes the picture where the character stands."""
    rng = np.random.default_rng(3)
    drawn = draw(rng, "ru_1", "A123BC77", own_typefaces=True)
    changed = covered_to(rng, drawn.canvas, drawn.boxes, at=7, shares=HIDDEN[name]) != drawn.canvas
    assert hidden_shares(changed.astype(np.float32), drawn.boxes[7:8])[0] > 0.3


def test_a_plate_with_nothing_before_it_is_seen_whole() -> None:
    """Without covers and weather nothing of a plate is hidden; with a wrong corner its end is."""
    rng = np.random.default_rng(5)
    drawn = draw(rng, "ru_1", "A123BC77")
    assert not photograph(
        rng, drawn.canvas, drawn.aspect, replace(CALM, rectified=1.0, loose=0.0), boxes=drawn.boxes
    ).hidden.any()
    cut = [
        photograph(rng, drawn.canvas, drawn.aspect, replace(CALM, cut=1.0), boxes=drawn.boxes).hidden for _ in range(20)
    ]
    ends = [(hidden[:1].max(), hidden[-2:].max(), hidden[2:6].max()) for hidden in cut]
    assert all(middle <= max(left, right) for left, right, middle in ends)
    assert any(max(left, right) > 0.5 for left, right, _ in ends)


def test_a_stream_tells_what_cannot_be_seen() -> None:
    """Where a character is called unseen it stands, or could follow the last; plates without covers are seen."""
    batch = Stream(7, size=96, bank=40, conditions=(TRAINING,)).batch()
    lengths = (batch.symbols != ALPHABET.index(PAD)).sum(axis=1)
    slots = np.arange(SLOTS)[None, :]
    assert (batch.unseen > 0.5).any()
    assert not batch.unseen[slots > lengths[:, None]].any()
    assert not Stream(7, size=32, bank=20, conditions=(CALM,)).batch().unseen.any()


def test_a_plate_of_a_kind_not_known_is_of_none_that_is() -> None:
    """A drawn stranger has a box for each character, and no format of ours has its text in such lines."""
    rng = np.random.default_rng(11)
    for _ in range(40):
        plate = render_flat(rng, UNKNOWN)
        assert len(plate.boxes_mm) == len(plate.text)
        tops = [y0 for _, y0, _, _ in plate.boxes_mm]
        top = sum(y < plate.size_mm[1] * 0.45 for y in tops) if max(tops) > plate.size_mm[1] * 0.45 else 0
        assert not any(f.match(plate.text) and f.top == top for f in FORMATS.values())


def test_the_ends_of_what_is_seen_are_where_a_cover_hides_the_plate_from_top_to_bottom() -> None:
    """An end under a bumper is not seen; what hides the middle, or a part of the height, ends nothing."""
    x, y = ORIGIN
    opaque = np.zeros(CANVAS[::-1], np.float32)
    assert seen_ends(opaque) == (0.0, 1.0)

    opaque[:, x + FACE[0] * 3 // 4 :] = 1.0
    assert seen_ends(opaque) == (0.0, 0.75)

    middle = np.zeros_like(opaque)
    middle[:, x + 100 : x + 140] = 1.0
    assert seen_ends(middle) == (0.0, 1.0)

    half = np.zeros_like(opaque)
    half[: y + FACE[1] // 2, x + FACE[0] * 3 // 4 :] = 1.0
    assert seen_ends(half) == (0.0, 1.0)


def test_a_plate_of_three_region_digits_takes_their_room_from_the_gap_before_the_letters() -> None:
    """On a car's plate the middles of the symbols stand in cells: what tells a hidden third digit when it cannot be seen."""
    gaps = []
    for text in ("A123BC77", "A123BC177"):
        plate = render_flat(np.random.default_rng(5), "ru_1", text, plain=True)
        centres = [(box[0] + box[2]) / 2 for box in plate.boxes_mm]
        gaps.append((centres[4] - centres[3]) / (centres[3] - centres[2]))

    assert gaps[0] > 1.1
    assert gaps[1] < 1.0
