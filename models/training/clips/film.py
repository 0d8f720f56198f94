"""Frames of a visit: the stage, the car in its place, its plate, the boom, the light, the rain, the camera's clock line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.clips.stage import draw_boom, draw_stage
from models.training.clips.viewpoint import Viewpoint
from models.training.clips.visits import Case, Visit, Weather
from models.training.plates import FlatPlate, render_flat
from models.training.scenes.cars import CarArt, draw_car, draw_side
from models.training.scenes.compose import overlay, shade
from models.training.scenes.light import glow, rain, snow
from models.training.scenes.mount import MountedPlate, mount_plate
from models.training.scenes.pose import convex
from models.training.scenes.textures import Picture, fractal, grain

FPS = 15
LANE_M = -0.75


@dataclass(frozen=True, slots=True)
class Look:
    """How a weather changes the picture."""

    gain: float
    tint: tuple[float, float, float]
    plate_gain: float
    lamps: bool
    noise: float
    grey: bool = False


LOOKS = {
    Weather.DAY: Look(gain=1.05, tint=(1.0, 1.0, 1.0), plate_gain=1.0, lamps=False, noise=1.2),
    Weather.RAIN: Look(gain=0.72, tint=(1.06, 1.0, 0.95), plate_gain=1.05, lamps=True, noise=1.5),
    Weather.SNOW: Look(gain=0.95, tint=(1.06, 1.0, 0.98), plate_gain=0.95, lamps=True, noise=1.2),
    Weather.DUSK: Look(gain=0.5, tint=(1.12, 0.95, 0.95), plate_gain=1.25, lamps=True, noise=2.2),
    Weather.NIGHT: Look(gain=0.24, tint=(0.75, 0.93, 1.12), plate_gain=2.6, lamps=True, noise=3.0),
    Weather.INFRARED: Look(gain=0.3, tint=(1.0, 1.0, 1.0), plate_gain=2.4, lamps=True, noise=2.6, grey=True),
}


@dataclass(frozen=True, slots=True)
class Frame:
    """`picture` BGR; the plate's corners [4, 2] in pixels, or None while it is out of view."""

    picture: Picture
    corners: NDArray[np.float64] | None


@dataclass(frozen=True, slots=True)
class Cast:
    """A visit's car and plate, drawn once."""

    art: CarArt
    side_colour: Picture
    side_opacity: Picture
    side_top_mm: float
    side_px_per_mm: float
    plate: MountedPlate
    plate_mm: float


def cast_for(
    visit: Visit, *, own_typefaces: bool = False, altered: Callable[[FlatPlate], Picture] | None = None
) -> Cast:
    """Draw the car and plate of a visit. `altered` replaces the plate's picture, e.g. by one with a strap across it.

    `own_typefaces` ignores the machine's fonts, so that every machine draws the same.
    """
    rng = np.random.default_rng([visit.seed, 11])
    flat = render_flat(rng, visit.format_id, visit.text, width_px=420, own_typefaces=own_typefaces)
    two_lines = flat.size_mm[0] < 2.5 * flat.size_mm[1]
    while True:  # lorries would hide the barrier
        art = draw_car(rng, px_per_mm=0.42, rear=False, two_lines=two_lines)
        if art.height_mm < 2000 and abs(art.plate_centre[0]) < 60:
            break
    face = flat.picture if altered is None else altered(flat)
    mounted = mount_plate(rng, face, patches=False)  # only plates meant to be unreadable may be
    if visit.case is Case.UNREADABLE:
        mounted = _muddy(rng, mounted)
    side = draw_side(rng, paint=art.paint, height_mm=art.height_mm, px_per_mm=0.2)
    return Cast(art, side.colour, side.opacity, side.top_mm, side.px_per_mm, mounted, flat.size_mm[0])


def _muddy(rng: np.random.Generator, mounted: MountedPlate) -> MountedPlate:
    """Cover a plate with mud until it is unreadable."""
    height, width = mounted.picture.shape[:2]
    patch = fractal(rng, height=height, width=width, coarse=3, octaves=5)
    cover = (1 / (1 + np.exp(-np.clip((patch - 0.3) * 22, -30, 30))))[..., None]
    tone = np.array([52, 70, 88], np.float32) * (
        0.75 + 0.5 * fractal(rng, height=height, width=width, coarse=8, octaves=5)[..., None]
    )
    return replace(
        mounted, picture=np.clip(mounted.picture * (1 - 0.97 * cover) + tone * 0.97 * cover, 0, 255).astype(np.uint8)
    )


