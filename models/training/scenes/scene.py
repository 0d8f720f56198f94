"""One picture of a gate: a backdrop, vehicles with plates, things that are no plates, light and weather.

A pure function of the random generator and the stock. The plates' corners are exact: they come from the projection that
drew them. Pixels follow `edge.core.geometry`: the origin is the top left corner of the top left pixel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.scenes.cars import LENGTH_MM, CarArt
from models.training.scenes.compose import overlay, shade
from models.training.scenes.light import Light, glow, pick_light, rain, snow, through_camera
from models.training.scenes.pose import Pose, area, convex, rotation
from models.training.scenes.stock import Stock, StockedPlate
from models.training.scenes.textures import Picture, grey_colour

ONE_LINE_MM, TWO_LINE_MM = 520.0, 290.0
_PROBES = np.stack(np.meshgrid(np.linspace(0.04, 0.96, 11), np.linspace(0.1, 0.9, 4)), -1).reshape(-1, 2)


@dataclass(frozen=True, slots=True)
class PlatePlace:
    """A plate in the picture: `corners` [4, 2] pixels from its top left clockwise, `visible` the share of it to be seen."""

    corners: NDArray[np.float64]
    text: str
    format_id: str
    visible: float

    @property
    def width_px(self) -> float:
        """Mean length of the upper and lower edge."""
        return float(
            (np.linalg.norm(self.corners[1] - self.corners[0]) + np.linalg.norm(self.corners[2] - self.corners[3])) / 2
        )


@dataclass(frozen=True, slots=True)
class Scene:
    """`picture` uint8, BGR [h, w, 3] or grey [h, w]; `decoys` are the outlines [4, 2] of boards that are no plates."""

    picture: Picture
    plates: tuple[PlatePlace, ...]
    light: Light
    decoys: tuple[NDArray[np.float64], ...] = ()


def render_scene(
    rng: np.random.Generator, stock: Stock, *, base: int = 0, width: int = 384, height: int = 288
) -> Scene:
    """Draw a picture as a camera gives it; `base` is where the stock's window starts (see `Stock.pick`)."""
    street = compose_scene(rng, stock, base=base, width=width, height=height)
    return replace(street, picture=through_camera(rng, street.picture, street.light))


def compose_scene(
    rng: np.random.Generator, stock: Stock, *, base: int = 0, width: int = 384, height: int = 288
) -> Scene:
    """A picture before the camera has spoilt it."""
    light = pick_light(rng)
    frame = _backdrop(rng, stock, base=base, width=width, height=height)
    plates: list[PlatePlace] = []
    boards = int(rng.choice([0, 1, 2, 4], p=[0.4, 0.3, 0.2, 0.1]))
    decoys = [_board(rng, stock, frame, base=base) for _ in range(boards)]
    if light.scene_gain != 1:
        frame = np.asarray(cv2.convertScaleAbs(frame, alpha=light.scene_gain), np.uint8)
    count = int(rng.choice([0, 1, 2, 3, 4], p=[0.1, 0.3, 0.28, 0.2, 0.12]))
    widest = np.where(rng.random(count) < 0.4, 45.0, 330.0)  # far cars are the hardest to find, so there are many
    widths = np.exp(rng.uniform(np.log(12.0), np.log(widest))) * width / 384
    for width_px in np.sort(widths):
        if rng.random() < 0.72:
            covered, plate, parts = _vehicle(rng, stock, frame, light, base=base, plate_px=float(width_px))
            decoys += parts
        else:
            covered, plate = _loose_plate(rng, stock, frame, light, base=base, plate_px=float(width_px))
        plates = [_behind(old, covered) for old in plates]
        if plate is not None:
            plates.append(plate)
    if light.lamps and rng.random() < 0.3:
        at = (rng.uniform(0, width), rng.uniform(0, height))
        glow(frame, at, radius=rng.uniform(6, 60) * width / 384, strength=rng.uniform(80, 300))
    if rng.random() < 0.08:
        rain(rng, frame, amount=rng.uniform(0.2, 1.5))
    elif rng.random() < 0.08:
        snow(rng, frame, amount=rng.uniform(0.2, 1.5))
    shown = tuple(decoy for decoy in decoys if decoy is not None)
    return Scene(picture=frame, plates=tuple(p for p in plates if p.visible > 0.05), light=light, decoys=shown)


