"""A camera that is well aimed, for tests to spoil."""

from __future__ import annotations

from edge.aim.sight import AimSight, PlateSeen, ViewSeen

VIEW = ViewSeen(
    age_s=1.0, brightness=110.0, contrast=50.0, clipped=0.01, infrared=False, softness_px=0.6, softness_usual_px=0.6,
    troubles=(), doubt="", agreement=0.9, lost=0.05, shift=None, accepted=False, clock=None,
)  # fmt: skip
PLATE = PlateSeen(
    age_s=0.5, text="А 123 ВС 77", width_px=142.0, char_height_px=21.0, roll_deg=-2.0, angle_deg=24.0, sharpness=0.41,
    contrast=0.62, clipped=0.08, infrared=False,
)  # fmt: skip
SIGHT = AimSight("entry", 15.0, alive=True, frozen=False, frame_age_s=0.1, size=(1920, 1080), view=VIEW, plate=PLATE)
