"""A vehicle's pose relative to the camera, and the homographies that project its faces. In millimetres and degrees."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def rotation(*, yaw_deg: float, pitch_deg: float, roll_deg: float) -> Matrix:
    """Rotate about the vertical axis, then tilt towards the camera, then roll in the picture."""
    yaw, pitch, roll = np.radians([yaw_deg, pitch_deg, roll_deg])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return np.asarray(about_z @ about_x @ about_y, np.float64)


@dataclass(frozen=True, slots=True)
class Pose:
    """A plane of a vehicle in front of a pinhole camera.

    `anchor_px` is the position in the picture of the vehicle's point `anchor_mm` (x right, y up, on its face);
    `focal_px` and `distance_mm` determine size and perspective; `turn` is the vehicle's rotation.
    """

    turn: Matrix
    focal_px: float
    distance_mm: float
    anchor_mm: tuple[float, float]
    anchor_px: tuple[float, float]

    def project(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points [n, 3] on the vehicle (x right, y up, z away from the camera, face at z = 0) to pixels [n, 2]."""
        local = points - np.array([*self.anchor_mm, 0.0])
        seen = (local * np.array([1.0, -1.0, 1.0])) @ self.turn.T
        depth = np.maximum(seen[:, 2] + self.distance_mm, 0.1 * self.distance_mm)
        pixels: NDArray[np.float64] = self.focal_px * seen[:, :2] / depth[:, None] + np.array(self.anchor_px)
        return pixels

    def face(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points [n, 2] on the vehicle's face to pixels."""
        return self.project(np.hstack([points_mm, np.zeros((len(points_mm), 1))]))


def homography(source: NDArray[np.float64], target: NDArray[np.float64]) -> Matrix:
    """The perspective transform that maps four points to four points."""
    return np.asarray(cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32)), np.float64)


def rectangle(*, width: float, height: float) -> NDArray[np.float64]:
    """Corners of a picture of this size, clockwise from the top left, on the pixels' outer edges."""
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64) - 0.5


def convex(quad: NDArray[np.float64]) -> bool:
    """Whether four corners form a proper convex quadrilateral, clockwise on the screen."""
    edges = np.roll(quad, -1, 0) - quad
    following = np.roll(edges, -1, 0)
    return bool(np.all(edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0] > 0))


def area(quad: NDArray[np.float64]) -> float:
    x, y = quad[:, 0], quad[:, 1]
    return float(0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))