def look_again(
    rng: np.random.Generator, street: Scene, *, width: int, height: int, zoom: tuple[float, float] = (0.84, 1.25)
) -> Scene:
    """Another photograph of the same scene: nearer or farther, aside, askew, another exposure. Much cheaper than drawing."""
    rows, columns = street.picture.shape[:2]
    scale = np.exp(rng.uniform(*np.log(zoom)))
    lean, stretch = np.radians(rng.normal(0, 3)), np.exp(rng.normal(0, 0.08))
    turn = scale * np.array([[np.cos(lean) * stretch, -np.sin(lean)], [np.sin(lean), np.cos(lean) / stretch]])
    spare = np.maximum([columns * scale - width, rows * scale - height], 0.0)
    middle = np.array([width / 2, height / 2]) + rng.uniform(-0.5, 0.5, 2) * spare
    matrix = np.hstack([turn, (middle - turn @ [columns / 2, rows / 2])[:, None]])
    moved = matrix.copy()
    moved[:, 2] += turn @ [0.5, 0.5] - 0.5  # from corners of pixels to their middles
    frame = cv2.warpAffine(
        street.picture, moved, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    picture = through_camera(rng, np.asarray(frame, np.uint8), street.light)
    return seen_through(street, matrix, picture)


def seen_through(scene: Scene, matrix: NDArray[np.float64], picture: Picture) -> Scene:
    """The scene's labels moved by an affine `matrix` [2, 3] onto `picture`."""
    plates = tuple(_moved(plate, matrix, picture) for plate in scene.plates)
    decoys = tuple(decoy @ matrix[:, :2].T + matrix[:, 2] for decoy in scene.decoys)
    return Scene(picture=picture, plates=tuple(p for p in plates if p.visible > 0.05), light=scene.light, decoys=decoys)


def _moved(plate: PlatePlace, matrix: NDArray[np.float64], picture: Picture) -> PlatePlace:
    corners = plate.corners @ matrix[:, :2].T + matrix[:, 2]
    return replace(plate, corners=corners, visible=plate.visible * _inside_share(corners - 0.5, picture))


def _backdrop(rng: np.random.Generator, stock: Stock, *, base: int, width: int, height: int) -> Picture:
    source = stock.backdrop(stock.pick(rng, base=base, kind="backdrop"))
    share = rng.uniform(0.45, 1.0)
    crop_h, crop_w = int(source.shape[0] * share), int(source.shape[1] * share)
    top, left = int(rng.integers(source.shape[0] - crop_h + 1)), int(rng.integers(source.shape[1] - crop_w + 1))
    frame = cv2.resize(
        source[top : top + crop_h, left : left + crop_w], (width, height), interpolation=cv2.INTER_LINEAR
    )
    return np.asarray(cv2.flip(frame, 1) if rng.random() < 0.5 else frame, np.uint8).copy()


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


def _vehicle(
    rng: np.random.Generator, stock: Stock, frame: Picture, light: Light, *, base: int, plate_px: float
) -> tuple[Picture, PlatePlace | None, list[NDArray[np.float64] | None]]:
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
        plate = _hang(rng, frame, pose, hung, light, centre=art.plate_centre)
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


def _sheet_quad(pose: Pose, art: CarArt) -> NDArray[np.float64]:
    """Where the corners of a vehicle's sheet fall."""
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
    """What closes the gap between the leaning cabin of the face and the upright flank."""
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


def _hang(
    rng: np.random.Generator,
    frame: Picture,
    pose: Pose,
    hung: StockedPlate,
    light: Light,
    *,
    centre: tuple[float, float],
) -> PlatePlace | None:
    """Draw a plate with its frame; None when it would be seen from behind."""
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
    inside = _inside_share(face_px, frame)
    return PlatePlace(corners=face_px + 0.5, text=hung.text, format_id=hung.format_id, visible=inside)


def _probes(quad: NDArray[np.float64]) -> NDArray[np.float64]:
    """A grid of points over a quadrilateral."""
    u, v = _PROBES[:, :1], _PROBES[:, 1:]
    top, bottom = quad[0] + u * (quad[1] - quad[0]), quad[3] + u * (quad[2] - quad[3])
    return top + v * (bottom - top)


def _inside_share(quad: NDArray[np.float64], frame: Picture) -> float:
    points = _probes(quad)
    return float(np.mean(np.all((points >= 0) & (points <= [frame.shape[1] - 1, frame.shape[0] - 1]), axis=1)))


def _behind(plate: PlatePlace, covered: Picture) -> PlatePlace:
    """The plate after something nearer was drawn."""
    points = np.round(_probes(plate.corners - 0.5)).astype(int)
    inside = np.all((points >= 0) & (points < [covered.shape[1], covered.shape[0]]), axis=1)
    clear = covered[points[inside, 1], points[inside, 0]] < 100
    return PlatePlace(
        corners=plate.corners,
        text=plate.text,
        format_id=plate.format_id,
        visible=plate.visible * float(np.mean(clear)) if len(clear) else 0.0,
    )


def _loose_plate(
    rng: np.random.Generator, stock: Stock, frame: Picture, light: Light, *, base: int, plate_px: float
) -> tuple[Picture, PlatePlace | None]:
    """A plate on whatever is there: the detector must know a plate without its car."""
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
    plate = _hang(rng, frame, pose, hung, light, centre=(0.0, 0.0))
    if plate is not None:
        cv2.fillConvexPoly(covered, np.round(plate.corners).astype(np.int32), 255)
    return covered, plate


def _board(rng: np.random.Generator, stock: Stock, frame: Picture, *, base: int) -> NDArray[np.float64] | None:
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
