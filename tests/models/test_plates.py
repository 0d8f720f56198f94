"""Rules of the plate renderer: every format can be drawn, a seed fixes the picture, optics keep the contract."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.plates.alphabet import ALPHABET, PAD, SLOTS, UNSEEN
from core.plates.formats import FORMAT_IDS, FORMATS, region_span
from core.plates.regions import REGIONS
from models.training.plates import render_flat
from models.training.plates.conditions import EASY, TRAINING, Conditions
from models.training.plates.layouts import layout
from models.training.plates.optics import photograph
from models.training.plates.samples import NO_FORMAT, Stream, draw, encode, projected
from models.training.plates.strokes import FORMS, SKELETONS
from models.training.plates.surroundings import CANVAS, FACE, ORIGIN
from models.training.plates.texts import pattern_of, random_text
from models.training.plates.typefaces import CAP_PX, StrokeFace
from models.training.plates.weather import half_in_shadow


@pytest.mark.parametrize("format_id", FORMAT_IDS)
def test_every_pattern_is_laid_out_whole(format_id: str) -> None:
    """Whatever the spelling, the runs of a layout hold the plate's text in reading order and nothing else."""
    rng = np.random.default_rng(5)
    for _ in range(12):
        text, pattern = random_text(rng, format_id)
        face = layout(format_id, text, pattern, style=float(rng.random()))
        shown = "".join(run.text for run in face.runs if not run.plain)
        assert text == shown.replace("-", "").replace("·", "")


@pytest.mark.parametrize("format_id", FORMAT_IDS)
def test_random_texts_follow_their_grammar(format_id: str) -> None:
    """A drawn text always belongs to the format it was drawn for."""
    rng = np.random.default_rng(6)
    for _ in range(20):
        text, _ = random_text(rng, format_id)
        assert FORMATS[format_id].match(text) is not None
        assert len(text) <= SLOTS


@pytest.mark.parametrize("format_id", [i for i, plate_format in FORMATS.items() if plate_format.regions])
def test_issued_texts_have_region_codes_in_use(format_id: str) -> None:
    """A test set's plates come from regions that exist; only a training sees invented ones."""
    rng = np.random.default_rng(9)
    for _ in range(40):
        text, pattern = random_text(rng, format_id, issued=True)
        assert text[slice(*region_span(pattern) or ())] in REGIONS[FORMATS[format_id].regions]


def test_an_issued_lone_figure_before_letters_is_no_zero() -> None:
    """Nobody issues 0-ABC-123, and nobody could tell it from O: a training sees it, a test set does not."""
    firsts = {}
    for issued in (False, True):
        rng = np.random.default_rng(11)
        drawn = [random_text(rng, "eu", issued=issued) for _ in range(600)]
        firsts[issued] = {text[0] for text, pattern in drawn if pattern.startswith("DL")}
    assert "0" in firsts[False]
    assert set("123456789") == firsts[True]


def test_a_training_sees_look_alikes_more_often_than_they_are_issued() -> None:
    """I, J, O and Q make up more of a training's letters than of a test set's."""
    shares = []
    for issued in (False, True):
        rng = np.random.default_rng(10)
        letters = "".join(random_text(rng, "ge_2014", issued=issued)[0] for _ in range(400))
        shares.append(sum(map(letters.count, "IJOQ")) / len(letters))
    assert shares[0] > 1.2 * shares[1]


@pytest.mark.parametrize("format_id", FORMAT_IDS)
def test_faces_have_ink_on_ground(format_id: str) -> None:
    """A face shows its text: it is never one flat colour, and as large as was asked for."""
    plate = render_flat(np.random.default_rng(7), format_id, width_px=260)
    assert plate.picture.shape[1] == 260
    assert plate.picture.dtype == np.uint8
    assert plate.picture.std() > 8


@pytest.mark.parametrize("format_id", FORMAT_IDS)
def test_every_symbol_of_the_text_has_its_box(format_id: str) -> None:
    """A face tells where each symbol stands, in the text's order: along a line, then the one below (not so two squares)."""
    rng = np.random.default_rng(12)
    for _ in range(8):
        plate = render_flat(rng, format_id, size_px=(256, 64))
        assert len(plate.boxes_mm) == len(plate.text)
        for (left, top, right, bottom), (next_left, _, _, next_bottom) in pairwise(plate.boxes_mm):
            assert left < right
            assert top < bottom
            assert next_left > left or next_bottom > bottom or format_id in {"kz_2012_square", "ua_square"}


