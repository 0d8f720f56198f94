"""What the pictures of one vehicle say: the text on its plate, how often it was read, and the best picture. Values."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.decision.decide import SHORTEST_PLATE
from core.geometry import Box, Corners
from core.reading.fusion import NO_READS, Fusion
from core.reading.reading import NOTHING, Reading
from core.rules.visit import Rules
from core.visit.tracking import Seen, agree

BETTER_PLATE = 1.1
BETTER_VEHICLE = 1.3
"""A picture replaces the kept one only if its quality is this many times higher: jitter must not replace it."""
VEHICLE_QUALITY = 1e-9
"""Quality of one pixel of a vehicle: so low that any plate is better evidence than the largest vehicle."""


@dataclass(frozen=True, slots=True)
class BestPicture:
    """The picture of a vehicle that is kept as evidence."""

    frame: int | None = None
    quality: float = 0.0
    box: Box | None = None
    """The plate's box in it."""
    corners: Corners | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Grows picture by picture; never changes in place."""

    fusion: Fusion = NO_READS
    reading: Reading = NOTHING
    """What all pictures together read as."""
    hits: int = 0
    """Frames in which its plate was read."""
    widest: float = 0.0
    """The widest plate that was read, in pixels."""
    best: BestPicture = BestPicture()
    last_agrees: bool = False
    """Whether the last picture of its plate, by itself, reads like all of them together: the plate is in view now."""

    def with_plate(self, seen: Seen, frame_id: int) -> Evidence:
        """After a frame that shows its plate. If the reader saw no text, the frame only counts as not agreeing."""
        read, own = seen.read, seen.own
        if not own.text:
            return replace(self, last_agrees=False)
        fusion = self.fusion.added(read, own)
        same = fusion.looks == self.fusion.looks  # a better view of a picture seen before: nothing to decode again
        reading = self.reading if same else fusion.reading()
        quality = read.box.w * (0.3 + read.sharpness) * (0.2 + own.confidence)
        better = quality > self.best.quality * BETTER_PLATE
        return Evidence(
            fusion,
            reading,
            self.hits + 1,
            max(self.widest, read.box.w),
            BestPicture(frame_id, quality, read.box, read.corners) if better else self.best,
            last_agrees=agree(reading.text, own.text),
        )

    def with_vehicle(self, vehicle: Box, frame_id: int) -> Evidence:
        """After a frame with the foreground of a vehicle whose plate was never seen."""
        quality = vehicle.area * VEHICLE_QUALITY
        if quality <= self.best.quality * BETTER_VEHICLE:
            return self
        return replace(self, best=replace(self.best, frame=frame_id, quality=quality))

    def with_light(self, frame_id: int) -> Evidence:
        """After a frame that shows what may be only light; the first such frame is kept as the picture."""
        return self if self.best.frame is not None else replace(self, best=replace(self.best, frame=frame_id))

    def taken_over(self, plate: Evidence, frame_id: int) -> Evidence:
        """With everything read of another sighting, which turned out to be this vehicle's plate."""
        return replace(plate, hits=self.hits + plate.hits, best=replace(plate.best, frame=frame_id))

    def illegible(self, rules: Rules, *, exiting: bool = False) -> bool:
        """Whether its plate hardly reads, or is only a scrap of one. For a leaving car, a scrap counts as a plate."""
        scrap = not exiting and len(self.reading.text) < SHORTEST_PLATE
        return self.hits > 0 and (scrap or self.reading.confidence < rules.illegible_confidence)


NO_EVIDENCE = Evidence()
"""Nothing has been read."""
