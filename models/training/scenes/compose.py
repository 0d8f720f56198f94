"""Lays one picture over another through a homography, touching no more pixels than needed."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.scenes.pose import Matrix, homography, rectangle
from models.training.scenes.textures import Picture

Mask = NDArray[np.uint8]


def _shrunk(picture: Picture, mask: Mask | None, factor: float) -> tuple[Picture, Mask | None]:
    """Halve until a linear warp no longer skips pixels."""
    while factor > 1.8 and min(picture.shape[:2]) > 8:
        size = (picture.shape[1] // 2, picture.shape[0] // 2)
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        if mask is not None:
            mask = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.uint8)
        factor /= 2
    return picture, mask


def overlay(
    frame: Picture, layer: Picture, quad: NDArray[np.float64], *, opacity: Mask | None = None, gain: float = 1.0
) -> Mask | None:
    """Warp `layer` so that its outer corners (clockwise from top left) fall on `quad`, and lay it over `frame` in place.

    `quad` is in the frame's pixels, with centres at whole numbers. Returns the frame-sized mask of what was covered, or
    None if nothing was in view.
    """
    height, width = frame.shape[:2]
    x0, y0 = np.maximum(np.floor(quad.min(0)).astype(int) - 1, 0)
    x1, y1 = np.minimum(np.ceil(quad.max(0)).astype(int) + 2, [width, height])
    if x1 - x0 < 2 or y1 - y0 < 2:
        return None
    span = max(float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[2] - quad[3])), 1.0)
    layer, opacity = _shrunk(layer, opacity, layer.shape[1] / span)
    matrix: Matrix = homography(rectangle(width=layer.shape[1], height=layer.shape[0]), quad - [x0, y0])
    size = (int(x1 - x0), int(y1 - y0))
    warped = cv2.warpPerspective(layer, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if opacity is None:
        opacity = np.full(layer.shape[:2], 255, np.uint8)
    cover = cv2.warpPerspective(opacity, matrix, size, flags=cv2.INTER_LINEAR)
    if gain != 1.0:
        warped = cv2.convertScaleAbs(warped, alpha=gain)
    part = frame[y0:y1, x0:x1]
    weight = cover.astype(np.uint16)
    if frame.ndim == 3:
        weight = weight[..., None]
    part[:] = ((part * (255 - weight) + warped * weight + 127) // 255).astype(np.uint8)
    mask = np.zeros((height, width), np.uint8)
    mask[y0:y1, x0:x1] = cover
    return mask


def shade(frame: Picture, quad: NDArray[np.float64], *, factor: float, soft_px: float) -> None:
    """Darken (or lighten) a soft-edged quadrilateral in place: the shadow under a car."""
    x0, y0 = np.maximum(np.floor(quad.min(0) - 2 * soft_px).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(quad.max(0) + 2 * soft_px).astype(int), [frame.shape[1], frame.shape[0]])
    if x1 - x0 < 3 or y1 - y0 < 3:
        return
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    cv2.fillConvexPoly(mask, np.round((quad - [x0, y0]) * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    kernel = 2 * max(1, round(soft_px)) + 1
    soft = cv2.blur(mask, (kernel, kernel)).astype(np.float32) * ((factor - 1) / 255) + 1
    part = frame[y0:y1, x0:x1]
    part[:] = np.clip(part * (soft[..., None] if frame.ndim == 3 else soft), 0, 255).astype(np.uint8)
