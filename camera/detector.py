"""The plate detector: a thin session around the network; everything else is in `camera.shrink` and `camera.peaks`.

One object may serve many lanes; it keeps no state between calls.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort

from camera.backend import limit_threads
from camera.closeup import CloseUp, cut, pick
from camera.errors import InferenceFailed, WeightsInvalid, first_line
from camera.frame import Picture
from camera.peaks import Detection, Maps, decode
from camera.shrink import shrink
from camera.weights import PROVIDERS, Weights, session_options
from core.words.language import say
from core.words.system import system_words


@dataclass(frozen=True, slots=True)
class DetectorFacts:
    """What the network was trained for; stored beside its weights."""

    input_long_side: int
    """Pixels on the longer side of its input picture."""
    stride: int
    """Network pixels per cell of its maps."""
    floor: float
    """Score from which a peak is worth reading. It is low, because the reader rejects what is no plate."""
    pad: int
    multiple: int = 32


class PlateDetector:
    """Finds plates and their four corners in a grey picture."""

    def __init__(self, model: Path, facts: DetectorFacts, *, threads: int = 1) -> None:
        self.facts = facts
        limit_threads(threads)
        try:
            self._session = ort.InferenceSession(
                str(model), sess_options=session_options(threads=threads), providers=list(PROVIDERS)
            )
        except Exception as error:  # onnxruntime raises its own types, without a common root
            raise WeightsInvalid(
                say("{model}: сеть не загружается: {error}", model=model, error=first_line(error))
            ) from error

    @classmethod
    def from_weights(cls, weights: Weights, *, threads: int = 1) -> PlateDetector:
        """Load the network and its facts. Raises `WeightsInvalid`."""
        return cls(weights.detector_model, read_facts(weights.detector_facts), threads=threads)

    def find(
        self, grey: Picture, *, long_side: int | None = None, floor: float | None = None, upscale: float = 1.0
    ) -> tuple[Detection, ...]:
        """Plates in a grey picture, best first, in its pixels. Raises `InferenceFailed`."""
        facts = self.facts
        shrunk = shrink(
            grey,
            long_side=long_side or facts.input_long_side,
            multiple=facts.multiple,
            pad=facts.pad,
            upscale=upscale,
        )
        heatmap, offsets = self.infer(shrunk.grey)
        return decode(
            heatmap,
            offsets,
            stride=facts.stride,
            scale=shrunk.scale,
            floor=facts.floor if floor is None else floor,
        )

    def look_again(self, grey: Picture, found: Sequence[Detection], how: CloseUp) -> tuple[Detection | None, ...]:
        """The same plates with better corners, each from its close-up; None where nothing is found.

        All close-ups are processed in one run. Raises `InferenceFailed`.
        """
        if not found:
            return ()
        views = [cut(grey, plate, how) for plate in found]
        heatmaps, offsets = self._run(np.stack([view.grey for view in views]))
        again: list[Detection | None] = []
        for view, heat, corners in zip(views, heatmaps[:, 0], offsets, strict=True):
            plates = decode(heat, corners, stride=self.facts.stride, scale=1.0, floor=how.floor)
            best = pick(plates, how)
            again.append(None if best is None else Detection(corners=view.back(best.corners), score=best.score))
        return tuple(again)

    def infer(self, grey: Picture) -> tuple[Maps, Maps]:
        """The maps of one network-sized picture: heatmap [rows, columns] and corner offsets [8, rows, columns]."""
        heatmaps, offsets = self._run(grey[None])
        return heatmaps[0, 0], offsets[0]

    def _run(self, greys: Picture) -> tuple[Maps, Maps]:
        try:
            heatmaps, offsets = self._session.run(["heatmap", "corners"], {"image": greys[..., None]})
        except Exception as error:  # see above; whatever the error was, it must not look like "no plates"
            raise InferenceFailed(say("детектор номеров: {error}", error=first_line(error))) from error
        if not (np.isfinite(heatmaps).all() and np.isfinite(offsets).all()):  # NaN would produce no peaks
            raise InferenceFailed(say("детектор номеров: сеть ответила не числами"))
        return heatmaps, offsets


def read_facts(path: Path) -> DetectorFacts:
    """Reads the facts beside the weights. Raises `WeightsInvalid`."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        return DetectorFacts(
            input_long_side=int(values["input_long_side"]),
            stride=int(values["stride"]),
            floor=float(values["floor"]),
            pad=int(values["pad"]),
            multiple=int(values.get("multiple", 32)),
        )
    except OSError as error:
        raise WeightsInvalid(say("{path}: не читается: {strerror}", path=path, strerror=system_words(error))) from error
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsInvalid(f"{path}: {error}") from error
