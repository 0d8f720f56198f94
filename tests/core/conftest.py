"""Scenarios at a gate: frames in, states out. A `Scene` drives `step` and collects what the gate wanted."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import pytest

from core.decision.record import VisitRecord
from core.events import BarrierActed, Effect, Event, FrameRead, Instant, OpenBarrier, RecordVisit, Tick
from core.gate import finish, start, step
from core.geometry import Box
from core.passes.pass_list import PassList
from core.plates.alphabet import ALPHABET, PAD, SLOTS, UNSEEN
from core.reading import fusion
from core.reading.decode import decode_matrix
from core.reading.fusion import Fusion
from core.reading.looks import rows_of
from core.reading.reading import Reading
from core.reading.reads import PlateRead
from core.reading.rows import softened
from core.rules.policy import Direction, Lane, Policy, Site
from core.turn import lane as lanes

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
CAR = Box(200, 100, 500, 450)


def make_slots(text: str, *, sure: float = 0.97, doubt: dict[int, dict[str, float]] | None = None):
    """A reader's answer for `text`: each character with probability `sure`, places in `doubt` as given."""
    rows = []
    for place in range(SLOTS):
        row = [(1 - sure) / (len(ALPHABET) - 2)] * len(ALPHABET)
        row[ALPHABET.index(UNSEEN)] = 0.0
        row[ALPHABET.index(text[place] if place < len(text) else PAD)] = sure
        if doubt and place in doubt:
            row = [1e-4] * len(ALPHABET)
            for symbol, p in doubt[place].items():
                row[ALPHABET.index(symbol)] = p
        rows.append(tuple(row))
    return tuple(rows)


def make_read(text: str, *, x=300.0, y=400.0, w=110.0, look=0, formats=(), sharpness=0.8, **slots) -> PlateRead:
    h = w / 4.6
    corners = ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
    fingerprint = random.Random(f"{text}{look}").getrandbits(64)
    return PlateRead(make_slots(text, **slots), formats, Box(x, y, w, h), corners, 0.9, sharpness, fingerprint)


def make_instant(mono: float, *, trusted: bool = True, wall: datetime = NOON) -> Instant:
    return Instant(mono, wall + timedelta(seconds=mono), wall_trusted=trusted)


@dataclass
class Scene:
    """A gate with an entry and an exit at one barrier, and a relay that answers at once."""

    passes: PassList
    policy: Policy = field(default_factory=Policy)
    relay: str | None = "done"
    """What the relay answers; None: nothing."""
    fps: float = 10.0
    trusted: bool = True
    wall: datetime = NOON

    def __post_init__(self) -> None:
        lanes = (Lane("entry", Direction.ENTRY, "main"), Lane("exit", Direction.EXIT, "main"))
        self.state = start(Site(lanes, self.policy, run_id="test"), self.passes)
        self.effects: list[tuple[float, Effect]] = []
        self.mono = 100.0
        self.frame_id = 0

    def at(self, mono: float | None = None) -> Instant:
        return make_instant(self.mono if mono is None else mono, trusted=self.trusted, wall=self.wall)

    def send(self, event: Event) -> tuple[Effect, ...]:
        self.state, effects = step(self.state, event)
        for effect in effects:
            self.effects.append((self.mono, effect))
            if isinstance(effect, OpenBarrier) and self.relay is not None:
                self.send(
                    BarrierActed(self.at(), effect.barrier, effect.lane, effect.request_id, effect.reason, self.relay)
                )
        return effects

    def frame(self, *reads: PlateRead, lane="entry", vehicle: Box | None = None, age=0.1, frozen=False) -> None:
        """One frame, then its share of time."""
        self.frame_id += 1
        self.send(FrameRead(lane, self.at(), self.mono - age, self.frame_id, (1280, 720), reads, vehicle, frozen))
        self.mono += 1 / self.fps

    def drive(self, text: str, *, seconds=4.0, lane="entry", then_gone=True, vehicle=CAR, **read) -> None:
        """A car comes nearer with its plate in view, and is gone."""
        count = int(seconds * self.fps)
        for i in range(count):
            near = i / count
            self.frame(
                make_read(text, x=300 - 40 * near, y=300 + 150 * near, w=70 + 60 * near, look=self.frame_id, **read),
                lane=lane, vehicle=vehicle,
            )  # fmt: skip
        if then_gone:
            self.empty(4.0, lane=lane)

    def vehicle(self, seconds: float, *, lane="entry", box: Box = CAR) -> None:
        for _ in range(int(seconds * self.fps)):
            self.frame(lane=lane, vehicle=box)

    def empty(self, seconds: float, *, lane="entry") -> None:
        for _ in range(int(seconds * self.fps)):
            self.frame(lane=lane)

    def wait(self, seconds: float) -> None:
        """Time without frames."""
        for _ in range(int(seconds * 4)):
            self.mono += 0.25
            self.send(Tick(self.at()))

    def stop(self) -> None:
        self.state, effects = finish(self.state, self.at())
        self.effects += [(self.mono, effect) for effect in effects]

    def of(self, kind: type) -> list:
        return [effect for _, effect in self.effects if isinstance(effect, kind)]

    @property
    def records(self) -> list[VisitRecord]:
        return [effect.record for effect in self.of(RecordVisit)]

    @property
    def told(self) -> list[tuple[str | None, str, str]]:
        """Plate, decision and reason of every record."""
        return [(record.plate, record.decision.value, record.reason.value) for record in self.records]


@pytest.fixture(scope="session", autouse=True)
def decoded_once() -> Iterator[None]:
    """What was decoded once is not decoded again: a scene shows one plate in frame after frame, and scenes show the same cars.

    Decoding and fusing are pure functions of what was seen and nearly all that a scene costs.
    """

    @lru_cache(maxsize=2000)
    def decoded(slots: tuple, formats: tuple) -> Reading:
        return decode_matrix(softened(slots), formats)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lanes, "decode", lambda read: decoded(read.slots, read.formats))
        patch.setattr(fusion, "decode_matrix", lru_cache(maxsize=2000)(decode_matrix))
        patch.setattr(fusion, "softened", lru_cache(maxsize=2000)(softened))
        patch.setattr(fusion, "rows_of", lru_cache(maxsize=2000)(rows_of))
        patch.setattr(Fusion, "reading", lru_cache(maxsize=8000)(Fusion.reading))
        yield


@pytest.fixture(scope="session")
def scene() -> Callable[..., Scene]:
    """Makes a scene: passes, then anything of `Scene`."""

    def build(passes: Iterable = (), **how) -> Scene:
        given = passes if isinstance(passes, PassList) else PassList(passes, version="list-1")
        return Scene(given, **how)

    return build


@pytest.fixture(scope="session")
def read() -> Callable[..., PlateRead]:
    return make_read


@pytest.fixture(scope="session")
def slots() -> Callable[..., tuple]:
    return make_slots


@pytest.fixture(scope="session")
def instant() -> Callable[..., Instant]:
    return make_instant
