"""The public chain for comparison, as fast-alpr runs it by default: yolo-v9-t-416 detects, cct-xs-v2 reads.

Its weights are not part of this project and must be supplied. Besides `camera.ocr`, only this module imports
fast-plate-ocr, because the comparison must run the other reader as its own users do.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
from fast_plate_ocr import LicensePlateRecognizer

from camera.frame import Picture
from camera.weights import PROVIDERS, session_options
from core.errors import FileUnusable
from edge.language import say

DETECTOR = "yolo-v9-t-416-license-plates-end2end1.onnx"
OCR = "cct_xs_v2_global.onnx"
OCR_CONFIG = "cct_xs_v2_global_plate_config.yaml"
_SIDE = 416
_FLOOR = 0.4


class ReferenceChain:
    """The chain on one thread, with the same pre-processing as its own code: letterbox, float NCHW, one run."""

    def __init__(self, folder: Path) -> None:
        for name in (DETECTOR, OCR, OCR_CONFIG):
            if not (folder / name).is_file():
                raise FileUnusable(folder / name, say("нет файла эталонной цепочки"))
        options = session_options(threads=1)
        self._detector = ort.InferenceSession(str(folder / DETECTOR), sess_options=options, providers=list(PROVIDERS))
        self._ocr = LicensePlateRecognizer(
            onnx_model_path=folder / OCR,
            plate_config_path=folder / OCR_CONFIG,
            providers=list(PROVIDERS),
            sess_options=session_options(threads=1),
        )

    def read(self, picture: Picture) -> tuple[str, ...]:
        """Frame in, plates out."""
        return tuple(text for text, _ in self.answers(picture))

    def answers(self, picture: Picture) -> tuple[tuple[str, float], ...]:
        """The same, with the probability of each plate's least certain character."""
        height, width = picture.shape[:2]
        scale = min(_SIDE / height, _SIDE / width)
        size = (round(width * scale), round(height * scale))
        left, top = (_SIDE - size[0]) / 2, (_SIDE - size[1]) / 2
        boxed = cv2.copyMakeBorder(
            cv2.resize(picture, size),
            round(top - 0.1),
            round(top + 0.1),
            round(left - 0.1),
            round(left + 0.1),
            cv2.BORDER_CONSTANT,
            value=(114, 114, 114),
        )
        planes = np.ascontiguousarray(boxed[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255)
        found = []
        for _, x1, y1, x2, y2, _, score in self._detector.run(None, {"images": planes})[0]:
            if score < _FLOOR:
                continue
            crop = picture[
                max(0, round((y1 - top) / scale)) : round((y2 - top) / scale),
                max(0, round((x1 - left) / scale)) : round((x2 - left) / scale),
            ]
            if crop.size:
                rgb = cv2.cvtColor(crop, cv2.COLOR_BGR2RGB)
                said = self._ocr.run_one(rgb, return_confidence=True)
                sure = said.char_probs
                found.append((said.plate, 0.0 if sure is None else float(sure.min())))
        return tuple(found)
