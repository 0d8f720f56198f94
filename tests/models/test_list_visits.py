"""Tracks and what they become: drawn the same from a seed, counted by hand, and strangers drawn to a list."""

from __future__ import annotations

import numpy as np
import pytest

from camera.ocr import OcrOutput
from core.plates.alphabet import ALPHABET, PAD, SLOTS
from core.plates.formats import FORMAT_IDS
from models.training.clips import reliability
from models.training.clips.list_visits import Strangers, opening_rates, simulate
from models.training.clips.reliability import Outcome, confusions, curve, stranger_share, upper
from models.training.clips.tracks import LOOKS, TAKINGS, Cover, track, tracks


class SeesTone:
    """An `OcrOutput` that depends on the picture and on nothing else."""

    width, height, grey, format_ids = 192, 64, True, FORMAT_IDS

    def read(self, flats):
        outputs = []
        for flat in flats:
            slots = np.full((SLOTS, len(ALPHABET)), 1e-3, np.float32)
            slots[np.arange(SLOTS), (np.arange(SLOTS) + int(flat.mean())) % 10] = 0.9
            outputs.append(OcrOutput(slots, np.full(len(FORMAT_IDS), 1 / len(FORMAT_IDS), np.float32)))
        return tuple(outputs)


def outcome(text="A123BC77", *, slot=None, opens=(), singles=()):
    single = tuple((0.9, True, read) for read in singles or (text,))
    return Outcome(text, "clear", slot, 0.0 if slot is None else 1.0, single, 0.99, True, text, frozenset(opens))


@pytest.mark.parametrize("taking", TAKINGS, ids=lambda taking: taking.name)
def test_a_seed_draws_one_track(taking):
    """The same seed gives the same looks; another gives others; a track has all its looks."""
    one, again, other = (
        track(np.random.default_rng(seed), SeesTone(), "A123BC77", taking, Cover(2, 1.0, "mud")) for seed in (1, 1, 2)
    )

    assert one == again
    assert one.reads != other.reads
    assert len(one.reads) == len(one.times) == LOOKS
    assert one.reads[-1].box.w > one.reads[0].box.w


def test_scraps_open_nothing():
    """A track of which only a scrap is read, which nobody can have on a list, is counted as one that opens nothing."""

    class SeesAnO(SeesTone):
        """Now O77, now O88, and each time nearly as surely nothing behind the O."""

        looks = 0

        def read(self, flats):
            slots = np.full((SLOTS, len(ALPHABET)), 1e-3, np.float32)
            slots[0, ALPHABET.index("O")] = slots[3:, ALPHABET.index(PAD)] = 0.9
            slots[1:3, ALPHABET.index("78"[self.looks % 2])], slots[1:3, ALPHABET.index(PAD)] = 0.5, 0.45
            self.looks += 1
            return tuple(OcrOutput(slots, np.full(len(FORMAT_IDS), 1 / len(FORMAT_IDS), np.float32)) for _ in flats)

    found = reliability.outcome(track(np.random.default_rng(1), SeesAnO(), "A123BC77", TAKINGS[0], None))

    assert found.read == "O"
    assert found.opens == frozenset()


def test_covers_come_in_turn():
    """Shares of covers follow each other over all takings, and none means no cover."""
    drawn = list(tracks(SeesTone(), seed=3, count=len(TAKINGS) + 1, shares=(0.0, 1.0)))
    assert [one.cover for one in drawn[:-1]] == [None] * len(TAKINGS)
    assert drawn[-1].cover is not None


def test_strangers_are_counted_by_the_plates_beside_theirs():
    """One opening for one of nine digits is a ninth of a visit; a covered place is the only one asked."""
    wrong = outcome(slot=1, opens=("A123BC77", "A923BC77"))
    assert stranger_share([wrong]) == (pytest.approx(1 / 9), 1.0)
    assert stranger_share([outcome(slot=2, opens=("A923BC77",))]) == (0.0, 1.0)
    assert stranger_share([outcome(opens=("A923BC77",))]) == (pytest.approx(1 / 9), 8.0)


def test_measured_confusions():
    """Misreads of single looks by symbol, and what a misread is worth at the barrier."""
    found = confusions([outcome(singles=("A123BC77", "A123BC71")), outcome(opens=("A123BC71",)), outcome(slot=0)])

    assert found["misread"] == {"71": round(1 / 6, 6)}
    assert found["guessed"] > 0.0
    assert found["opens_of_misread"] == pytest.approx(upper(1, 16) / (1 / 24), rel=1e-3)


def test_upper_end():
    """Nothing seen in n is not nothing; more trials tell more."""
    assert 0.0 < upper(0, 1000) < upper(0, 100) < 0.05
    assert upper(5, 10) > 0.5
    assert upper(0, 0) == 1.0


def test_curve():
    """Confidences of one bin are put together."""
    assert curve([(0.97, True), (0.96, False), (0.1, False)]) == [
        (0.1, 0.0, 1),
        (pytest.approx(0.965), 0.5, 2),
    ]


def test_strangers_are_not_those_who_may_enter():
    """Who is drawn is not admitted; plates on the list that may not enter come, and kin come to rows."""
    admitted = [f"A12{digit}BC77" for digit in "0123456"]
    strangers = Strangers(np.random.default_rng(1), admitted, ["M555MM77"])
    drawn = [strangers.draw() for _ in range(400)]

    assert not {*drawn} & {*admitted}
    assert "M555MM77" in drawn
    assert {"A127BC77", "A128BC77", "A129BC77"} & {*drawn}


def test_a_stranger_gets_in_where_tracks_opened_for_the_listed_plate():
    """With every 7 opened for as a 1 the listed neighbour lets him in each time; with nothing opened for, never."""
    tracks_ = [outcome("A777AA77", opens=("A777AA17",))]
    rates = opening_rates(tracks_, covered=False), opening_rates(tracks_, covered=True)
    assert rates == ({("7r", "1"): 0.5}, {})
    rng = np.random.default_rng(1)
    some, mean = simulate(rng, rates, ["A123BC17"], ["A123BC77"], visits=300)

    assert 0 < some < 300
    assert mean > 0.0
    assert simulate(rng, ({}, {}), ["A123BC17"], ["A123BC77"], visits=50) == (0, 0.0)
