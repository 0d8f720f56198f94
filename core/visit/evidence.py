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
"""A picture takes the place of the kept one when it is so many times as good: one that trembles does not."""
VEHICLE_QUALITY = 1e-9
"""Of a pixel of a vehicle: any plate is better evidence than the largest vehicle."""


@dataclass(frozen=True, slots=True)
class BestPicture:
    """The picture to be kept of a vehicle."""

    frame: int | None = None
    quality: float = 0.0
    box: Box | None = None
    """Of the plate in it."""
    corners: Corners | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Grows picture by picture; never changes in place."""

    fusion: Fusion = NO_READS
    reading: Reading = NOTHING
    """What all pictures read as together."""
    hits: int = 0
    """Frames in which its plate was read."""
    widest: float = 0.0
    """The widest plate that was read, in pixels."""
    best: BestPicture = BestPicture()
    last_agrees: bool = False
    """Whether the last picture of its plate, by itself, reads like all of them together: what is there now is that plate."""

    def with_plate(self, seen: Seen, frame_id: int) -> Evidence:
        """After a frame with its plate; one in which the reader saw none says only that it does not agree."""
        read, own = seen.read, seen.own
        if not own.text:
            return replace(self, last_agrees=False)
        fusion = self.fusion.added(read, own)
        same = fusion.looks == self.fusion.looks  # a picture seen before, and seen better: nothing to decode anew
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
        """After a frame with its foreground, of a vehicle whose plate was never seen."""
        quality = vehicle.area * VEHICLE_QUALITY
        if quality <= self.best.quality * BETTER_VEHICLE:
            return self
        return replace(self, best=replace(self.best, frame=frame_id, quality=quality))

    def with_light(self, frame_id: int) -> Evidence:
        """After a frame that shows what may be light: the first of them is kept."""
        return self if self.best.frame is not None else replace(self, best=replace(self.best, frame=frame_id))

    def taken_over(self, plate: Evidence, frame_id: int) -> Evidence:
        """With all that was read of another sighting, which turned out to be this vehicle's plate."""
        return replace(plate, hits=self.hits + plate.hits, best=replace(plate.best, frame=frame_id))

    def illegible(self, rules: Rules, *, exiting: bool = False) -> bool:
        """Whether it has a plate that hardly reads as one, or as a scrap of one; for a car that leaves a scrap is enough."""
        scrap = not exiting and len(self.reading.text) < SHORTEST_PLATE
        return self.hits > 0 and (scrap or self.reading.confidence < rules.illegible_confidence)


NO_EVIDENCE = Evidence()
"""Nothing has been read."""
