"""What stands in view for good, a parked car or a sign, and the cars that leave beside it."""

from __future__ import annotations

import random

import pytest

from core.events import OpenBarrier
from core.gate import Attention, attention
from core.geometry import Box
from core.plates.alphabet import ALPHABET
from core.rules.policy import Policy

CAR = Box(200, 100, 500, 450)
BESIDE = {"a parked car": "A123BC77", "a sign": "CT0P"}


@pytest.fixture(params=BESIDE)
def beside(request, scene, read):
    """A gate at whose exit something stands, with what the camera reads of it."""
    gate, text = scene(policy=Policy(same_car_patience_s=1.0)), BESIDE[request.param]
    if request.param == "a parked car":
        gate.drive(text, lane="exit", then_gone=False, seconds=2.0)
    standing = [read(text, x=900, y=300, look=look) for look in range(3)]
    for look in range(70):
        gate.frame(standing[look % 3], lane="exit")
    assert [request.param == "a parked car"] == [visit.standing for visit in gate.state.lanes[1].visits]
    gate.effects.clear()
    return gate, standing


@pytest.mark.parametrize("every", [1, 10])
def test_a_car_without_a_plate_leaves(beside, every):
    """A plate that stands in view of the exit hides no vehicle beside it: that is let out as on an empty lane."""
    gate, standing = beside

    for step in range(60):
        seen = standing[:1] if step < 20 or step % every == 0 else []  # what stands is looked at more rarely
        gate.frame(*seen, lane="exit", vehicle=Box(200 + 4 * min(step, 20), 100, 500, 450))

    assert gate.of(OpenBarrier)


def test_a_car_under_dirt_leaves(beside, read):
    """A plate that hardly reads is no part of a car that is parked, nor of a sign: its own car is let out."""
    gate, standing = beside

    for step in range(60):
        symbols, near = random.Random(step % 20), step / 60
        doubt = {place: dict.fromkeys(symbols.sample(ALPHABET[:36], 14), 0.06) for place in range(7)}
        dirty = read("A12345X", x=300 - 40 * near, y=300 + 150 * near, w=70 + 60 * near, look=step, doubt=doubt)
        gate.frame(standing[step % 3], dirty, lane="exit", vehicle=CAR)

    assert gate.of(OpenBarrier)


def test_what_stands_there_is_no_car_that_leaves(beside):
    """A parked car whose own foreground comes and goes, with its light or its shadow, opens nothing."""
    gate, standing = beside

    for step in range(60):
        gate.frame(standing[step % 3], lane="exit", vehicle=Box(700, 100, 500, 450))

    assert [] == gate.of(OpenBarrier)


def test_what_stands_there_is_not_read_in_every_frame(beside):
    """A parked car or a sign keeps the networks busy once a second, and a car that comes in every frame again."""
    gate, _ = beside
    assert Attention.PRESENT is attention(gate.state, "exit")

    gate.frame(lane="exit", vehicle=CAR)

    assert Attention.UNREAD is attention(gate.state, "exit")
