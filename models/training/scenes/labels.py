"""Labels of a plate in a picture: its corners, its text, and how much of it is visible."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.training.scenes.textures import Picture

_PROBES = np.stack(np.meshgrid(np.linspace(0.04, 0.96, 11), np.linspace(0.1, 0.9, 4)), -1).reshape(-1, 2)


@dataclass(frozen=True, slots=True)
class PlatePlace:
    """A plate in the picture: `corners` [4, 2] in pixels, clockwise from its top left; `visible` is a share."""

    corners: NDArray[np.float64]
    text: str
    format_id: str
    visible: float

    @property
    def width_px(self) -> float:
        """Mean length of the upper and lower edges."""
        return float(
            (np.linalg.norm(self.corners[1] - self.corners[0]) + np.linalg.norm(self.corners[2] - self.corners[3])) / 2
        )


def carried(plate: PlatePlace, matrix: NDArray[np.float64], picture: Picture) -> PlatePlace:
    """The plate's label after an affine `matrix` [2, 3] onto `picture`."""
    corners = plate.corners @ matrix[:, :2].T + matrix[:, 2]
    return replace(plate, corners=corners, visible=plate.visible * inside_share(corners - 0.5, picture))


def behind(plate: PlatePlace, covered: Picture) -> PlatePlace:
    """The plate's label after something nearer was drawn over it."""
    points = np.round(_probes(plate.corners - 0.5)).astype(int)
    inside = np.all((points >= 0) & (points < [covered.shape[1], covered.shape[0]]), axis=1)
    clear = covered[points[inside, 1], points[inside, 0]] < 100
    return PlatePlace(
        corners=plate.corners,
        text=plate.text,
        format_id=plate.format_id,
        visible=plate.visible * float(np.mean(clear)) if len(clear) else 0.0,
    )


def inside_share(quad: NDArray[np.float64], frame: Picture) -> float:
    """Share of a quadrilateral that lies within the picture, 0 to 1."""
    points = _probes(quad)
    return float(np.mean(np.all((points >= 0) & (points <= [frame.shape[1] - 1, frame.shape[0] - 1]), axis=1)))


def _probes(quad: NDArray[np.float64]) -> NDArray[np.float64]:
    """A grid of points over a quadrilateral."""
    u, v = _PROBES[:, :1], _PROBES[:, 1:]
    top, bottom = quad[0] + u * (quad[1] - quad[0]), quad[3] + u * (quad[2] - quad[3])
    points: NDArray[np.float64] = top + v * (bottom - top)
    return points
