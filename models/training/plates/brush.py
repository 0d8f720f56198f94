"""Draws a plate face: ground, border, symbols, bars, flags, bolts, from millimetres to pixels."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.plates.parts import SEPARATORS, Layout, Patch, Run
from models.training.plates.styles import Colour
from models.training.plates.typefaces import CAP_PX, StrokeFace, Typeface

Picture = NDArray[np.uint8]
BoxMm = tuple[float, float, float, float]

_SPACING: Final = 0.12
"""Usual gap between symbols, relative to the cap height."""
_EMBLEMS: Final = 0.75
"""How often `·` in a layout is drawn as discs or a coat of arms instead of two plain dots."""
_CARELESS: Final = 0.15
"""How often bolts go through whatever is there; usually they have room between the symbols and the edge."""
_WIDEST: Final = 0.93
"""Maximum width of a symbol as a share of its cell."""
_FLAGS: Final[dict[str, tuple[Colour, Colour, Colour]]] = {
    "flag": ((230.0, 230.0, 230.0), (160.0, 60.0, 20.0), (40.0, 30.0, 190.0)),
    "flag_am": ((45.0, 25.0, 200.0), (160.0, 60.0, 30.0), (40.0, 150.0, 240.0)),
}
"""Three stripes from the top, as blue, green, red."""
_HEAVIER: Final = 1.14
"""Factor for the stroke of a plate's smaller symbols, which is nearly that of the larger ones."""


