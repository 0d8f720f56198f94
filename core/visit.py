"""One vehicle in one lane, from first sight until gone: what is known of it, as a value that grows frame by frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.decide import SHORTEST_PLATE, Judgement
from core.events import FrameRead
from core.fusion import NO_READS, Fusion
from core.geometry import Box, Corners
from core.instant import Instant
from core.passes import Pass, PassList
from core.phase import Phase
from core.plates import display
from core.policy import Lane, Policy
from core.reading import NOTHING, Reading
from core.reasons import Reason
from core.record import OPENED, DroppedSighting, Opening, TraceStep, Verdict, VisitRecord
from core.rest import NO_REST, Rest, cut_off, fills
from core.standing import list_age_s
from core.track import NO_TRACK, Track, moved
from core.tracking import Known, Seen, sure_characters
from core.why import Rule, extended, step_of

SETTLED_S = 1.0
"""Reads of a standing car that agree this long count as agreeing frames, also when the pictures look the same."""
STANDING_IOU = 0.6
"""A vehicle whose box overlaps its earlier box this much has not moved."""
TRAVELLED_WIDTHS = 0.8
TRAVELLED_RATIO = 1.6
"""A plate that came so much nearer, or moved so far, is on a vehicle; a sign's box only trembles."""
STRAYED_FRAMES = 2
"""Frames in which something must be elsewhere to have moved."""
RIM = 0.15
"""Shares of its width and height by which a foreground may be too small for its car."""
FAINT_CONFIDENCE = 0.3
CORNER = 0.2
"""What lies in the outer fifth of the picture both across and down is where watermarks and clocks are."""
ROOTED_S = 5.0
"""What has a plate in view for so long, and has neither moved nor become a visit, is a sign."""
NAMED_RECORDS = 5
"""Candidates kept in a record."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A vehicle in view, or a sighting that may become one (`confirmed` is False until then)."""

    id: str
    first: Instant
    last: Instant
    """When the vehicle was last seen, by whatever sense."""
    confirmed: bool = False
    frames: int = 0
    fusion: Fusion = NO_READS
    reading: Reading = NOTHING
    hits: int = 0
    """Frames in which its plate was read."""
    in_front: bool = False
    """At some time no other vehicle stood between it and the barrier."""
    lit: int = 0
    """Frames in which something vehicle-sized was there that may be nothing but light."""
    present: int = 0
    """Frames with a vehicle and no plate of it, or around a plate that is not known to stand there for good."""
    plate_box: Box | None = None
    plate_first: float | None = None
    plate_last: float | None = None
    vehicle_box: Box | None = None
    """Where the vehicle was when its plate was last seen, or the vehicle itself where no plate ever was."""
    anchor: Box | None = None
    """Where it stood when it was let through, or taken as parked."""
    astray: int = 0
    """Frames, one after the other, in which it was elsewhere than its anchor."""
    strayed: bool = False
    """It has been seen to move from its anchor."""
    left_over: bool = False
    """First seen in the wake of a vehicle that has its visit, or, at the entry, met beside a car whose plate was read:
    without a plate a new one only if it stands there, and no car at all for a plate that hardly shows."""
    track: Track = NO_TRACK
    """Of its plate."""
    outline: Track = NO_TRACK
    """Of its foreground, where no plate was seen and no edge of the picture cut it off."""
    cornered: bool = False
    """Its plate is in a corner of the picture."""
    kind: str = ""
    """What it was last taken for (`core.classify.Kind`), and by which rule; empty until it is looked at."""
    ground: str = ""
    rest: Rest = NO_REST
    """How long its foreground has stood still."""
    widest: float = 0.0
    travelled: bool = False
    """Its plate has moved: it is no sign on a wall."""
    best_frame: int | None = None
    best_quality: float = 0.0
    best_box: Box | None = None
    best_corners: Corners | None = None
    judgement: Judgement | None = None
    decided: Instant | None = None
    overruled: Reason | None = None
    """Who opened for it where the gate had not: the guard, the console, the cloud, a loop, the fire input."""
    openings: tuple[Opening, ...] = ()
    trace: tuple[TraceStep, ...] = ()
    backed_out: bool = False
    owed: Pass | None = None
    """The one-time pass by which an earlier visit of the same standing car was let in; used up when it is gone."""
    restarts: int = 0
    """How many visits the same standing car has had before this one."""
    silent: bool = False
    """Recorded already (parked): watched, so that it is not taken for a new car, and nothing else."""

    # -- growing ------------------------------------------------------------------------------------------------

    def known(self, mono: float) -> Known:
        """What `core.tracking` needs of it at `mono`."""
        unseen_s = mono - self.last.mono
        age_s = mono - self.plate_last if self.plate_last is not None else unseen_s
        reading = self.reading
        return Known(
            self.plate_box,
            self.vehicle_box,
            reading.text,
            reading.confidence,
            age_s,
            unseen_s,
            sure_characters(reading),
        )

    def with_plate(self, seen: Seen, frame: FrameRead) -> Visit:
        """The visit after a frame that shows its plate."""
        at = frame.at
        box = seen.read.box
        origin = self.anchor or box
        around = frame.vehicle is not None and frame.vehicle.holds(box.centre) and not self.rooted(at.mono)
        grown = replace(
            self,
            first=at if self.only_light or (self.left_over and self.plate_box is None) else self.first,
            last=at,
            frames=self.frames + 1,
            present=self.present + around,
            plate_box=box,
            plate_first=self.plate_first if self.plate_first is not None else at.mono,
            plate_last=at.mono,
            vehicle_box=frame.vehicle,
            anchor=self.anchor if self.silent else origin,  # one parked unseen, by a loop, has moved once it is seen
            astray=self._astray(box),
            strayed=self.strayed or self._astray(box) >= STRAYED_FRAMES,
            travelled=self.travelled or moved(box, origin, widths=TRAVELLED_WIDTHS, ratio=TRAVELLED_RATIO),
            track=self.track.after(box, at.mono),
            cornered=_in_corner(box, frame.size),
            rest=self.rest.after(frame),
        )
        if not seen.own.text:  # the reader saw no plate there: good enough to follow one that it read before
            return grown
        grown = replace(grown, hits=self.hits + 1, widest=max(self.widest, box.w))
        fusion = self.fusion.added(seen.read, seen.own)
        same = fusion.looks == self.fusion.looks  # a picture seen before, and seen better: nothing to decode anew
        grown = replace(grown, fusion=fusion, reading=self.reading if same else fusion.reading())
        quality = seen.read.box.w * (0.3 + seen.read.sharpness) * (0.2 + seen.own.confidence)
        if quality > self.best_quality * 1.1:
            grown = replace(
                grown,
                best_frame=frame.frame_id,
                best_quality=quality,
                best_box=seen.read.box,
                best_corners=seen.read.corners,
            )
        return grown

    def with_vehicle(self, frame: FrameRead) -> Visit:
        """The visit after a frame that shows its vehicle, but no plate of it."""
        present = self.present + (frame.vehicle is not None)
        first = frame.at if self.only_light else self.first
        grown = replace(
            self, first=first, last=frame.at, frames=self.frames + 1, present=present, rest=self.rest.after(frame)
        )
        if self.plate_box is None and frame.vehicle is not None:
            astray = self._astray(frame.vehicle)
            strayed = self.strayed or astray >= STRAYED_FRAMES
            outline = self.outline if cut_off(frame) else self.outline.after(frame.vehicle, frame.at.mono)
            grown = replace(grown, vehicle_box=frame.vehicle, outline=outline, astray=astray, strayed=strayed)
            quality = frame.vehicle.area * 1e-9  # any plate is better evidence than the largest vehicle
            if quality > self.best_quality * 1.3:
                grown = replace(grown, best_frame=frame.frame_id, best_quality=quality)
        return grown

    def with_light(self, frame: FrameRead) -> Visit:
        """The sighting after a frame that shows only what may be light."""
        best = frame.frame_id if self.best_frame is None else self.best_frame
        return replace(self, last=frame.at, lit=self.lit + 1, vehicle_box=frame.light, best_frame=best)

    def noted(self, *steps: TraceStep) -> Visit:
        return replace(self, trace=extended(self.trace, steps))

    def named(self, plate: Visit, frame: FrameRead) -> Visit:
        """The visit with the plate, and all that was read of it, of a sighting that turned out to be this same car."""
        return replace(
            self,
            fusion=plate.fusion, reading=plate.reading, hits=self.hits + plate.hits, widest=plate.widest,
            plate_box=plate.plate_box, plate_first=plate.plate_first, plate_last=plate.plate_last, track=plate.track,
            best_frame=frame.frame_id, best_quality=plate.best_quality, best_box=plate.best_box,
            best_corners=plate.best_corners,
        ).anchored()  # fmt: skip

    def judged(self, judgement: Judgement, at: Instant) -> Visit:
        """The visit with a decision; the time of decision is when its reason was first given."""
        if self.judgement is not None and (self.judgement.reason, self.judgement.plate) == (
            judgement.reason,
            judgement.plate,
        ):
            return replace(self, judgement=judgement)
        decided = at if self.overruled is None else self.decided  # the guard's press has decided
        return replace(self.noted(*self._read_step(at), *judgement.trace), judgement=judgement, decided=decided)

    def again(self, new_id: str, at: Instant, *, restarts: int, owed: Pass | None) -> Visit:
        """The next visit of the same vehicle, which has to be read anew."""
        placed = self.plate_box is not None
        return Visit(
            new_id,
            at,
            at,
            confirmed=True,
            frames=1,
            plate_box=self.plate_box,
            plate_first=at.mono if placed else None,
            plate_last=at.mono if placed else None,
            vehicle_box=self.vehicle_box,
            restarts=restarts,
            owed=owed,
        )

    # -- questions ----------------------------------------------------------------------------------------------

    def stands_unread(self, policy: Policy) -> bool:
        """Whether a vehicle stands around its plate, which hardly shows: no less of one than a vehicle without any."""
        box, plate, now = self.rest.box, self.plate_box, self.last.mono
        if self.left_over or box is None or plate is None or self.rooted(now):
            return False
        seen = self.vehicle_box is not None  # also in the frame that shows the plate: a passing shadow is no vehicle
        return seen and box.holds(plate.centre) and self.rest.stood_s(now) >= policy.vehicle_visit_s

    def rooted(self, mono: float) -> bool:
        """Whether it stands there for good, a parked car or a sign, and says nothing of the vehicles beside it."""
        return (
            self.silent
            or self.only_light
            or (not self.confirmed and not self.travelled and mono - self.first.mono >= ROOTED_S)
        )

    def apart_from(self, frame: FrameRead, *, staying: bool) -> bool:
        """Whether the frame's vehicle is another: this one's plate stands there for good, or unmoved, outside of it.

        One that is `staying` is another, wherever the plate is: it stands before it.
        """
        if frame.vehicle is None or self.plate_box is None:
            return False
        if self.rooted(frame.at.mono):
            return staying or not frame.vehicle.holds(self.plate_box.centre)
        fixed = not self.confirmed and not self.travelled
        return fixed and not _widened(frame.vehicle).holds(self.plate_box.centre)

    def faint(self, *, exiting: bool = False) -> bool:
        """Whether it has a plate that hardly reads as one, or as a scrap of one; for a car that leaves a scrap is enough."""
        scrap = not exiting and len(self.reading.text) < SHORTEST_PLATE
        return self.hits > 0 and (scrap or self.reading.confidence < FAINT_CONFIDENCE)

    def rest_around_plate(self) -> bool:
        """Whether the foreground that has come to rest, or passes, is around its plate."""
        return self.rest.box is not None and self.plate_box is not None and self.rest.box.holds(self.plate_box.centre)

    @property
    def only_light(self) -> bool:
        """Whether nothing was seen of it but a change that may be one of light."""
        return self.frames == 0 and self.lit > 0

    def in_presence(self) -> bool:
        """Whether frames showed a vehicle there, and it is no wake of another."""
        return not self.left_over and self.present >= 2

    @property
    def phase(self) -> Phase:
        """How far it has come."""
        if self.silent:
            return Phase.STANDING
        if not self.confirmed:
            return Phase.SIGHTING
        if self.through:
            return Phase.ASKED if self.openings[-1].outcome == "asked" else Phase.THROUGH
        return Phase.WAITING

    @property
    def through(self) -> bool:
        """Whether the barrier has been opened for it, or has been asked to and has not failed."""
        return bool(self.openings) and self.openings[-1].outcome in {"asked", *OPENED}

    @property
    def opened(self) -> Instant | None:
        """When the opening that let it through was asked for."""
        return self.openings[-1].at if self.through else None

    def sure(self, policy: Policy) -> bool:
        """One picture so close and so certain that it is enough."""
        return (
            self.plate_box is not None
            and self.plate_box.w >= policy.sure_width_px
            and self.reading.confidence >= policy.sure_confidence
            and self.reading.accepted
        )

    def agreeing(self) -> int:
        """How many different pictures read as the fused text; a standing car counts twice when it agrees for long."""
        pictures = self.fusion.supporters(self.reading.text)
        if pictures and self.plate_first is not None and self.plate_last is not None:
            settled = self.plate_last - self.plate_first >= SETTLED_S and self.fusion.repeated(self.reading.text)
            return pictures + settled
        return pictures

    def moved_from_anchor(self) -> bool:
        """Whether it has been seen to move since it was let through or taken as parked."""
        return self.anchor is None or self.strayed

    def anchored(self) -> Visit:
        """The visit with its present place as the one from which it may move."""
        return replace(self, anchor=self.plate_box or self.vehicle_box, astray=0, strayed=False)

    def _astray(self, box: Box) -> int:
        """In how many frames, one after the other, it has been elsewhere: a single box may be the detector's whim."""
        return self.astray + 1 if self.anchor is not None and moved(box, self.anchor) else 0

    def stands(self, frame: FrameRead) -> bool:
        """Whether the frame's vehicle stands where this visit's vehicle stood when its plate was last seen."""
        if self.vehicle_box is None or frame.vehicle is None or fills(frame.vehicle, frame):
            return False
        return frame.vehicle.iou(self.vehicle_box) >= STANDING_IOU

    # -- the end ------------------------------------------------------------------------------------------------

    def record(self, lane: Lane, judgement: Judgement, passes: PassList, end: Instant) -> VisitRecord:
        """Its one record; `judgement` is what holds at the end."""
        reason = self.overruled or judgement.reason
        reading = self.reading
        return VisitRecord(
            visit_id=self.id,
            lane=lane.name,
            direction=lane.direction,
            barrier=lane.barrier,
            first=self.first,
            decided=self.decided or end,
            last=self.last,
            frames=self.frames,
            reads=self.fusion.reads,
            plate=judgement.plate,
            masked=reading.masked or None,
            display=_shown(judgement.plate, read_as=reading.format if judgement.plate == reading.text else None),
            confidence=judgement.confidence if judgement.plate else 0.0,
            format=reading.format if judgement.plate == reading.text else None,
            country=reading.country if judgement.plate == reading.text else None,
            decision=Verdict.OPEN if self.openings else Verdict.REFUSE,
            reason=reason,
            pass_id=judgement.item.id if judgement.item is not None else None,
            list_version=passes.version,
            list_age_s=list_age_s(passes, self.decided or end),
            clock_trusted=(self.decided or end).wall_trusted,
            best_frame=self.best_frame,
            best_box=self.best_box,
            best_corners=self.best_corners,
            slots=reading.slots,
            candidates=reading.candidates[:NAMED_RECORDS],
            trace=self.trace,
            openings=self.openings,
            place=self.plate_box,
        )

    def dropped(self, lane: Lane) -> DroppedSighting:
        """What is told of a sighting that was no visit."""
        return DroppedSighting(
            self.id,
            lane.name,
            self.kind,
            self.ground,
            self.first,
            self.last,
            self.frames + self.lit,
            self.reading.masked or None,
            self.best_frame,
        )

    def _read_step(self, end: Instant) -> Iterable[TraceStep]:
        if self.reading.text:
            yield step_of(
                Rule.READ,
                end.mono,
                pictures=str(len(self.fusion.looks)),
                reads=str(self.fusion.reads),
                plate=self.reading.masked,
                confidence=f"{self.reading.confidence:.3f}",
            )


def _shown(plate: str | None, *, read_as: str | None) -> str | None:
    return display(plate, read_as=read_as) if plate is not None else None


def _in_corner(box: Box, size: tuple[int, int]) -> bool:
    (x, y), (width, height) = box.centre, size
    return min(x, width - x) < CORNER * width and min(y, height - y) < CORNER * height


def _widened(box: Box) -> Box:
    """A foreground with the rim that its own car may be wider by."""
    return Box(box.x - RIM * box.w, box.y - RIM * box.h, (1 + 2 * RIM) * box.w, (1 + 2 * RIM) * box.h)
