"""A place for pictures over a network: who may ask it, and when nobody does."""

from __future__ import annotations

import threading

import pytest

from cloud.pictures import PicturesAway, PicturesNotAsked, bounded
from cloud.pictures.bounded import BoundedPictures
from cloud.pictures.seam import PicturesRefused
from tests.patience import PATIENCE_S, until


class Place:
    """Answers `get` as it is told: None, or by raising, when it is let to."""

    def __init__(self):
        self.asked = 0
        self.error = None
        self.let = threading.Event()
        self.let.set()

    def get(self, key, *, known=""):
        self.asked += 1
        assert self.let.wait(PATIENCE_S)
        if self.error is not None:
            raise self.error

    def link(self, key, lasts):
        return "https://link"


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def place():
    return Place()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pictures(place, clock):
    return BoundedPictures(place, clock=clock)


def asked(pictures):
    """How a request ended: the kind of its error, or nothing."""
    try:
        pictures.get("snapshots/1.jpg")
    except PicturesAway as error:
        return type(error)
    return None


def test_after_a_failure_nobody_asks_until_the_rest_is_over(pictures, place, clock):
    """A rest begins with five seconds and doubles up to a minute while whoever asks after it fails too."""
    place.error = PicturesAway("silent")

    for number, rest_s in enumerate([5, 10, 20, 40, 60, 60], 1):
        assert PicturesAway is asked(pictures)
        clock.now += rest_s - 0.1
        assert PicturesNotAsked is asked(pictures)
        assert number == place.asked
        clock.now += 0.2


def test_after_a_rest_one_asks_and_its_answer_ends_the_failures(pictures, place, clock):
    """While the first request after a rest is on its way no other is; when it is answered all are, and links are given."""
    place.error = PicturesAway("silent")
    asked(pictures)
    with pytest.raises(PicturesNotAsked):
        pictures.link("snapshots/1.jpg", None)
    clock.now, place.error = 6.0, None
    place.let.clear()
    first = threading.Thread(target=asked, args=[pictures])
    first.start()
    until(lambda: place.asked == 2)

    assert PicturesNotAsked is asked(pictures)
    place.let.set()
    first.join()

    assert (None, "https://link") == (asked(pictures), pictures.link("snapshots/1.jpg", None))


def test_what_fails_together_is_one_failure(pictures, place, clock):
    """Eight requests that meet one silence make the rest no longer than one does."""
    place.error = PicturesAway("silent")
    place.let.clear()
    threads = [threading.Thread(target=asked, args=[pictures]) for _ in range(bounded.AT_ONCE)]
    for thread in threads:
        thread.start()
    until(lambda: place.asked == bounded.AT_ONCE)
    place.let.set()
    for thread in threads:
        thread.join()

    clock.now, place.error = bounded.FIRST_REST_S + 0.1, None
    assert asked(pictures) is None


def test_who_waits_gets_the_place_of_one_that_ends(pictures, place, monkeypatch):
    """A busy place that answers keeps a few waiting and refuses those beyond, asking no more at once than it may."""
    monkeypatch.setattr(bounded, "WAIT_S", PATIENCE_S)
    place.let.clear()
    ends = []
    count = bounded.AT_ONCE + bounded.MAY_WAIT
    threads = [threading.Thread(target=lambda: ends.append(asked(pictures))) for _ in range(count)]
    for thread in threads:
        thread.start()
    until(lambda: pictures._waiting == bounded.MAY_WAIT)

    assert PicturesNotAsked is asked(pictures)
    assert bounded.AT_ONCE == place.asked
    place.let.set()
    for thread in threads:
        thread.join()

    assert [None] * count == ends


def test_a_refusal_is_an_answer(pictures, place):
    """A place that says no is there: the next one is asked too."""
    place.error = PicturesRefused("403")

    assert [PicturesRefused, PicturesRefused] == [asked(pictures), asked(pictures)]
    assert 2 == place.asked
