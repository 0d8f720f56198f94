"""The empty entrance: road, verges, fence, houses behind, guard booth and barrier. BGR uint8."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.clips.viewpoint import Viewpoint
from models.training.scenes.canvas import Canvas, rounded
from models.training.scenes.compose import overlay
from models.training.scenes.pose import homography, rectangle
from models.training.scenes.textures import Picture, asphalt, brick, foliage, fractal, grain, tinted

_GROUND_M = (-30.0, 30.0, 2.6, 66.0)
_PX_A_METRE = 30
ROAD_M = (-3.1, 1.6)
BOOM_M = 6.2
"""Distance of the barrier from the camera."""


def draw_stage(rng: np.random.Generator, view: Viewpoint, *, wet: bool = False, snowy: bool = False) -> Picture:
    """The entrance without cars or boom."""
    picture = np.empty((view.height_px, view.width_px, 3), np.uint8)
    sky = fractal(rng, height=view.height_px, width=view.width_px, coarse=3)
    picture[:] = tinted(sky, dark=(205, 190, 175), light=(240, 236, 232))
    _houses(rng, picture, view)
    _ground(rng, picture, view, wet=wet, snowy=snowy)
    _fence(rng, picture, view)
    _booth(rng, picture, view)
    return picture


def _ground(rng: np.random.Generator, picture: Picture, view: Viewpoint, *, wet: bool, snowy: bool) -> None:
    x0, x1, z0, z1 = _GROUND_M
    height, width = int((z1 - z0) * _PX_A_METRE), int((x1 - x0) * _PX_A_METRE)
    verge = tinted(
        fractal(rng, height=height, width=width, coarse=60, octaves=5), dark=(38, 62, 52), light=(72, 122, 104)
    )
    if snowy:
        verge = tinted(fractal(rng, height=height, width=width), dark=(205, 200, 195), light=(246, 243, 240))

    def column(x: float) -> int:
        return int((x - x0) * _PX_A_METRE)

    asphalted = asphalt(rng, height=height, width=column(ROAD_M[1]) - column(ROAD_M[0]))
    level = 62 if wet else 96
    road: NDArray[np.float32] = np.clip(
        asphalted.astype(np.float32) * (level / max(float(asphalted.mean()), 1)), 0, 255
    )
    rough = cv2.resize(grain(rng, height=height // 2, width=road.shape[1] // 2), (road.shape[1], height))
    road += (rough * 5)[..., None]
    for track in (-1.45, 0.05):  # tyres have worn two tracks
        at = column(track) - column(ROAD_M[0])
        road[:, max(0, at - 16) : at + 16] *= 0.9
    if snowy:
        slush = fractal(rng, height=height, width=road.shape[1], coarse=24)[..., None]
        road = road * (1 - 0.7 * slush) + 225 * 0.7 * slush
    verge[:, column(ROAD_M[0]) : column(ROAD_M[1])] = np.clip(road, 0, 255).astype(np.uint8)
    pavement = brick(rng, height=height, width=column(ROAD_M[1] + 1.6) - column(ROAD_M[1]))
    tiles = cv2.cvtColor(pavement, cv2.COLOR_BGR2GRAY)[..., None].astype(np.float32)
    level = 70 if wet else 200 if snowy else 128
    verge[:, column(ROAD_M[1]) : column(ROAD_M[1] + 1.6)] = np.clip(
        level + 0.5 * (tiles - tiles.mean()), 0, 255
    ).astype(np.uint8)
    for x in ROAD_M:  # kerbs
        cv2.rectangle(verge, (column(x) - 4, 0), (column(x) + 4, height), (158, 160, 160), -1)
    stop = height - int((BOOM_M + 1.5 - z0) * _PX_A_METRE)
    cv2.rectangle(verge, (column(ROAD_M[0] + 0.2), stop), (column(ROAD_M[1] - 0.2), stop + 12), (205, 205, 205), -1)
    verge = np.asarray(cv2.GaussianBlur(verge, (0, 0), 1.0), np.uint8)
    corners = view.project(np.array([[x0, 0, z1], [x1, 0, z1], [x1, 0, z0], [x0, 0, z0]], np.float64))
    matrix = homography(rectangle(width=width, height=height), corners)
    soft = cv2.GaussianBlur(verge, (0, 0), 1.5, sigmaY=9)
    near = cv2.warpPerspective(
        verge, matrix, (view.width_px, view.height_px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    far = cv2.warpPerspective(
        np.asarray(soft, np.uint8),
        matrix,
        (view.width_px, view.height_px),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    rows = np.linspace(-0.2, 1.6, view.height_px, dtype=np.float32).clip(0, 1)[:, None, None]
    ground = near * rows + far * (1 - rows)
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.round(corners + np.array([[0, 1], [0, 1], [0, 40], [0, 40]])).astype(np.int32), 255)
    np.copyto(picture, ground.astype(np.uint8), where=mask[..., None] > 0)


def _houses(rng: np.random.Generator, picture: Picture, view: Viewpoint) -> None:
    x = -34.0
    while x < 34:
        wide, tall = rng.uniform(7, 15), rng.uniform(8, 24)
        face = brick(rng, height=300, width=360)
        face = np.clip(face * 0.55 + 80, 0, 255).astype(np.uint8)
        for row in range(14, 290, 46):
            for left in range(14, 340, 52):
                cv2.rectangle(face, (left, row), (left + 26, row + 30), (96, 84, 76), -1)
                cv2.rectangle(face, (left, row), (left + 26, row + 30), (205, 205, 205), 2)
        overlay(picture, face, view.upright(x=x + wide / 2, z=60, width=wide, bottom=0, top=tall))
        x += wide + rng.uniform(0, 5)
    for x in np.arange(-24, 25, 4.0):
        tree = foliage(rng, height=160, width=160)
        yy, xx = np.mgrid[-1:1:160j, -1:1:160j]
        shape = (0.5 * fractal(rng, height=160, width=160, coarse=7) + 0.75 > np.hypot(xx, yy)).astype(np.uint8) * 255
        cv2.rectangle(shape, (74, 90), (86, 160), 255, -1)
        tree[95:, 72:88] = (44, 56, 66)
        at = float(x + rng.uniform(-1.5, 1.5))
        if -4 < at < 3.5:
            continue
        overlay(
            picture,
            tree,
            view.upright(x=at, z=58, width=5, bottom=0, top=rng.uniform(4, 7)),
            opacity=np.asarray(cv2.GaussianBlur(shape, (0, 0), 1), np.uint8),
        )


def _fence(rng: np.random.Generator, picture: Picture, view: Viewpoint) -> None:
    sheet = Canvas(width_mm=9000, height_mm=2000, px_per_mm=0.06)
    tone = float(rng.uniform(60, 110))
    for x in range(-4500, 4500, 110):
        sheet.polygon([(x, 0), (x + 34, 0), (x + 34, 1900), (x, 1900)], (tone, tone * 0.95, tone * 0.8))
    for y in (250, 1650):
        sheet.polygon([(-4500, y), (4500, y), (4500, y + 70), (-4500, y + 70)], (tone * 0.9, tone * 0.85, tone * 0.7))
    for beside in (-10.5, 9.6):
        overlay(picture, sheet.colour, view.upright(x=beside, z=24, width=13, bottom=0, top=2.0), opacity=sheet.opacity)


def _booth(rng: np.random.Generator, picture: Picture, view: Viewpoint) -> None:
    sheet = Canvas(width_mm=2200, height_mm=2700, px_per_mm=0.14)
    wall = (float(rng.uniform(120, 170)), float(rng.uniform(120, 160)), float(rng.uniform(110, 150)))
    sheet.shaded([(-1000, 0), (1000, 0), (1000, 2450), (-1000, 2450)], wall, tuple(v * 0.75 for v in wall))  # type: ignore[arg-type]
    sheet.polygon(rounded(-1090, 2400, 1090, 2650, 30), (60, 62, 66))
    sheet.shaded([(-820, 1050), (250, 1050), (250, 2100), (-820, 2100)], (150, 140, 128), (58, 52, 48))
    sheet.polygon(rounded(420, 60, 880, 2080, 20), (92, 96, 100))
    sheet.ellipse((500, 1050), (35, 35), (200, 200, 200))
    for x in (-300.0,):
        sheet.line([(x, 1050), (x, 2100)], (190, 190, 190), width_mm=40)
    overlay(picture, sheet.colour, view.upright(x=3.9, z=12.5, width=2.2, bottom=0, top=2.7), opacity=sheet.opacity)


def draw_boom(picture: Picture, view: Viewpoint, *, raised: float, gain: float = 1.0) -> None:
    """Draw the barrier's cabinet and its boom, 0 closed to 1 open, into the picture."""
    foot = ROAD_M[1] + 0.3
    cabinet = Canvas(width_mm=340, height_mm=1080, px_per_mm=0.4)
    cabinet.shaded(rounded(-165, 0, 165, 1060, 30), (40, 120, 225), (25, 80, 150))
    cabinet.polygon(rounded(-120, 620, 120, 900, 15), (40, 42, 44))
    angle = raised * np.radians(84)
    length, hinge = ROAD_M[1] - ROAD_M[0] + 0.5, 0.92
    ends = np.linspace(0, 1, 15)
    direction = np.array([-np.cos(angle), np.sin(angle), 0.0])
    base = np.array([foot, hinge, BOOM_M])
    points = base + np.outer(ends * length, direction)
    across = np.array([np.sin(angle), np.cos(angle), 0.0]) * 0.055
    for index in range(len(points) - 1):
        a, b = points[index], points[index + 1]
        quad = view.project(np.stack([a + across, b + across, b - across, a - across]))
        colour = np.array((44, 40, 205) if index % 2 else (232, 232, 235)) * gain
        cv2.fillConvexPoly(picture, np.round(quad * 16).astype(np.int32), colour.tolist(), cv2.LINE_AA, 4)
    overlay(
        picture,
        cabinet.colour,
        view.upright(x=foot, z=BOOM_M - 0.1, width=0.34, bottom=0, top=1.08),
        opacity=cabinet.opacity,
        gain=gain,
    )
