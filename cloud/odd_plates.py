"""Plates that were hardly meant as they were typed: asked about before they are saved. What is odd, `core.plates.doubts` knows.

A warning is a question, never a refusal: guests come from everywhere, and new region codes every year.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cloud.plates import PlateInvalid, TypedPlate, read_plate
from core.plates.doubts import doubt

Warning_ = tuple[str, Mapping[str, object]]
"""A text of the catalogue and its facts."""

_COUNTRY = re.compile(r"[\s\-/|]*RUS\s*$", re.IGNORECASE)


def read_typed(typed: str) -> TypedPlate:
    """As `read_plate`; the «RUS» that stands under the region of a Russian plate is no part of it."""
    bare = _COUNTRY.sub("", typed)
    if bare != typed:
        try:
            plate = read_plate(bare)
        except PlateInvalid:
            return read_plate(typed)
        if plate.russian:
            return plate
    return read_plate(typed)


def warnings(plate: TypedPlate) -> tuple[Warning_, ...]:
    """What is odd about a plate."""
    found = doubt(plate.canonical)
    return () if found is None else ((found.text, found.facts),)
