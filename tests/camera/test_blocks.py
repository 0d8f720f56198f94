"""Memory of pictures is used again, and never while somebody holds the picture."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable

import numpy as np
import pytest

from camera.blocks import Blocks
from camera.frame import Picture


def address(picture: Picture) -> int:
    return int(picture.ctypes.data)


@pytest.mark.parametrize(
    "part_of",
    [lambda block: block, lambda block: block[2:], lambda block: block[1:][::2].T, memoryview, np.asarray],
    ids=["the whole", "rows", "a slice of a slice", "its buffer", "an array of it"],
)
def test_what_somebody_holds_is_not_handed_out(part_of: Callable[[Picture], object]) -> None:
    """Whichever part of a block is held: the next one lies elsewhere, until nothing of it is held any more."""
    blocks = Blocks()
    block = blocks.take(8, 6)
    first = address(block)
    held = part_of(block)
    del block

    assert first != address(blocks.take(8, 6))
    del held
    assert first == address(blocks.take(8, 6))


def test_another_thread_that_holds_a_picture_counts() -> None:
    """A picture in a local variable of another thread is held."""
    blocks, taken, done = Blocks(), threading.Event(), threading.Event()
    places: list[int] = []

    def look() -> None:
        picture = blocks.take(8, 6)[1:]
        places.append(address(picture) - 6)
        taken.set()
        done.wait()
        assert picture.size

    thread = threading.Thread(target=look)
    thread.start()
    taken.wait()
    try:
        assert places != [address(blocks.take(8, 6))]
    finally:
        done.set()
        thread.join()
    blocks.take(8, 6)
    assert places == [address(blocks.take(8, 6))]


def test_one_block_is_kept_after_many_were_held() -> None:
    """Of ten pictures held at once, the memory of one is used again when all are gone; another size keeps none of it."""
    blocks = Blocks()
    pictures = [blocks.take(8, 6) for _ in range(10)]
    kept = [weakref.ref(picture) for picture in pictures]
    pictures.clear()

    blocks.take(8, 6)
    assert 1 == sum(one() is not None for one in kept)
    assert (4, 6) == blocks.take(4, 6).shape
    assert not any(one() is not None for one in kept)
