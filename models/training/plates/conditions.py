"""How often each effect occurs in a picture of a plate: size, pose, light, weather, blur, compression.

`Conditions` gives the frequency of each effect; the effect itself draws its strength. Training uses `TRAINING` and `GATE`.
The test sets use one named condition each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

INPUT: Final = (192, 64)
"""Width and height of the reader's input."""
MARGINS: Final = (0.08, 0.28)
"""Margins that the rectifier leaves around a plate on each side, as shares of its width and its height."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """How a set of pictures is taken. Plain floats are probabilities unless the name contains a unit."""

    width_px: tuple[float, float] = (40.0, 320.0)
    """Width of the plate in the camera's picture, drawn log-uniformly."""
    rectified: float = 0.6
    """Pictures rectified along detected corners. The others are upright boxes around a plate in some pose."""
    loose: float = 0.08
    """Among the rectified ones: a grille or a frame has pulled the detected corners outwards."""
    yaw_deg: float = 45.0
    roll_deg: float = 20.0
    steep: float = 0.25
    """Share of poses drawn up to the limits rather than near the middle."""
    bend: float = 0.3
    shade: float = 0.35
    glare: float = 0.12
    dirt: float = 0.3
    snow: float = 0.15
    rain: float = 0.05
    infrared: float = 0.12
    defocus: float = 0.45
    motion: float = 0.25
    under: float = 0.16
    over: float = 0.1
    noise: float = 0.6
    jpeg: float = 0.6
    video: float = 0.0
    """Taken from a coded video instead, alone or several laid upon one another (`video.filmed`). Only training has this."""
    cover: float = 0.0
    """Something covers characters. Only training has this, since it needs to know what is hidden."""
    partly: float = 0.0
    """Share of the covering patches that hide between a quarter and 70 % of one symbol, where it is hardest to tell."""
    hugged: float = 0.0
    """Among plates with a covered end: the corners enclose only the visible part, and the cover lies outside them."""
    cut: float = 0.0
    """The corners are wrong, and an end of the plate is outside the picture."""


TRAINING: Final = Conditions(width_px=(32.0, 320.0), cover=0.4, partly=0.5, hugged=0.7, cut=0.02, video=0.35)
"""Harder than any gate; many of these pictures cannot be read."""
GATE: Final = Conditions(
    width_px=(60.0, 320.0), loose=0.04, yaw_deg=35.0, roll_deg=12.0, steep=0.15, bend=0.2, glare=0.06, dirt=0.2, snow=0.22, rain=0.04,
    infrared=0.08, defocus=0.3, motion=0.15, under=0.12, over=0.05,
    cover=0.38, partly=0.5, hugged=0.7, cut=0.02, video=0.2,
)  # fmt: skip
"""What a gate sees: between the test sets, which are mild, and `TRAINING`."""
EASY: Final = Conditions(
    width_px=(100.0, 320.0), roll_deg=8.0, yaw_deg=20.0, bend=0.1, shade=0.2, glare=0.0, dirt=0.1, snow=0.0, rain=0.0,
    infrared=0.0, defocus=0.2, motion=0.05, under=0.0, over=0.0,
)  # fmt: skip
"""For the first minutes of training: the positions of symbols are learned faster when the symbols are clearly visible."""