def test_a_bolt_seldom_goes_through_a_symbol(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bolts keep clear of the symbols but where somebody was careless, as on a street."""
    bolts: list[tuple[int, int]] = []
    monkeypatch.setattr("models.training.plates.brush.cv2.ellipse", lambda _, centre, *__: bolts.append(centre))
    rng = np.random.default_rng(13)
    through = 0
    for _ in range(150):
        bolts.clear()
        plate = render_flat(rng, "kg_2016", size_px=(520, 112))  # a pixel a millimetre
        middles = [(x / 16, y / 16) for x, y in bolts]
        through += any(x0 < x < x1 and y0 < y < y1 for x, y in middles for x0, y0, x1, y1 in plate.boxes_mm)
    assert 0 < through < 15


def test_a_seed_fixes_the_picture() -> None:
    """The same seed draws the same plate, to the last bit."""
    first, second = (render_flat(np.random.default_rng(8)) for _ in range(2))
    assert first.text == second.text
    assert np.array_equal(first.picture, second.picture)


def test_a_given_text_is_drawn_and_a_wrong_one_refused() -> None:
    """A text outside the grammar of its format is an error, not a strange plate."""
    assert render_flat(np.random.default_rng(1), "ru_1", "A123BC777").text == "A123BC777"
    with pytest.raises(ValueError, match="ru_1"):
        pattern_of("ru_1", "AA123")


def test_our_strokes_know_the_whole_alphabet() -> None:
    """Plates can be drawn without any font on the machine."""
    for symbol in ALPHABET.replace(PAD, "").replace(UNSEEN, ""):
        assert symbol in SKELETONS
        for form in FORMS:
            mask = StrokeFace(form=form).mask(symbol)
            assert mask.shape[0] == CAP_PX
        assert mask.max() == 255


def test_shadows_lie_along_a_plate_and_across_it() -> None:
    """A shadow dims one side of its edge and leaves the other; a bumper's lies along the plate, a post's across."""
    lit = np.full((64, 192), 200, np.float32)
    along = across = 0
    for seed in range(200):
        shaded = half_in_shadow(np.random.default_rng(seed), lit)
        assert shaded.max() <= 200
        dark = shaded < 0.5 * (shaded.min() + shaded.max())
        assert shaded.min() < 0.9 * shaded.max()
        along += bool(dark.all(axis=1).any() and (~dark).all(axis=1).any())  # whole rows of either
        across += bool(dark.all(axis=0).any() and (~dark).all(axis=0).any())
    assert along > 50
    assert across > 50


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), aspect=st.floats(1.2, 5.0), easy=st.booleans())
def test_every_photograph_fits_the_reader(seed: int, aspect: float, easy: bool) -> None:  # noqa: FBT001 - drawn
    """Whatever the pose and the weather, the result is the reader's input: grey bytes, 64 by 192."""
    rng = np.random.default_rng(seed)
    picture = photograph(rng, draw(rng, "ru_1").canvas, aspect, EASY if easy else TRAINING).picture
    assert picture.shape == (64, 192)
    assert picture.dtype == np.uint8


NO_EFFECTS = Conditions(
    loose=0, bend=0, shade=0, glare=0, dirt=0, snow=0, rain=0, infrared=0, defocus=0, motion=0, under=0, over=0, noise=0, jpeg=0,
    width_px=(150.0, 300.0),
)  # fmt: skip


@pytest.mark.parametrize("rectified", [0.0, 1.0])
def test_it_is_known_where_a_symbol_comes_to_stand(rectified: float) -> None:
    """Points of a plate, carried into a photograph by its corners, lie where the photograph shows them."""
    rng = np.random.default_rng(14)
    middles = np.array([[0.1, 0.3], [0.5, 0.7], [0.9, 0.4]], np.float32)
    canvas = np.full((CANVAS[1], CANVAS[0]), 20, np.uint8)
    for x, y in middles:
        at = (round(ORIGIN[0] + float(x) * FACE[0]), round(ORIGIN[1] + float(y) * FACE[1]))
        cv2.circle(canvas, at, 6, 250, -1)
    for _ in range(30):
        taken = photograph(rng, canvas, 4.64, replace(NO_EFFECTS, rectified=rectified))
        for x, y in projected(middles, taken.corners):
            assert taken.picture[int(y * 64), int(x * 192)] > taken.picture.mean() + 2 * taken.picture.std()


def test_extreme_conditions_are_survived() -> None:
    """All effects at once still give a picture."""
    everything = Conditions(
        width_px=(20.0, 30.0),
        bend=1,
        shade=1,
        glare=1,
        dirt=1,
        snow=1,
        rain=1,
        infrared=1,
        defocus=1,
        motion=1,
        under=1,
        over=1,
    )
    rng = np.random.default_rng(9)
    for _ in range(10):
        assert photograph(rng, draw(rng).canvas, 4.64, everything).picture.shape == (64, 192)


def test_labels_pad_to_the_slots() -> None:
    """A label names every slot: the text first, then padding; a picture without a plate is padding alone."""
    assert [*map(ALPHABET.index, "A1"), *[ALPHABET.index(PAD)] * (SLOTS - 2)] == encode("A1").tolist()
    batch = Stream(3, size=64).batch()
    empty = (batch.symbols == ALPHABET.index(PAD)).all(axis=1)
    assert np.array_equal(empty, batch.formats == NO_FORMAT)
    assert batch.pictures.shape == (64, 64, 192)
    assert np.array_equal(np.isnan(batch.centres[..., 0]), batch.symbols == ALPHABET.index(PAD))


def test_a_stream_repeats_itself() -> None:
    """Two streams of one seed give the same batches; another seed gives others."""
    one, two, other = (Stream(seed, size=8).batch() for seed in (4, 4, 5))
    assert np.array_equal(one.pictures, two.pictures)
    assert not np.array_equal(one.pictures, other.pictures)