class Brush:
    """Draws one layout. It uses one random stream in a fixed order, so that a seed always gives the same picture."""

    def __init__(
        self,
        rng: np.random.Generator,
        face: Layout,
        size_px: tuple[int, int],
        typeface: Typeface,
        palette: tuple[Colour, Colour],
        *,
        plain: bool,
    ) -> None:
        self.rng = rng
        self.face = face
        self.width, self.height = size_px
        self.sx, self.sy = self.width / face.width, self.height / face.height
        self.typeface = typeface
        self.heavier = (
            replace(typeface, weight=typeface.weight * _HEAVIER) if isinstance(typeface, StrokeFace) else typeface
        )
        self.tallest = max(cap for run in face.runs for cap in run.caps)
        self.ground, self.ink = palette
        self.jitter = 0.0 if plain else float(abs(rng.normal(0, 1.0)))
        self.picture = np.empty((self.height, self.width, 3), np.uint8)
        self.cover = np.zeros((self.height, self.width), np.uint8)
        self.boxes: list[BoxMm] = []

    def draw(self) -> Picture:
        self.picture[:] = np.array(self.ground, np.uint8)
        for patch in self.face.patches:
            self._patch(patch)
        self._border()
        for bar in self.face.bars:
            self._rectangle(
                self.cover,
                bar.x0 - bar.width / 2,
                bar.y0 - bar.width / 2,
                bar.x1 + bar.width / 2,
                bar.y1 + bar.width / 2,
                255,
            )
        for run in self.face.runs:
            self._run(run)
        self._emboss()
        alpha = self.cover[:, :, None].astype(np.uint16)
        ink = np.array(self.ink, np.uint16)
        self.picture[:] = ((self.picture * (255 - alpha) + ink * alpha) // 255).astype(np.uint8)
        self._bolts()
        return self.picture

    def _rectangle(self, onto: Picture, x0: float, y0: float, x1: float, y1: float, colour: int | Colour) -> None:
        shift = 4
        corners = [
            (round(x * self.sx * 16), round(y * self.sy * 16)) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
        ]
        value = (colour,) if isinstance(colour, int) else colour
        cv2.fillConvexPoly(onto, np.array(corners, np.int32) - 8, value, cv2.LINE_AA, shift)

    def _border(self) -> None:
        if self.rng.random() < 0.08 and self.jitter:
            return
        inset = 2.0 + self.rng.random() * 3
        thick = 1.5 + self.rng.random() * 2.5
        w, h = self.face.width, self.face.height
        for x0, y0, x1, y1 in (
            (inset, inset, w - inset, inset + thick),
            (inset, h - inset - thick, w - inset, h - inset),
            (inset, inset, inset + thick, h - inset),
            (w - inset - thick, inset, w - inset, h - inset),
        ):
            self._rectangle(self.cover, x0, y0, x1, y1, 255)

    def _patch(self, patch: Patch) -> None:
        rng = self.rng
        box = (patch.x0, patch.y0, patch.x1, patch.y1)
        if patch.kind == "band":
            self._rectangle(self.picture, *box, (150.0, 60.0, 20.0) if rng.random() < 0.7 else (180.0, 120.0, 30.0))
            return
        if patch.kind == "flag_blue":
            self._rectangle(self.picture, *box, (190.0, 165.0, 20.0) if rng.random() < 0.8 else (205.0, 195.0, 120.0))
            return
        if patch.kind == "flag_red":
            self._rectangle(self.picture, *box, (45.0, 25.0, 215.0))
            return
        if patch.kind == "strip":
            self._strip(box)
            return
        if patch.kind.startswith("corner"):
            self._corner(patch)
            return
        if patch.kind == "seal":
            centre = (round((box[0] + box[2]) / 2 * self.sx), round((box[1] + box[3]) / 2 * self.sy))
            axes = (max(1, round((box[2] - box[0]) * self.sx / 2)), max(1, round((box[3] - box[1]) * self.sy / 4)))
            tone = (float(rng.integers(20, 180)), float(rng.integers(20, 180)), float(rng.integers(60, 200)))
            cv2.ellipse(self.picture, centre, axes, 0, 0, 360, tone, -1, cv2.LINE_AA)
            return
        self._stripes(box, _FLAGS.get(patch.kind, _FLAGS["flag"]))

    def _stripes(self, box: BoxMm, colours: tuple[Colour, Colour, Colour]) -> None:
        third = (box[3] - box[1]) / 3
        for i, stripe in enumerate(colours):
            self._rectangle(self.picture, box[0], box[1] + i * third, box[2], box[1] + (i + 1) * third, stripe)

    def _strip(self, box: BoxMm) -> None:
        """A vertical strip of holograms."""
        tone = float(self.rng.integers(60, 190))
        self._rectangle(self.picture, *box, (tone, tone, tone))
        for y in np.arange(box[1] + 3, box[3] - 6, 14.0):
            light = float(min(250, tone + self.rng.integers(10, 80)))
            self._rectangle(self.picture, box[0] + 1, y, box[2] - 1, y + 7, (light, light, light))

    def _corner(self, patch: Patch) -> None:
        """The background visible behind a cut-off lower corner, and the border along the cut."""
        outer = patch.x0 if patch.kind == "corner_left" else patch.x1
        inner = patch.x1 if patch.kind == "corner_left" else patch.x0
        points = np.array([(outer, patch.y0), (outer, patch.y1), (inner, patch.y1)]) * (self.sx, self.sy)
        tone = float(self.rng.integers(5, 200))
        cv2.fillPoly(self.picture, [np.round(points * 16).astype(np.int32)], (tone, tone, tone), cv2.LINE_AA, 4)
        ends = np.round(np.array([(outer, patch.y0 - 8), (inner, patch.y1 - 8)]) * (self.sx, self.sy)).astype(int)
        cv2.line(self.cover, ends[0].tolist(), ends[1].tolist(), 255, max(1, round(2.5 * self.sy)), cv2.LINE_AA)

    def _run(self, run: Run) -> None:
        if not run.text:
            return
        masks = [
            (self.heavier if 0.6 < cap / self.tallest < 0.9 else self.typeface).mask(symbol)
            for symbol, cap in zip(run.text, run.caps, strict=True)
        ]
        widths = [mask.shape[1] / CAP_PX * cap for mask, cap in zip(masks, run.caps, strict=True)]
        if run.centres:
            self._line_up(run, masks, *self._in_cells(run, widths))
        else:
            self._line_up(run, masks, *self._spread(run, widths))

    def _in_cells(self, run: Run, widths: list[float]) -> tuple[list[float], list[float]]:
        """Left edges and widths if each symbol has its own place, as pressed by dies."""
        rng, level = self.rng, self.jitter
        moved, stretched = 1.5 * level * float(rng.normal()), 1 + 0.006 * level * float(rng.normal())
        middle = (run.centres[0] + run.centres[-1]) / 2
        centres = [middle + (at - middle) * stretched + moved + 0.7 * level * float(rng.normal()) for at in run.centres]
        pitch = min(b - a for a, b in pairwise(run.centres)) if len(run.centres) > 1 else self.face.width
        squeeze = min(1.0, _WIDEST * pitch / max(widths))
        return [at - width * squeeze / 2 for at, width in zip(centres, widths, strict=True)], [
            width * squeeze for width in widths
        ]

    def _spread(self, run: Run, widths: list[float]) -> tuple[list[float], list[float]]:
        """Left edges and widths of symbols spread between the ends of a run, with varying gaps."""
        rng, level = self.rng, 0.0 if run.plain else self.jitter
        gaps = [_SPACING * cap * (1 + 0.25 * level * rng.normal()) for cap in run.caps[1:]]
        for index in run.loose:
            if index < len(gaps):
                gaps[index] += run.looseness * run.caps[index] * (0.3 + 1.4 * rng.random())
        room = run.x1 - run.x0
        total = sum(widths) + sum(gaps)
        squeeze = min(1.0, room / total)
        spread = min(1.9, max(1.0, (room - sum(widths)) / max(sum(gaps), 1e-6))) if squeeze == 1.0 else 1.0
        spread = 1 + (spread - 1) * float(rng.random())
        used = sum(widths) * squeeze + sum(gaps) * squeeze * spread
        x = run.x0 + (room - used) * float(np.clip(0.5 + 0.12 * level * rng.normal(), 0, 1))
        lefts = []
        for index, width in enumerate(widths):
            lefts.append(x)
            x += width * squeeze + (gaps[index] * squeeze * spread if index < len(gaps) else 0)
        return lefts, [width * squeeze for width in widths]

    def _line_up(self, run: Run, masks: list[Picture], lefts: list[float], widths: list[float]) -> None:
        """Stamp the symbols of a run, each at its left edge."""
        rng, level = self.rng, 0.0 if run.plain else self.jitter
        drift = level * rng.normal() * 1.0
        for index, (mask, x, width, cap) in enumerate(zip(masks, lefts, widths, run.caps, strict=True)):
            base = run.base + drift + level * rng.normal() * 0.8
            tall = cap * (1 + 0.015 * level * rng.normal())
            if run.text[index] == "·" and rng.random() < _EMBLEMS:
                self._emblems(x, base - tall, width, tall)
            else:
                self._stamp(mask, x, base - tall, width, tall)
            if not run.plain and run.text[index] not in SEPARATORS:
                self.boxes.append((x, base - tall, x + width, base))

    def _emblems(self, x: float, y: float, width: float, height: float) -> None:
        """What separates the groups on many European plates: test discs, a coat of arms, with or without a dash."""
        rng = self.rng
        dash = rng.random() < 0.5
        if dash:
            self._rectangle(self.cover, x, y + 0.47 * height, x + width, y + 0.57 * height, 255)
        places = ((0.25,), (0.78,), (0.25, 0.78)) if dash else ((0.5,), (0.27, 0.75), (0.27, 0.75))
        for at in places[rng.integers(3)]:
            centre = (round((x + width / 2) * self.sx * 16), round((y + at * height) * self.sy * 16))
            tall = height * float(rng.uniform(0.13, 0.19)) * (1.6 if at == 0.5 else 1.0)
            axes = (max(8, round(width * 0.5 * self.sx * 16)), max(8, round(tall * self.sy * 16)))
            outer, inner = (tuple(float(v) for v in rng.integers(20, 235, 3)) for _ in range(2))
            cv2.ellipse(self.picture, centre, axes, 0, 0, 360, outer, -1, cv2.LINE_AA, 4)
            core = (axes[0] * 5 // 9, axes[1] * 5 // 9)
            cv2.ellipse(self.picture, centre, core, 0, 0, 360, inner, -1, cv2.LINE_AA, 4)

    def _stamp(self, mask: Picture, x: float, y: float, width: float, height: float) -> None:
        """Draw `mask` at the place given in millimetres, to a fraction of a pixel."""
        left, top = x * self.sx, y * self.sy
        w, h = width * self.sx, height * self.sy
        x0, y0 = int(np.floor(left)), int(np.floor(top))
        cols, rows = int(np.ceil(left + w)) - x0 + 1, int(np.ceil(top + h)) - y0 + 1
        if x0 < 0 or y0 < 0 or x0 + cols > self.width or y0 + rows > self.height or cols < 2 or rows < 2:
            cols, rows = min(cols, self.width - x0), min(rows, self.height - y0)
            if x0 < 0 or y0 < 0 or cols < 2 or rows < 2:
                return
        # First shrink with averaging, then shift: aliasing would teach the reader false edges.
        small = cv2.resize(mask, (max(2, round(w)), max(2, round(h))), interpolation=cv2.INTER_AREA)
        kx, ky = w / small.shape[1], h / small.shape[0]
        move = np.array([[kx, 0, left - x0 + (kx - 1) / 2], [0, ky, top - y0 + (ky - 1) / 2]])
        laid = cv2.warpAffine(small, move, (cols, rows), flags=cv2.INTER_LINEAR)
        place = self.cover[y0 : y0 + rows, x0 : x0 + cols]
        np.maximum(place, laid, out=place)

    def _emboss(self) -> None:
        """Embossed symbols have a thin highlight and shadow."""
        if not self.jitter or self.rng.random() < 0.6:
            return
        amount = float(self.rng.uniform(8, 45)) * (1 if self.rng.random() < 0.5 else -1)
        edge = cv2.Sobel(cv2.GaussianBlur(self.cover, (0, 0), 1.0), cv2.CV_32F, 0, 1, ksize=1)
        lit = self.picture.astype(np.float32) + (edge * (amount / 128.0))[:, :, None]
        self.picture[:] = np.clip(lit, 0, 255).astype(np.uint8)

    def _bolts(self) -> None:
        rng = self.rng
        if not self.jitter or rng.random() < 0.3:
            return
        w, h = self.face.width, self.face.height
        edge = float(rng.uniform(0.018, 0.055))
        places = (
            [(w * edge, h * 0.5), (w * (1 - edge), h * 0.5)]
            if h < w / 2.5
            else [(w * 0.2, h * 0.07), (w * 0.8, h * 0.07)]
        )
        if rng.random() < 0.25:
            places = [(w * rng.uniform(0.1, 0.9), h * rng.choice([0.07, 0.93])) for _ in range(rng.integers(1, 4))]
        radius = float(rng.uniform(3.5, 13))
        tone, inner = float(rng.integers(10, 240)), float(rng.integers(10, 240))
        heads, lopsided = rng.random() < 0.35, rng.random() < 0.2
        careless = rng.random() < _CARELESS
        for place in places:
            x, y = place[0] + rng.normal() * 2, place[1] + rng.normal() * (2 if rng.random() < 0.7 else 9)
            if not careless and self._is_taken(x, y, radius):
                continue
            centre = (round(x * self.sx * 16), round(y * self.sy * 16))
            axes = (max(8, round(radius * self.sx * 16)), max(8, round(radius * self.sy * 16)))
            if lopsided:  # a bent washer, or a cap that hangs on one side
                axes = (max(8, round(axes[0] * rng.uniform(0.5, 1))), max(8, round(axes[1] * rng.uniform(0.5, 1.4))))
            turned = float(rng.uniform(0, 180)) if lopsided else 0.0
            cv2.ellipse(self.picture, centre, axes, turned, 0, 360, (tone, tone, tone), -1, cv2.LINE_AA, 4)
            if heads:
                small = (max(6, axes[0] // 2), max(6, axes[1] // 2))
                cv2.ellipse(self.picture, centre, small, turned, 0, 360, (inner, inner, inner), -1, cv2.LINE_AA, 4)

    def _is_taken(self, x: float, y: float, radius: float) -> bool:
        """Whether a symbol stands within `radius` of a place, in millimetres."""
        return any(x0 - radius < x < x1 + radius and y0 - radius < y < y1 + radius for x0, y0, x1, y1 in self.boxes)
