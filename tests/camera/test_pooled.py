"""Several reads of one picture are one: surer of what was seen, and no surer of what was not."""

from __future__ import annotations

import numpy as np
import pytest

from camera.ocr import OcrOutput, Rows
from camera.reader import pooled
from core.plates.alphabet import ALPHABET, PAD, SLOTS, UNSEEN


def looked(*, named: str, hidden: float, sure: float = 0.9) -> OcrOutput:
    """A read of one character, called unseen with probability `hidden`."""
    slots: Rows = np.full((SLOTS, len(ALPHABET)), 1e-4, np.float32)
    slots[:, ALPHABET.index(PAD)] = 1.0
    slots[0] = (1 - hidden) * (1 - sure) / (len(ALPHABET) - 2)
    slots[0, ALPHABET.index(named)] = (1 - hidden) * sure
    slots[0, ALPHABET.index(UNSEEN)] = hidden
    return OcrOutput(slots / slots.sum(axis=1, keepdims=True), np.zeros(0, np.float32))


@pytest.mark.parametrize("hidden", [0.02, 0.1, 0.4])
def test_what_was_not_seen_is_not_seen_better_for_being_looked_at_again(hidden: float) -> None:
    """Reads of one picture share their pixels: together they call a character unseen as often as each of them."""
    both = pooled([looked(named="8", hidden=hidden), looked(named="8", hidden=hidden)])

    assert both.slots[0, ALPHABET.index(UNSEEN)] == pytest.approx(hidden, rel=1e-3)
    assert both.slots.sum(axis=1) == pytest.approx(np.ones(SLOTS), abs=1e-4)


def test_one_read_that_did_not_see_is_heard_among_others() -> None:
    """Other corners may cut the cover off: what one read of three did not see is not outvoted to nothing."""
    reads = [looked(named="8", hidden=0.001), looked(named="8", hidden=0.001), looked(named="8", hidden=0.6)]

    assert pooled(reads).slots[0, ALPHABET.index(UNSEEN)] > 0.15


def test_reads_that_agree_are_surer_together_of_what_they_saw() -> None:
    """The name itself gains, among what may stand there."""
    alone = looked(named="8", hidden=0.1)
    both = pooled([alone, alone])
    eight = ALPHABET.index("8")

    assert both.slots[0, eight] > alone.slots[0, eight]
