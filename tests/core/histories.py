"""Random days at a gate, as many events as one likes, and what must hold after every one of them.

    python -m tests.core.histories --events 1000000 [--seed 1]
    python -m tests.core.histories --events 20000 --digest    (one line a day: what two cores are compared by)

Cars come to the entry and to the exit, stop, wait, turn back, are covered and drive through; signs hang there, light
changes, cameras freeze and fail, loops, relay, guard and list do as they like. A day is made by its number alone.
Exit code 1 where a rule is broken, with the number of the day that breaks it.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from core.events import (
    BarrierActed,
    CameraChanged,
    Effect,
    Event,
    ForgetEvidence,
    FrameRead,
    OpenBarrier,
    PassageSeen,
    PassListChanged,
    Reason,
    RecordVisit,
    Tick,
    VehiclePresence,
)
from core.gate import finish, start, step
from core.geometry import Box
from core.passes.pass_list import Pass, PassList
from core.reading import fusion, looks, rows
from core.reading.decode import decode
from core.reading.fusion import Fusion
from core.reading.looks import Logs
from core.reading.reading import Reading
from core.reading.reads import PlateRead
from core.reading.rows import Calibration, Matrix
from core.rules.policy import Direction, Lane, Policy, Site
from core.turn import lane
from tests.core.conftest import make_instant, make_read

LISTED = ("A123BC77", "E777KX99", "M404OP50")
STRANGERS = ("B555BB77", "C128HH199", "K010TT23", "P900YX61", "T333MM16")
BLOCKED, ONCE = "K001KK50", "X777XX99"
PASSES = PassList([
    *(Pass(str(number), text) for number, text in enumerate(LISTED)),
    Pass("blocked", BLOCKED, blocked=True), Pass("once", ONCE, one_time=True),
])  # fmt: skip
MAY_COME_IN = frozenset({*LISTED, ONCE})
LANES = ("entry", "exit")
SITE = Site((Lane("entry", Direction.ENTRY, "main"), Lane("exit", Direction.EXIT, "main")), Policy(), "histories")
FRAME_S = 0.2
SCRAPS = ("0A", "K7", "OO", "X4O", "B777BB")
"""Letters on cars and walls that the reader takes for a plate."""
EXIT_WITHIN_S = 4.0
"""Of a car that comes to a live, empty exit."""
SIZE = (1280, 720)


@cache
def plain_read(text: str, sure: float, look: int) -> PlateRead:
    return make_read(text, sure=sure, look=look)


@cache
def read(text: str, *, x: float, y: float, w: float, sure: float, look: int) -> PlateRead:
    """As `make_read`; what says the same shares its slots."""
    plain = plain_read(text, sure, look)
    return replace(make_read(text, x=x, y=y, w=w, look=look), slots=plain.slots)


def remember_readings() -> None:
    """Reading a text is all the work of a day, and the same few texts are read: their readings are looked up."""
    own: dict[int, tuple[PlateRead, Reading]] = {}
    fused: dict[tuple[object, ...], Reading] = {}
    softened: dict[int, tuple[object, Matrix]] = {}
    logarithms: dict[int, tuple[Matrix, Logs]] = {}
    read_fused, soften, take_logarithms = Fusion.reading, rows.softened, looks.rows_of

    def decode_once(plate: PlateRead) -> Reading:
        if id(plate.slots) not in own:
            own[id(plate.slots)] = (plate, decode(plate))
        return own[id(plate.slots)][1]

    def fuse_once(visit: Fusion) -> Reading:
        key = tuple((x.fingerprint, x.weight, x.text, x.confidence, x.width, x.clarity) for x in visit.looks)
        if key not in fused:
            fused[key] = read_fused(visit)
        return fused[key]

    def soften_once(slots: Matrix, *, calibration: Calibration) -> Matrix:
        if id(slots) not in softened:
            softened[id(slots)] = (slots, soften(slots, calibration=calibration))
        return softened[id(slots)][1]

    def logarithms_once(matrix: Matrix) -> Logs:
        if id(matrix) not in logarithms:
            logarithms[id(matrix)] = (matrix, take_logarithms(matrix))
        return logarithms[id(matrix)][1]

    vars(fusion).update(softened=soften_once, rows_of=logarithms_once)
    vars(lane).update(decode=decode_once)
    Fusion.reading = fuse_once  # type: ignore[method-assign,assignment]


class Broken(AssertionError):
    """A rule that does not hold."""


@dataclass
class Car:
    """One arrival: frames of a car that comes, waits and goes, in its lane."""

    text: str
    sure: float
    outline: bool
    """Whether its foreground is seen."""
    plate: bool
    """Whether it has one."""
    stops_s: float
    turns_back: bool
    aside: float
    age_s: float = 0.0

    def sight(self, rng: random.Random) -> tuple[tuple[PlateRead, ...], Box | None] | None:
        """What is seen of it now; None when it has gone."""
        come = min(1.0, self.age_s / 2.0)
        gone = max(0.0, self.age_s - 2.0 - self.stops_s) / 2.0
        if gone >= 1.0:
            return None
        near = come - gone if self.turns_back else come + 0.6 * gone
        x, y, w = 420 + self.aside + 60 * near, 250 + 220 * near, 60 + 14 * round(5 * near)
        vehicle = Box(round(x - 1.2 * w), round(y - 1.5 * w), 3.5 * w, 2.2 * w) if self.outline else None
        reads: tuple[PlateRead, ...] = ()
        if self.plate and rng.random() < 0.9:
            reads = (read(self.text, x=round(x), y=round(y), w=w, sure=self.sure, look=rng.randrange(4)),)
        return reads, vehicle


@dataclass
class Scene:
    """What is before one camera."""

    car: Car | None = None
    sign: PlateRead | None = None
    empty_since: float = 0.0
    covered_until: float = 0.0
    """So long another car stands before this one's plate; monotonic seconds."""
    owes_exit_since: float | None = None
    """Since when a car that must be let out has been in view without a break."""


