"""Puts one thing into a picture: a vehicle with its plate, a plate without a car, a board that is not a plate.

Each is drawn through its pose; a plate's corners come from the same projection, so they are exact.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.scenes.cars import LENGTH_MM, CarArt
from models.training.scenes.compose import overlay, shade
from models.training.scenes.labels import PlatePlace, inside_share
from models.training.scenes.light import Light, glow
from models.training.scenes.pose import Pose, area, convex, rotation
from models.training.scenes.stock import Stock, StockedPlate
from models.training.scenes.textures import Picture, grey_colour

ONE_LINE_MM, TWO_LINE_MM = 520.0, 290.0


def place_vehicle(
    rng: np.random.Generator, stock: Stock, frame: Picture, light: Light, *, base: int, plate_px: float
) -> tuple[Picture, PlatePlace | None, list[NDArray[np.float64] | None]]:
    """A vehicle of the stock.

    Returns the mask of what it covers, its plate if it has one, and the outlines of its lamps.
    """
    number = stock.pick(rng, base=base, kind="car")
    art = stock.car(number)
    plate_mm = TWO_LINE_MM if art.plate_square else ONE_LINE_MM
    pose = _pose(rng, frame, plate_px=plate_px, plate_mm=plate_mm, anchor_mm=art.plate_centre)
    covered = np.zeros(frame.shape[:2], np.uint8)
    half = art.width_mm / 2
    ground = pose.project(np.array([[-half, 0, 0], [half, 0, 0], [half, 0, 2500], [-half, 0, 2500]], np.float64))
    shade(frame, ground, factor=rng.uniform(0.35, 0.8), soft_px=0.12 * plate_px)
    if pose.turn[0, 2] ** 2 > 0.02 and art.width_mm > 1000:
        _cover(covered, _flank(stock, frame, pose, light, number=number, art=art))
    sheet = _sheet_quad(pose, art)
    if convex(sheet):
        _cover(covered, overlay(frame, art.colour, sheet, opacity=art.opacity, gain=light.scene_gain))
    if rng.random() < 0.3:
        _board_on_car(rng, stock, frame, pose, art, light, base=base)
    plate = None
    if rng.random() < 0.94:
        hung = stock.plate(stock.pick(rng, base=base, kind="plate"), square=art.plate_square)
        plate = hang(rng, frame, pose, hung, light, centre=art.plate_centre)
    if light.lamps:
        strength = rng.uniform(60, 320)
        for lamp in art.lamps:
            at = pose.face(np.array([lamp]))[0]
            glow(
                frame,
                (float(at[0]), float(at[1])),
                radius=rng.uniform(0.12, 0.6) * plate_px,
                strength=strength * (0.5 if art.rear else 1),
                warm=not art.rear,
            )
    lamps: list[NDArray[np.float64] | None] = [
        _face_quad(pose, centre=lamp, width_mm=rng.uniform(250, 600), height_mm=150) + 0.5 for lamp in art.lamps
    ]
    return covered, plate, lamps


def place_loose_plate(
    rng: np.random.Generator, stock: Stock, frame: Picture, light: Light, *, base: int, plate_px: float
) -> tuple[Picture, PlatePlace | None]:
    """A plate on an arbitrary background: the detector must recognise a plate without its car."""
    square = bool(rng.random() < 0.25)
    hung = stock.plate(stock.pick(rng, base=base, kind="plate"), square=square)
    plate_mm = hung.width_mm
    pose = _pose(rng, frame, plate_px=plate_px, plate_mm=plate_mm, anchor_mm=(0.0, 0.0))
    grow = rng.uniform(1.05, 3.0)
    covered = np.zeros(frame.shape[:2], np.uint8)
    if rng.random() < 0.6:
        panel = stock.backdrop(stock.pick(rng, base=base, kind="backdrop"))
        top, left = int(rng.integers(panel.shape[0] // 2)), int(rng.integers(panel.shape[1] // 2))
        piece = np.ascontiguousarray(panel[top : top + panel.shape[0] // 3, left : left + panel.shape[1] // 3])
        quad = _face_quad(
            pose,
            centre=(rng.normal(0, 60), rng.normal(0, 40)),
            width_mm=plate_mm * grow,
            height_mm=plate_mm * grow * rng.uniform(0.3, 1),
        )
        if convex(quad):
            _cover(covered, overlay(frame, piece, quad, gain=light.scene_gain))
    plate = hang(rng, frame, pose, hung, light, centre=(0.0, 0.0))
    if plate is not None:
        cv2.fillConvexPoly(covered, np.round(plate.corners).astype(np.int32), 255)
    return covered, plate


def place_board(rng: np.random.Generator, stock: Stock, frame: Picture, *, base: int) -> NDArray[np.float64] | None:
    """A board that is not a plate: its outline, None if too little of it is visible."""
    board = stock.board(stock.pick(rng, base=base, kind="board"))
    board_px = float(np.exp(rng.uniform(np.log(14), np.log(300)))) * frame.shape[1] / 384
    pose = _pose(rng, frame, plate_px=board_px, plate_mm=ONE_LINE_MM, anchor_mm=(0.0, 0.0))
    quad = _face_quad(
        pose, centre=(0.0, 0.0), width_mm=ONE_LINE_MM, height_mm=ONE_LINE_MM * board.shape[0] / board.shape[1]
    )
    if not convex(quad) or area(quad) < 20:
        return None
    overlay(frame, board, quad, gain=rng.uniform(0.7, 1.2))
    return quad + 0.5


def hang(
    rng: np.random.Generator,
    frame: Picture,
    pose: Pose,
    hung: StockedPlate,
    light: Light,
    *,
    centre: tuple[float, float],
) -> PlatePlace | None:
    """Draw a plate with its frame; None if it would be seen from behind."""
    mounted, plate_mm = hung.mounted, hung.width_mm
    mm = plate_mm / mounted.width
    wide, high = plate_mm / 2, mounted.height * mm / 2
    lean = rng.normal(0, 0.02)
    spin = np.array([[np.cos(lean), -np.sin(lean)], [np.sin(lean), np.cos(lean)]])
    rows, columns = mounted.picture.shape[:2]
    outer = np.array([[-wide - mounted.left * mm, high + mounted.top * mm], [0, 0], [0, 0], [0, 0]])
    outer[1] = outer[0] + [columns * mm, 0]
    outer[2] = outer[1] - [0, rows * mm]
    outer[3] = outer[0] - [0, rows * mm]
    face = np.array([[-wide, high], [wide, high], [wide, -high], [-wide, -high]])
    outer_px, face_px = (pose.face(points @ spin.T + np.array(centre)) for points in (outer, face))
    if not convex(face_px) or not convex(outer_px):
        return None
    gain = light.scene_gain * light.plate_gain
    overlay(frame, mounted.picture, outer_px, gain=min(gain, 1.6))
    if rng.random() < 0.05:  # a tow hook, a bar, a twig across
        start, end = (face_px[0] + rng.uniform(-0.2, 1.2) * (face_px[1] - face_px[0]) for _ in range(2))
        end = end + (face_px[3] - face_px[0]) * rng.uniform(0.5, 1.5)
        thick = max(
            1, round(0.02 * plate_mm * rng.uniform(0.3, 2) * float(np.linalg.norm(face_px[1] - face_px[0])) / plate_mm)
        )
        colour = grey_colour(rng, low=10, high=160)
        cv2.line(
            frame,
            start.astype(int).tolist(),
            end.astype(int).tolist(),
            colour[:1] if frame.ndim == 2 else colour,
            thick,
            cv2.LINE_AA,
        )
    inside = inside_share(face_px, frame)
    return PlatePlace(corners=face_px + 0.5, text=hung.text, format_id=hung.format_id, visible=inside)


def _sheet_quad(pose: Pose, art: CarArt) -> NDArray[np.float64]:
    """Where the corners of a vehicle's sheet fall in the picture."""
    rows, columns = art.opacity.shape
    wide = columns / art.px_per_mm / 2
    bottom = art.top_mm - rows / art.px_per_mm
    return pose.face(np.array([[-wide, art.top_mm], [wide, art.top_mm], [wide, bottom], [-wide, bottom]]))


