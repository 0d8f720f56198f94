"""The gate's camera on its post: maps metres to pixels. x to the right, y up, z away from the camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A pinhole camera `height_m` above the road; `tilt` is its downward slope."""

    width_px: int
    height_px: int
    focal_px: float
    height_m: float = 2.4
    tilt: float = 0.17

    @classmethod
    def usual(cls, *, width_px: int, height_px: int) -> Viewpoint:
        return cls(width_px=width_px, height_px=height_px, focal_px=1.4 * width_px)

    def project(self, points: Points) -> Points:
        """Points [n, 3] in metres to pixels [n, 2]."""
        cos = 1 / np.hypot(1, self.tilt)
        sin = self.tilt * cos
        x, y, z = points[:, 0], points[:, 1] - self.height_m, points[:, 2]
        depth = np.maximum(z * cos - y * sin, 0.2)
        up = y * cos + z * sin
        return np.stack(
            [self.width_px / 2 + self.focal_px * x / depth, self.height_px / 2 - self.focal_px * up / depth], 1
        )

    def upright(self, *, x: float, z: float, width: float, bottom: float, top: float, yaw: float = 0.0) -> Points:
        """Corners in pixels, clockwise from top left, of an upright board facing the camera, turned by `yaw` rad."""
        dx, dz = np.cos(yaw) * width / 2, np.sin(yaw) * width / 2
        ends = ((x - dx, z - dz), (x + dx, z + dz))
        (x0, z0), (x1, z1) = ends
        return self.project(np.array([[x0, top, z0], [x1, top, z1], [x1, bottom, z1], [x0, bottom, z0]]))
