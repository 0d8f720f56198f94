"""One vehicle in one lane, from first sight until it is gone: what is known of it.

A value that grows frame by frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.decision.chances import NO_CHANCES, Chances
from core.decision.decide import Judgement
from core.decision.record import Opening, TraceStep
from core.decision.trace import Rule, extended, step_of
from core.events import FrameRead
from core.geometry import widened
from core.instant import Instant
from core.passes.pass_list import Pass
from core.rules.visit import Rules
from core.visit.evidence import NO_EVIDENCE, Evidence
from core.visit.motion import NO_MOTION, Motion
from core.visit.phase import Phase, after_openings
from core.visit.track import elsewhere
from core.visit.tracking import Known, Seen, agree, sure_characters
from core.words.outcomes import ASKED, OPENED
from core.words.reasons import Reason


@dataclass(frozen=True, slots=True)
class Visit:
    """A vehicle in view, or a sighting that may become one."""

    id: str
    first: Instant
    last: Instant
    """When any sense last saw the vehicle."""
    phase: Phase = Phase.SIGHTING
    """How far it has come. Once it is a visit, only `with_openings` and parking (`core.turn.afterwards`) change it."""
    evidence: Evidence = NO_EVIDENCE
    """What its pictures say."""
    motion: Motion = NO_MOTION
    """Where it is and how it moves."""
    frames: int = 0
    """Frames in which it was seen."""
    present: int = 0
    """Frames with a vehicle but no plate of it, or with a vehicle around a plate that is not known to stand there for
    good."""
    lit: int = 0
    """Frames that showed something vehicle-sized which may be only light."""
    in_front: bool = False
    """At some time no other vehicle was between it and the barrier."""
    trailing: bool = False
    """First seen in the wake of a vehicle that has its visit, or, at the entry, beside a car whose plate was read.
    Without a plate it is a new vehicle only if it stands there (at the exit also if it stays in view). A plate that
    hardly shows does not make it one."""
    kind: str = ""
    """What it was last taken for (`core.turn.sighting.Kind`), and by which rule; empty until it has been classified."""
    ground: str = ""
    judgement: Judgement | None = None
    decided: Instant | None = None
    overruled: Reason | None = None
    """Who opened for it when the gate had not: the guard, the console, the cloud, a loop or the fire input."""
    openings: tuple[Opening, ...] = ()
    chances: Chances = NO_CHANCES
    """The moments at which it might have been opened for."""
    trace: tuple[TraceStep, ...] = ()
    backed_out: bool = False
    owed: Pass | None = None
    """The one-time pass that let an earlier visit of this standing car in; used up when the car is gone."""
    restarts: int = 0
    """How many visits of the same standing car came before this one."""

    # -- growing ------------------------------------------------------------------------------------------------

    def with_plate(self, seen: Seen, frame: FrameRead, rules: Rules) -> Visit:
        """The visit after a frame that shows its plate."""
        at, box = frame.at, seen.read.box
        around = frame.vehicle is not None and frame.vehicle.holds(box.centre) and not self.stationary(at.mono, rules)
        anew = self.only_light or (self.trailing and self.motion.plate is None)
        motion = self.motion.leapt() if self._leaps(seen, rules) else self.motion
        return replace(
            self,
            first=at if anew else self.first,
            last=at,
            frames=self.frames + 1,
            present=self.present + around,
            motion=motion.with_plate(box, frame, rules, standing=self.phase is Phase.STANDING),
            evidence=self.evidence.with_plate(seen, frame.frame_id),
        )

    def with_vehicle(self, frame: FrameRead, rules: Rules) -> Visit:
        """The visit after a frame that shows its vehicle, but no plate of it."""
        vehicle = frame.vehicle
        evidence = self.evidence
        if self.motion.plate is None and vehicle is not None:
            evidence = evidence.with_vehicle(vehicle, frame.frame_id)
        return replace(
            self,
            first=frame.at if self.only_light else self.first,
            last=frame.at,
            frames=self.frames + 1,
            present=self.present + (vehicle is not None),
            motion=self.motion.with_vehicle(frame, rules),
            evidence=evidence,
        )

    def with_light(self, frame: FrameRead) -> Visit:
        """The sighting after a frame that shows only what may be light."""
        return replace(
            self,
            last=frame.at,
            lit=self.lit + 1,
            motion=replace(self.motion, vehicle=frame.light),
            evidence=self.evidence.with_light(frame.frame_id),
        )

    def noted(self, *steps: TraceStep) -> Visit:
        return replace(self, trace=extended(self.trace, steps))

    def with_openings(self, openings: tuple[Opening, ...]) -> Visit:
        """The visit after a request was made or answered.

        The phase of a visit that is already recorded stays as it is.
        """
        phase = self.phase if self.phase is Phase.STANDING else after_openings(openings)
        return replace(self, openings=openings, phase=phase)

    def anchored(self) -> Visit:
        """The visit with its present place as the new anchor."""
        return replace(self, motion=self.motion.anchored())

    def named(self, plate: Visit, frame: FrameRead) -> Visit:
        """The visit with the plate, and all its reads, of a sighting that turned out to be this same car."""
        return replace(
            self,
            evidence=self.evidence.taken_over(plate.evidence, frame.frame_id),
            motion=self.motion.taken_over(plate.motion),
        )

    def judged(self, judgement: Judgement, at: Instant) -> Visit:
        """The visit with a judgement. The decision time is when its reason and plate were first given."""
        before = self.judgement
        if before is not None and (before.reason, before.plate) == (judgement.reason, judgement.plate):
            return replace(self, judgement=judgement)
        decided = at if self.overruled is None else self.decided  # the guard's press has already decided
        return replace(self.noted(*self._read_step(at), *judgement.trace), judgement=judgement, decided=decided)

    def again(self, new_id: str, at: Instant, *, restarts: int, owed: Pass | None) -> Visit:
        """The next visit of the same vehicle. Its plate has to be read again."""
        motion = self.motion.begun_again(at.mono)
        return Visit(new_id, at, at, Phase.WAITING, motion=motion, frames=1, restarts=restarts, owed=owed)

    # -- questions ----------------------------------------------------------------------------------------------

    def known(self, mono: float, rules: Rules) -> Known:
        """What `core.visit.tracking` needs to know of it at `mono`."""
        reading, motion = self.evidence.reading, self.motion
        unseen_s = mono - self.last.mono
        age_s = mono - motion.plate_last if motion.plate_last is not None else unseen_s
        sure = sure_characters(reading, rules)
        return Known(
            motion.plate, motion.vehicle, reading.text, reading.confidence, age_s, unseen_s, sure,
            standing=self.standing,
        )  # fmt: skip

    @property
    def confirmed(self) -> bool:
        """Whether it is a visit, not a mere sighting."""
        return self.phase is not Phase.SIGHTING

    @property
    def standing(self) -> bool:
        """Whether it is already recorded, and only watched so that it is not taken for a new car."""
        return self.phase is Phase.STANDING

    @property
    def through(self) -> bool:
        """Whether the barrier has been opened for it, or has been asked to and has not failed."""
        return bool(self.openings) and self.openings[-1].outcome in {ASKED, *OPENED}

    @property
    def opened(self) -> Instant | None:
        """When the opening that let it through was asked for."""
        return self.openings[-1].at if self.through else None

    @property
    def only_light(self) -> bool:
        """Whether it has been nothing but a change that may be one of light."""
        return self.frames == 0 and self.lit > 0

    def stationary(self, mono: float, rules: Rules) -> bool:
        """Whether it stands there for good, as a parked car or a sign does.

        Such a thing says nothing about vehicles beside it.
        """
        return (
            self.standing
            or self.only_light
            or (self._never_moved() and mono - self.first.mono >= rules.stationary_s)
        )  # fmt: skip

    def apart_from(self, frame: FrameRead, rules: Rules, *, staying: bool) -> bool:
        """Whether the frame's vehicle is another one: this visit's plate has not moved and lies outside it.

        If this visit is stationary and the vehicle is `staying`, it is another one wherever the plate is: it stands in
        front of it.
        """
        plate = self.motion.plate
        if frame.vehicle is None or plate is None:
            return False
        if self.stationary(frame.at.mono, rules):
            return staying or not frame.vehicle.holds(plate.centre)
        return self._never_moved() and not widened(frame.vehicle, rules.rim_share).holds(plate.centre)

    def _never_moved(self) -> bool:
        return self.phase is Phase.SIGHTING and not self.motion.travelled

    def _leaps(self, seen: Seen, rules: Rules) -> bool:
        """Whether a sighting's plate shows elsewhere and reads so differently that it may be another thing."""
        plate = self.motion.plate
        return (
            self.phase is Phase.SIGHTING
            and plate is not None
            and elsewhere(seen.read.box, plate, rules)
            and not agree(self.evidence.reading.text, seen.own.text)
        )

    def _read_step(self, end: Instant) -> tuple[TraceStep, ...]:
        reading, fusion = self.evidence.reading, self.evidence.fusion
        if not reading.text:
            return ()
        pictures, reads, confidence = str(fusion.pictures), str(fusion.reads), f"{reading.confidence:.3f}"
        step = step_of(Rule.READ, end.mono, pictures=pictures, reads=reads, plate=reading.masked, confidence=confidence)
        return (step,)