def _flank(stock: Stock, frame: Picture, pose: Pose, light: Light, *, number: int, art: CarArt) -> Picture | None:
    canvas = stock.side(number)
    low = canvas.top_mm - canvas.opacity.shape[0] / canvas.px_per_mm
    for x in (art.width_mm / 2, -art.width_mm / 2):
        near, far = (0.0, LENGTH_MM) if x > 0 else (LENGTH_MM, 0.0)
        corners = [(x, canvas.top_mm, near), (x, canvas.top_mm, far), (x, low, far), (x, low, near)]
        quad = pose.project(np.array(corners, np.float64))
        if convex(quad):
            break
    else:
        return None
    colour, opacity = canvas.colour, canvas.opacity
    if x < 0:
        colour, opacity = np.ascontiguousarray(colour[:, ::-1]), np.ascontiguousarray(opacity[:, ::-1])
    _roof(frame, pose, art, side=x, gain=0.8 * light.scene_gain)
    return overlay(frame, colour, quad, opacity=opacity, gain=0.8 * light.scene_gain)


def _roof(frame: Picture, pose: Pose, art: CarArt, *, side: float, gain: float) -> None:
    """The surface that closes the gap between the sloping cabin and the upright side."""
    shoulder, top = 0.62 * art.height_mm, art.height_mm - 20
    near, far = 400.0, 0.8 * LENGTH_MM
    corners = [
        (side * 0.97, shoulder, 0),
        (side * 0.7, top, 0),
        (0, top, 0),
        (0, top, far),
        (side, top, far),
        (side, top, near),
    ]
    outline = pose.project(np.array([*corners, (side, shoulder, near)], np.float64))
    tone = np.array(art.paint) * gain
    hull = cv2.convexHull(np.round(outline * 16).astype(np.int32))
    colour = tone.tolist() if frame.ndim == 3 else [float(tone.mean())]
    cv2.fillConvexPoly(frame, hull, np.clip(colour, 0, 255).tolist(), cv2.LINE_AA, 4)


