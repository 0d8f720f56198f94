"""How often what comes to a picture of a plate: its size, pose, light, weather, blur, compression.

`Conditions` says how often each effect comes; its strength is drawn inside the effect. Training uses `TRAINING` and
`GATE`, the test sets use one named condition each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

INPUT: Final = (192, 64)
"""Width and height of the reader's input."""
MARGINS: Final = (0.08, 0.28)
"""What the rectifier leaves around a plate, per side: share of its width, share of its height."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """How a set of pictures is taken. Plain floats are probabilities unless a unit is named."""

    width_px: tuple[float, float] = (40.0, 320.0)
    """Width of the plate in the camera's picture, drawn log-uniformly."""
    rectified: float = 0.6
    """Cut along detected corners; the others are upright boxes around a plate in some pose."""
    loose: float = 0.08
    """Of those cut along corners: a grille or a frame has pulled the corners outwards."""
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
    cover: float = 0.0
    """Something lies before characters: a training alone has it, and must know what it hides."""
    hugged: float = 0.0
    """Of plates with an end covered: the corners are those of what can be seen, and the cover lies outside of them."""
    cut: float = 0.0
    """The corners are wrong, and an end of the plate is not in the picture."""


TRAINING: Final = Conditions(cover=0.4, hugged=0.7, cut=0.02)
"""Harder than any gate; much of it is past reading."""
GATE: Final = Conditions(
    width_px=(60.0, 320.0), loose=0.04, yaw_deg=35.0, roll_deg=12.0, steep=0.15, bend=0.2, glare=0.06, dirt=0.2, snow=0.22, rain=0.04,
    infrared=0.08, defocus=0.3, motion=0.15, under=0.12, over=0.05,
    cover=0.38, hugged=0.7, cut=0.02,
)  # fmt: skip
"""What comes to a gate: between the test sets, which are mild, and training."""
EASY: Final = Conditions(
    width_px=(100.0, 320.0), roll_deg=8.0, yaw_deg=20.0, bend=0.1, shade=0.2, glare=0.0, dirt=0.1, snow=0.0, rain=0.0,
    infrared=0.0, defocus=0.2, motion=0.05, under=0.0, over=0.0,
)  # fmt: skip
"""For the first minutes of a training: where symbols stand is learned sooner when they can be seen."""