class Film:
    """Makes frames. One stage serves all visits of one weather; `seed` determines noise, rain and the stage."""

    def __init__(self, *, seed: int, width_px: int = 1280, height_px: int = 720, noise: float = 1.0) -> None:
        self.view = Viewpoint.usual(width_px=width_px, height_px=height_px)
        self._seed = seed
        self._noise = noise
        self._stages: dict[Weather, Picture] = {}

    def empty(self, weather: Weather, *, t: float, raised: float = 0.0, caption: str = "") -> Frame:
        """The entrance without a car."""
        return self._finish(self._stage(weather).copy(), weather, raised=raised, t=t, caption=caption)

    def frame(self, visit: Visit, cast: Cast, *, t: float, t_film: float, caption: str = "") -> Frame:
        """The frame `t` seconds into a visit."""
        picture = self._stage(visit.weather).copy()
        look = LOOKS[visit.weather]
        z = visit.distance_m(t)
        moving = abs(visit.distance_m(t + 0.1) - z) > 0.02
        x = LANE_M + visit.aside_m
        sway = 0.004 * np.sin(9 * t) if moving else 0.0
        corners = self._car(picture, visit, cast, x=x, z=z, lift=sway, look=look)
        return self._finish(picture, visit.weather, raised=visit.raised(t), t=t_film, caption=caption, corners=corners)

    def _stage(self, weather: Weather) -> Picture:
        if weather not in self._stages:
            rng = np.random.default_rng([self._seed, 5])
            stage = draw_stage(rng, self.view, wet=weather is Weather.RAIN, snowy=weather is Weather.SNOW)
            look = LOOKS[weather]
            lit = stage * np.array(look.tint, np.float32) * look.gain
            if weather in {Weather.NIGHT, Weather.INFRARED}:
                lit *= _pool_of_light(self.view, infrared=look.grey)[..., None]
            self._stages[weather] = np.clip(lit, 0, 255).astype(np.uint8)
        return self._stages[weather]

    def _car(
        self, picture: Picture, visit: Visit, cast: Cast, *, x: float, z: float, lift: float, look: Look
    ) -> NDArray[np.float64]:
        view, art = self.view, cast.art
        half = art.width_mm / 2000
        light = look.gain * (1.5 if look.gain < 0.4 else 1.0)
        ground = view.project(
            np.array([[x - half, 0, z - 0.25], [x + half, 0, z - 0.25], [x + half, 0, z + 4.3], [x - half, 0, z + 4.3]])
        )
        shade(picture, ground[[3, 2, 1, 0]], factor=0.45, soft_px=max(2.0, 0.22 * view.focal_px / z))
        if visit.weather is Weather.RAIN:
            self._mirror(picture, art, x=x, z=z)
        self._flank(picture, cast, x=x, z=z, gain=0.85 * light)
        rows, columns = art.opacity.shape
        top = art.top_mm / 1000 + lift
        bottom = (art.top_mm - rows / art.px_per_mm) / 1000 + lift
        sheet = view.upright(x=x, z=z, width=columns / art.px_per_mm / 1000, bottom=bottom, top=top)
        overlay(picture, art.colour, sheet, opacity=art.opacity, gain=light)
        corners = self._plate(picture, cast, x=x, z=z, lift=lift, gain=min(1.5, light * look.plate_gain))
        if look.lamps:
            for lamp in art.lamps:
                at = view.project(np.array([[x + lamp[0] / 1000, lamp[1] / 1000 + lift, z]]))[0]
                size = view.focal_px / z
                dark = look.gain < 0.6
                glow(
                    picture,
                    (float(at[0]), float(at[1])),
                    radius=(0.16 if dark else 0.08) * size,
                    strength=190 if dark else 90,
                )
                if dark:  # the headlight beam on the road ahead
                    spot = view.project(np.array([[x + lamp[0] / 1000, 0, z - 1.6]]))[0]
                    glow(picture, (float(spot[0]), float(spot[1])), radius=0.45 * size, strength=34)
        return corners

    def _flank(self, picture: Picture, cast: Cast, *, x: float, z: float, gain: float) -> None:
        half = cast.art.width_mm / 2000
        top = cast.side_top_mm / 1000
        bottom = top - cast.side_opacity.shape[0] / cast.side_px_per_mm / 1000
        side = x + half if x < 0 else x - half
        near, far = (z, z + 4.2) if side > x else (z + 4.2, z)
        quad = self.view.project(
            np.array([[side, top, near], [side, top, far], [side, bottom, far], [side, bottom, near]])
        )
        if convex(quad) and np.ptp(quad[:, 0]) > 0.12 * np.ptp(quad[:, 1]):  # seen edge-on it would be a black line
            flip = side < x
            colour = np.ascontiguousarray(cast.side_colour[:, ::-1]) if flip else cast.side_colour
            opacity = np.ascontiguousarray(cast.side_opacity[:, ::-1]) if flip else cast.side_opacity
            overlay(picture, colour, quad, opacity=opacity, gain=gain)

    def _mirror(self, picture: Picture, art: CarArt, *, x: float, z: float) -> None:
        """The car's faint reflection in the wet road."""
        rows, columns = art.opacity.shape
        quad = self.view.upright(
            x=x, z=z, width=columns / art.px_per_mm / 1000, bottom=0, top=-art.height_mm / 1000 * 0.8
        )[[0, 1, 2, 3]]
        upside = quad[[3, 2, 1, 0]]
        flipped = cv2.GaussianBlur(np.ascontiguousarray(art.colour[::-1]), (0, 0), 6)
        faint = (np.ascontiguousarray(art.opacity[::-1]) // 4).astype(np.uint8)
        if rows and convex(upside):
            overlay(picture, np.asarray(flipped, np.uint8), upside, opacity=faint, gain=0.7)

    def _plate(
        self, picture: Picture, cast: Cast, *, x: float, z: float, lift: float, gain: float
    ) -> NDArray[np.float64]:
        mounted = cast.plate
        metre = cast.plate_mm / mounted.width / 1000
        cx, cy = x + cast.art.plate_centre[0] / 1000, cast.art.plate_centre[1] / 1000 + lift
        left, top = cx - metre * mounted.width / 2, cy + metre * mounted.height / 2
        rows, columns = mounted.picture.shape[:2]

        def board(x0: float, y0: float, width: float, height: float) -> NDArray[np.float64]:
            return self.view.upright(x=x0 + width / 2, z=z - 0.02, width=width, bottom=y0 - height, top=y0)

        overlay(
            picture,
            mounted.picture,
            board(left - metre * mounted.left, top + metre * mounted.top, metre * columns, metre * rows),
            gain=gain,
        )
        return board(left, top, metre * mounted.width, metre * mounted.height) + 0.5

    def _finish(
        self,
        picture: Picture,
        weather: Weather,
        *,
        raised: float,
        t: float,
        caption: str,
        corners: NDArray[np.float64] | None = None,
    ) -> Frame:
        look = LOOKS[weather]
        rng = np.random.default_rng([self._seed, round(t * 1000), 3])
        draw_boom(picture, self.view, raised=raised, gain=min(1.0, look.gain * 1.6))
        if weather is Weather.RAIN:
            rain(rng, picture, amount=0.5)
        elif weather is Weather.SNOW:
            snow(rng, picture, amount=0.4)
        if look.grey:
            grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
            picture = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
        noise = look.noise * self._noise
        if noise > 0:
            speckle = np.rint(noise * grain(rng, height=picture.shape[0], width=picture.shape[1])).astype(np.int16)
            picture = np.asarray(cv2.add(picture, cv2.merge([speckle] * 3), dtype=cv2.CV_8U), np.uint8)
        if caption:
            _stamp(picture, caption)
        inside = corners is not None and bool(np.all((corners > 0) & (corners < [picture.shape[1], picture.shape[0]])))
        return Frame(picture=picture, corners=corners if inside else None)


def _pool_of_light(view: Viewpoint, *, infrared: bool) -> NDArray[np.float32]:
    """Brightness factor of the lamp on the post, or of the camera's own infrared light."""
    yy, xx = np.mgrid[0 : view.height_px, 0 : view.width_px].astype(np.float32)
    reach = 0.75 if infrared else 0.55
    far = ((xx / view.width_px - 0.42) / reach) ** 2 + ((yy / view.height_px - 0.6) / reach) ** 2
    return np.asarray(0.45 + 1.6 * np.exp(-1.8 * far), np.float32)


def _stamp(picture: Picture, caption: str) -> None:
    """The camera's on-screen text."""
    scale = picture.shape[0] / 900
    x, y = round(22 * scale), round(picture.shape[0] - 24 * scale)
    for dx, dy, colour in (
        (1, 1, (0, 0, 0)),
        (-1, -1, (0, 0, 0)),
        (1, -1, (0, 0, 0)),
        (-1, 1, (0, 0, 0)),
        (0, 0, (235, 235, 235)),
    ):
        cv2.putText(picture, caption, (x + dx, y + dy), cv2.FONT_HERSHEY_SIMPLEX, scale, colour, 1, cv2.LINE_AA)