@dataclass
class Arrival:
    """A plate that the entry was opened for: until it moves, or is told not to have passed, it is not opened for again."""

    box: Box
    mono: float
    excused: bool = False
    last: Box | None = None
    away: int = 0
    lost: bool = False
    """It was out of view for so long that its visit ended: where it shows next is no longer followed."""


@dataclass
class Day:
    """One history; `play` gives it event by event to a gate and holds the rules against what the gate wants done."""

    seed: int
    shuffled: int | None = None
    """Frames and ticks of one moment come in another order, by this number."""
    all_shuffled: bool = False
    """So does everything else."""
    events: int = 0
    digest: hashlib._Hash | None = None
    """Of every effect."""

    def __post_init__(self) -> None:
        self.rng = random.Random(f"day {self.seed}")
        self.order = random.Random(f"order {self.shuffled}") if self.shuffled is not None else None
        self.mono = 100.0
        self.frame_id = 0
        self.state = start(SITE, PASSES)
        self.scenes = {lane: Scene(empty_since=self.mono) for lane in LANES}
        self.alive = dict.fromkeys(LANES, True)
        self.told_alive = dict.fromkeys(LANES, True)
        self.relay = "done"
        self.numbers = 0
        self.on_loop = False
        self.recorded: set[str] = set()
        self.forgotten: set[str] = set()
        self.opened: dict[str, Arrival] = {}
        self.shown: dict[str, float] = {}
        """When each plate was last shown at the entry."""
        self.outcome: list[tuple[str, str | None, str, str]] = []
        self.asked: list[tuple[str, float]] = []

    # -- what happens ----------------------------------------------------------------------------------------------

    def play(self, events: int) -> None:
        while self.events < events:
            noise = list(self._noise())
            sights: list[Event] = [self._frame(lane) for lane in LANES if self.rng.random() < 0.97]
            if self.rng.random() < 0.3:
                sights.append(Tick(make_instant(self.mono)))
            moment = [*noise, *sights]
            if self.order is not None:
                self.order.shuffle(moment if self.all_shuffled else sights)
            for event in moment if self.all_shuffled else [*noise, *sights]:
                self._send(event)
            self._exits_opened()
            if self.rng.random() < 0.98:
                self.mono += FRAME_S
            else:  # nothing is seen for a while
                self.mono += self.rng.uniform(1.0, 40.0)
                self.scenes["exit"].owes_exit_since = None
        self.state, effects = finish(self.state, make_instant(self.mono))
        self._note(effects)
        if any(lane.visits for lane in self.state.lanes):
            raise Broken("visits are left after the end")

    def _noise(self) -> Iterator[Event]:  # noqa: C901 - a table of what may happen
        at, rng = make_instant(self.mono), self.rng
        if rng.random() > 0.04:
            return
        match rng.randrange(9):
            case 0:
                lane = rng.choice(LANES)
                self.alive[lane] = not self.alive[lane] or rng.random() < 0.5
                self.scenes[lane].owes_exit_since = None
                yield CameraChanged(lane, at, self.alive[lane])
            case 1:
                yield PassListChanged(at, PASSES if rng.random() < 0.7 else PassList())
            case 2:
                lane, present = rng.choice(LANES), rng.random() < 0.4
                if lane == "entry":
                    self.on_loop = present
                    self._excuse()
                yield VehiclePresence(lane, at, f"{lane}_loop", present)
            case 3:
                outcome = rng.choice(["passed", "backed_out", "followed"])
                if outcome == "backed_out":
                    self._excuse()
                yield PassageSeen(at, "main", rng.choice([*LANES, None]), outcome)
            case 4 | 5:
                self.numbers += 1
                reason = rng.choice([Reason.GUARD_BUTTON, Reason.CONSOLE, Reason.EXIT_LOOP, Reason.FIRE_INPUT])
                self._excuse()
                self.scenes["exit"].owes_exit_since = None
                yield BarrierActed(at, "main", rng.choice([*LANES, None]), f"other-{self.numbers}", reason, "done")
            case 6:
                self.relay = rng.choice(["done", "done", "done", "unconfirmed", "failed", "refused", "silent"])
                self.scenes["exit"].owes_exit_since = None
            case 7:
                self.scenes[rng.choice(LANES)].sign = None
            case 8:
                where = rng.choice([(20, 20), (1150, 30), (900, 150)])
                text, sure = rng.choice([*STRANGERS, "QR", "12", "OOO"]), rng.choice([0.3, 0.6, 0.99])
                self.scenes[rng.choice(LANES)].sign = read(text, x=where[0], y=where[1], w=90, sure=sure, look=9)

    def _car(self, lane: str) -> Car:
        rng = self.rng
        text = rng.choice((*LISTED, *STRANGERS, BLOCKED, ONCE) if lane == "entry" else (*STRANGERS, *LISTED))
        if any(scene.car is not None and scene.car.text == text for scene in self.scenes.values()):
            text = f"O{rng.randrange(100, 1000)}EK77"  # no car is in two places
        return Car(
            text,
            sure=rng.choice([0.5, 0.9, 0.97, 0.97, 0.999]),
            outline=rng.random() < 0.9,
            plate=rng.random() < 0.85,
            stops_s=rng.choice([0.0, 3.0, 8.0, 30.0, 60.0]),
            turns_back=rng.random() < 0.25,
            aside=rng.choice([0.0, 0.0, 150.0]),
        )

    def _frame(self, lane: str) -> FrameRead:
        rng, scene = self.rng, self.scenes[lane]
        if scene.car is None and rng.random() < 0.02:
            scene.car = self._car(lane)
        frozen, late = rng.random() < 0.01, rng.random() < 0.01
        reads: tuple[PlateRead, ...] = ()
        vehicle = light = None
        if scene.car is not None:
            sight = scene.car.sight(rng)
            scene.car.age_s += FRAME_S
            if sight is None:
                scene.car, scene.empty_since, scene.owes_exit_since = None, self.mono, None
            elif self.mono < scene.covered_until or rng.random() < 0.01:
                vehicle = Box(150, 60, 800, 600)  # covered by another
            else:
                reads, vehicle = sight
                self._owes(lane, scene, scene.car)
        elif rng.random() < 0.02:
            light = Box(0, 0, 1280, 700)
        elif rng.random() < 0.01:
            vehicle = Box(rng.randrange(600), 200, 300, 250)
            scene.empty_since = self.mono
        for plate in reads:
            if lane == "entry" and not frozen:
                self._shown(plate.box, scene.car.text if scene.car is not None else "")
        reads = (*reads, *self._scraps(scene, vehicle))
        if scene.sign is not None:
            reads = (*reads, scene.sign)
            scene.empty_since = self.mono
        self.frame_id += 1
        age_s = rng.uniform(2.0, 9.0) if late else 0.1
        at = make_instant(self.mono)
        return FrameRead(lane, at, self.mono - age_s, self.frame_id, SIZE, reads, vehicle, frozen, light)

    def _scraps(self, scene: Scene, vehicle: Box | None) -> Iterator[PlateRead]:
        """What reads as a few letters on the car in view; now and then another stands before it, with more of them."""
        rng = self.rng
        if scene.car is not None and scene.car.age_s > 10.0 and rng.random() < 0.01:
            scene.covered_until = self.mono + rng.uniform(0.5, 10.0)
        if vehicle is not None and rng.random() < (0.3 if self.mono < scene.covered_until else 0.03):
            x, y = vehicle.x + 30 * rng.randrange(1, 15), vehicle.y + 30 * rng.randrange(1, 12)
            w, sure = rng.choice([50, 80, 120]), rng.choice([0.3, 0.6])
            yield read(rng.choice(SCRAPS), x=x, y=y, w=w, sure=sure, look=8)

    def _owes(self, lane: str, scene: Scene, car: Car) -> None:
        """Notes since when a car must be let out: one with an outline that comes to a live exit, empty for a while."""
        clean = car.outline and car.stops_s >= 3.0 and self.alive[lane] and self.relay in {"done", "unconfirmed"}
        alone = self.mono - scene.empty_since > 25.0 and scene.sign is None
        if lane == "exit" and clean and alone and car.age_s <= FRAME_S and car.text not in self._lately():
            scene.owes_exit_since = self.mono

    def _lately(self) -> set[str | None]:
        return {plate for _, plate, *_ in self.outcome} if self.outcome else set()

    # -- what must hold --------------------------------------------------------------------------------------------

    def _send(self, event: Event) -> None:
        self.events += 1
        if isinstance(event, CameraChanged):
            self.told_alive[event.lane] = event.alive
        self.state, effects = step(self.state, event)
        self._note(effects)
        for effect in effects:
            if isinstance(effect, OpenBarrier):
                self._opens(effect, event)
        for effect in effects:
            if isinstance(effect, OpenBarrier) and self.relay != "silent":
                asked = (effect.barrier, effect.lane, effect.request_id, effect.reason)
                self._send(BarrierActed(event.at, *asked, outcome=self.relay))

    def _note(self, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            if self.digest is not None:
                self.digest.update(repr(effect).encode())
            if isinstance(effect, RecordVisit):
                record = effect.record
                if record.visit_id in self.recorded or record.visit_id in self.forgotten:
                    raise Broken("two records of one visit")
                self.recorded.add(record.visit_id)
                self.outcome.append((record.lane, record.plate, record.decision.value, record.reason.value))
            elif isinstance(effect, ForgetEvidence):
                if effect.visit_id in self.recorded:
                    raise Broken("a visit is recorded and dropped")
                self.forgotten.add(effect.visit_id)

    def _opens(self, effect: OpenBarrier, event: Event) -> None:
        self.asked.append((effect.lane, self.mono))
        if (
            not isinstance(event, FrameRead)
            or event.lane != effect.lane
            or event.frozen
            or not self.told_alive[event.lane]
        ):
            raise Broken("opened by no live frame of its lane")
        if event.at.mono - event.captured > Policy().max_frame_age_s:
            raise Broken("opened on an old frame")
        if effect.lane == "exit":
            self.scenes["exit"].owes_exit_since = None
            return
        if effect.reason is not Reason.PASS_VALID and effect.reason is not Reason.LOCAL_LIST:
            raise Broken(f"the entry opened by {effect.reason}")
        shown = [text for text in MAY_COME_IN if self.mono - self.shown.get(text, -100.0) <= FRAME_S / 2]
        if not shown:
            raise Broken("the entry opened, and no plate with a pass was in view")
        text = shown[0]
        before = self.opened.get(text)
        box = next(plate.box for plate in event.plates if plate.box.w)
        if before is not None and not before.excused and before.away < 2:
            raise Broken(f"opened twice for {text}, which has not moved since {before.mono:.1f}")
        self.opened[text] = Arrival(box, self.mono, excused=self.on_loop or self.relay not in {"done", "unconfirmed"})

    def _shown(self, box: Box, text: str) -> None:
        """A plate is shown at the entry: where it was last seen by its own opening moves along for a while."""
        unseen_s = self.mono - self.shown.get(text, self.mono)
        self.shown[text] = self.mono
        held = self.opened.get(text)
        if held is None:
            return
        held.lost = held.lost or unseen_s > Policy().visit_gap_s
        followed = held.last is not None and not held.away and not held.lost
        if self.mono - held.mono <= Policy().same_car_patience_s and followed:
            held.box = box  # it drives through: what counts is where it stands when patience with it is over
        if abs(box.centre[0] - held.box.centre[0]) + abs(box.centre[1] - held.box.centre[1]) > 0.45 * held.box.w:
            held.away += 1
        if self.scenes["entry"].car is not None and self.scenes["entry"].car.age_s <= 2 * FRAME_S:
            held.away += 2  # another arrival
        held.last = box

    def _excuse(self) -> None:
        """A loop, the boom or a person may tell that cars have not passed."""
        for arrival in self.opened.values():
            arrival.excused = True

    def _exits_opened(self) -> None:
        since = self.scenes["exit"].owes_exit_since
        if since is not None and self.mono - since > EXIT_WITHIN_S:
            raise Broken(f"a car at the exit has waited since {since:.1f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--a-day", type=int, default=2000, help="events of one history")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--digest", action="store_true")
    given = parser.parse_args()
    remember_readings()
    played = openings = records = days = broken = 0
    while played < given.events:
        day = Day(given.seed + days, digest=hashlib.sha256() if given.digest else None)
        try:
            day.play(given.a_day)
        except Broken as error:
            broken += 1
            print(f"day {day.seed}, event {day.events}, {day.mono:.1f}: {error}", flush=True)
        days, played = days + 1, played + day.events
        openings, records = openings + len(day.asked), records + len(day.recorded)
        if days % 20 == 0:
            print(f"… {played} events, {openings} openings, {records} records, {broken} days broke a rule", flush=True)
        if day.digest is not None:
            print(f"{day.seed} {day.digest.hexdigest()} {len(day.asked)} {len(day.recorded)}")
    print(f"{played} events in {days} days: {openings} openings, {records} records, {broken} days broke a rule")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
