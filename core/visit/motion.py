"""Where a vehicle is in the picture, and whether it has moved; plate and foreground are kept apart. Values."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.events import FrameRead
from core.geometry import Box
from core.rules.motion import MotionRules
from core.visit.standstill import NO_STANDSTILL, Standstill, cut_off, fills
from core.visit.track import NO_TRACK, Track, elsewhere, moved


@dataclass(frozen=True, slots=True)
class Motion:
    """What the boxes of one vehicle tell, whatever their text. Times are monotonic seconds."""

    plate: Box | None = None
    """Where its plate was last seen, read or not."""
    plate_first: float | None = None
    plate_last: float | None = None
    vehicle: Box | None = None
    """Where the vehicle was when its plate was last seen; if no plate was ever seen, where the vehicle is."""
    anchor: Box | None = None
    """Where it was first seen, stood when it was let through, or was taken as parked. It has moved once it leaves this
    place."""
    frames_away: int = 0
    """Consecutive frames in which it was away from its anchor."""
    left_anchor: bool = False
    """It was away from its anchor in enough consecutive frames (`moved_frames`)."""
    travelled: bool = False
    """Its plate has moved too far to be a sign on a wall."""
    drove: bool = False
    """At some time its plate moved steadily, as only a driving vehicle does."""
    cornered: bool = False
    """Its plate is in a corner of the picture."""
    plate_track: Track = NO_TRACK
    vehicle_track: Track = NO_TRACK
    """Track of its foreground in frames without a plate where no edge of the picture cut it off."""
    standstill: Standstill = NO_STANDSTILL
    """Standstill of its foreground."""

    def with_plate(self, box: Box, frame: FrameRead, rules: MotionRules, *, standing: bool) -> Motion:
        """After a frame that shows its plate.

        A `standing` vehicle that never had an anchor gets none: it counts as moved.
        """
        mono = frame.at.mono
        origin = self.anchor or box
        away = self._frames_away(box, rules)
        track = self.plate_track.after(box, mono, rules)
        return Motion(
            plate=box,
            plate_first=self.plate_first if self.plate_first is not None else mono,
            plate_last=mono,
            vehicle=frame.vehicle,
            anchor=self.anchor if standing else origin,
            frames_away=away,
            left_anchor=self.left_anchor or away >= rules.moved_frames,
            travelled=self.travelled or moved(box, origin, widths=rules.travelled_widths, ratio=rules.travelled_ratio),
            drove=self.drove or track.steady(rules),
            cornered=_in_corner(box, frame.size, rules.corner_share),
            plate_track=track,
            vehicle_track=self.vehicle_track,
            standstill=self.standstill.after(frame, rules),
        )

    def with_vehicle(self, frame: FrameRead, rules: MotionRules) -> Motion:
        """After a frame that shows its foreground, or a frozen picture, but no plate."""
        standstill = self.standstill.after(frame, rules)
        if self.plate is not None or frame.vehicle is None:
            return replace(self, standstill=standstill)
        away = self._frames_away(frame.vehicle, rules)
        cut = cut_off(frame, rules)
        return replace(
            self,
            vehicle=frame.vehicle,
            vehicle_track=self.vehicle_track if cut else self.vehicle_track.after(frame.vehicle, frame.at.mono, rules),
            frames_away=away,
            left_anchor=self.left_anchor or away >= rules.moved_frames,
            standstill=standstill,
        )

    def leapt(self) -> Motion:
        """Drops the track before a box that is elsewhere and reads differently: that may be another thing."""
        return replace(self, plate_track=NO_TRACK)

    def taken_over(self, plate: Motion) -> Motion:
        """With the plate of another sighting, which turned out to be this vehicle's."""
        return replace(
            self,
            plate=plate.plate,
            plate_first=plate.plate_first,
            plate_last=plate.plate_last,
            plate_track=plate.plate_track,
        ).anchored()

    def begun_again(self, mono: float) -> Motion:
        """The motion of the next visit of the same vehicle, which starts at `mono` where it is."""
        since = mono if self.plate is not None else None
        return Motion(plate=self.plate, plate_first=since, plate_last=since, vehicle=self.vehicle)

    def anchored(self) -> Motion:
        """With its present place as the new anchor."""
        return replace(self, anchor=self.plate or self.vehicle, frames_away=0, left_anchor=False)

    @property
    def moved(self) -> bool:
        """Whether it has left its anchor. True without an anchor."""
        return self.anchor is None or self.left_anchor

    def stands_in(self, frame: FrameRead, rules: MotionRules) -> bool:
        """Whether the frame's vehicle stands where this one was when its plate was last seen."""
        if self.vehicle is None or frame.vehicle is None or fills(frame.vehicle, frame, rules):
            return False
        return frame.vehicle.iou(self.vehicle) >= rules.same_place_iou

    def standstill_around_plate(self) -> bool:
        """Whether the latest foreground, at rest or passing, is around its plate."""
        box, plate = self.standstill.box, self.plate
        return box is not None and plate is not None and box.holds(plate.centre)

    def _frames_away(self, box: Box, rules: MotionRules) -> int:
        return self.frames_away + 1 if self.anchor is not None and elsewhere(box, self.anchor, rules) else 0


NO_MOTION = Motion()
"""Nothing has been seen of it."""


def _in_corner(box: Box, size: tuple[int, int], share: float) -> bool:
    (x, y), (width, height) = box.centre, size
    return min(x, width - x) < share * width and min(y, height - y) < share * height