def _cover(total: Picture, part: Picture | None) -> None:
    if part is not None:
        np.maximum(total, part, out=total)


def _board_on_car(
    rng: np.random.Generator, stock: Stock, frame: Picture, pose: Pose, art: CarArt, light: Light, *, base: int
) -> None:
    """A sticker, an advert or a dealer's board on the car itself, sometimes where a plate could be."""
    board = stock.board(stock.pick(rng, base=base, kind="board"))
    width_mm = rng.uniform(150, 900)
    centre = (rng.uniform(-0.7, 0.7) * art.width_mm / 2, rng.uniform(0.2, 0.95) * art.height_mm)
    quad = _face_quad(pose, centre=centre, width_mm=width_mm, height_mm=width_mm * board.shape[0] / board.shape[1])
    if convex(quad) and area(quad) > 12:
        overlay(frame, board, quad, gain=light.scene_gain * rng.uniform(0.8, 1.3))


def _turn(rng: np.random.Generator) -> NDArray[np.float64]:
    yaw = float(np.clip(rng.normal(0, 24), -62, 62))
    roll = float(np.clip(rng.normal(0, 4.5 if rng.random() < 0.8 else 12), -28, 28))
    return rotation(yaw_deg=yaw, pitch_deg=rng.uniform(-5, 30), roll_deg=roll)


def _pose(
    rng: np.random.Generator, frame: Picture, *, plate_px: float, plate_mm: float, anchor_mm: tuple[float, float]
) -> Pose:
    height, width = frame.shape[:2]
    focal = width * rng.uniform(0.8, 3.5)
    inset_x, inset_y = min(0.5 * plate_px, 0.45 * width), min(0.15 * plate_px, 0.4 * height)
    anchor_px = (rng.uniform(inset_x, width - inset_x), rng.uniform(inset_y, height - inset_y))
    return Pose(
        turn=_turn(rng),
        focal_px=focal,
        distance_mm=focal * plate_mm / plate_px,
        anchor_mm=anchor_mm,
        anchor_px=anchor_px,
    )


def _face_quad(pose: Pose, *, centre: tuple[float, float], width_mm: float, height_mm: float) -> NDArray[np.float64]:
    (x, y), dx, dy = centre, width_mm / 2, height_mm / 2
    return pose.face(np.array([[x - dx, y + dy], [x + dx, y + dy], [x + dx, y - dy], [x - dx, y - dy]]))
