"""The plate reader's network, run through fast-plate-ocr. Only this module imports that package.

`LicensePlateRecognizer.run` returns the best symbol of every slot and its probability. A barrier needs the whole row,
because fusion and matching sum over all symbols that a character may be. So the recognizer loads and checks the model
and its plate config and prepares the pictures, and its public session (`recognizer.model`) is run directly for the full
matrix.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera.consoles import left_out
from camera.errors import InferenceFailed, WeightsInvalid, first_line
from camera.frame import Picture
from camera.weights import PROVIDERS, Weights, session_options
from core.plates.alphabet import ALPHABET, PAD, SLOTS, UNSEEN
from core.words.language import say

with left_out():
    from fast_plate_ocr import LicensePlateRecognizer
    from fast_plate_ocr.core.process import preprocess_image, resize_image

Rows = NDArray[np.float32]
_NOT_READ = (ALPHABET.index(PAD), ALPHABET.index(UNSEEN))


@dataclass(frozen=True, slots=True, eq=False)
class OcrOutput:
    """The network's output for one rectified plate."""

    slots: Rows
    """[SLOTS, len(ALPHABET)]: the probability of every symbol in every place."""
    formats: Rows
    """[len(format_ids)]: the probability of every format, judged by look; empty if the network has no such head."""

    @property
    def length(self) -> int:
        """Characters read, not counting unseen ones; 0 if the network says that this is no plate."""
        return int((~np.isin(self.slots.argmax(axis=1), _NOT_READ)).sum())

    @property
    def likeness(self) -> float:
        """The geometric mean probability of the best symbols; low if something else was read as a plate."""
        return float(np.exp(np.log(np.maximum(self.slots.max(axis=1), 1e-9)).mean()))

    @property
    def certainty(self) -> float:
        """The probability of the best symbol in the least certain slot."""
        return float(self.slots.max(axis=1).min())


class PlateOcr:
    """Reads rectified plates. One object may serve many lanes; it keeps no state between calls."""

    def __init__(self, weights: Weights, *, threads: int = 1) -> None:
        logging.getLogger("fast_plate_ocr").setLevel(logging.ERROR)  # otherwise it announces its providers
        try:
            self._recognizer = LicensePlateRecognizer(
                onnx_model_path=weights.ocr_model,
                plate_config_path=weights.ocr_config,
                providers=list(PROVIDERS),
                sess_options=session_options(threads=threads),
            )
        except Exception as error:  # YAML, type and onnxruntime errors, without a common root
            raise WeightsInvalid(f"{weights.ocr_model}: {first_line(error)}") from error
        config = self._recognizer.config
        if config.alphabet not in (ALPHABET, ALPHABET.removesuffix(UNSEEN)) or config.max_plate_slots != SLOTS:
            raise WeightsInvalid(
                say("{ocr_config}: алфавит или число мест не те, что у программы", ocr_config=weights.ocr_config)
            )
        self.format_ids: tuple[str, ...] = tuple(config.plate_regions or ()) if self._recognizer.has_region_head else ()
        self.width: int = config.img_width
        self.height: int = config.img_height
        self.grey: bool = config.image_color_mode == "grayscale"

    def prepare(self, flat: Picture) -> Picture:
        """One rectified plate, blue-green-red or grey, in the form the network takes: height x width x channels."""
        config = self._recognizer.config
        if self.grey and flat.ndim == 3:
            flat = np.asarray(flat @ _LUMA, dtype=np.uint8)
        elif not self.grey:
            flat = flat[:, :, ::-1] if flat.ndim == 3 else np.repeat(flat[:, :, None], 3, axis=2)
        prepared: Picture = resize_image(
            flat,
            config.img_height,
            config.img_width,
            image_color_mode=config.image_color_mode,
            keep_aspect_ratio=config.keep_aspect_ratio,
            interpolation_method=config.interpolation,
            padding_color=config.padding_color,
        )
        return prepared

    def read(self, flats: Sequence[Picture]) -> tuple[OcrOutput, ...]:
        """Reads rectified plates, all in one run. Raises `InferenceFailed`."""
        if not flats:
            return ()
        recognizer = self._recognizer
        wanted = [recognizer.plate_output_name] + (["region"] if self.format_ids else [])
        try:
            batch = preprocess_image(np.stack([self.prepare(flat) for flat in flats]))
            outputs = recognizer.model.run(wanted, {"input": batch})
        except Exception as error:  # whatever the error was, it must not look like "no plates"
            raise InferenceFailed(say("чтение номера: {error}", error=first_line(error))) from error
        slots = np.asarray(outputs[0], np.float32).reshape(len(flats), SLOTS, len(recognizer.config.alphabet))
        if not np.isfinite(slots).all():
            raise InferenceFailed(say("чтение номера: сеть ответила не числами"))
        lacking = len(ALPHABET) - slots.shape[2]  # a network from before `UNSEEN` lacks its column
        slots = np.pad(slots, ((0, 0), (0, 0), (0, lacking)))
        kinds = np.asarray(outputs[1], np.float32) if self.format_ids else np.zeros((len(flats), 0), np.float32)
        return tuple(OcrOutput(slots=slots[i], formats=kinds[i]) for i in range(len(flats)))


_LUMA = np.array([0.114, 0.587, 0.299], np.float32)
