"""Warnings about plates that look mistyped, shown before they are saved. `core.plates.doubts` decides what is odd.

A warning is a question, never a refusal: guests come from everywhere, and there are new region codes every year.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cloud.plates import PlateInvalid, TypedPlate, read_plate
from core.plates.doubts import doubt

Warning_ = tuple[str, Mapping[str, object]]
"""A text of the catalogue, and values for its placeholders."""

_COUNTRY = re.compile(r"[\s\-/|]*RUS\s*$", re.IGNORECASE)


def read_typed(typed: str) -> TypedPlate:
    """Like `read_plate`, but drops a trailing «RUS», which is printed under the region of a Russian plate.

    Raises PlateInvalid.
    """
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
    """The warnings about a plate: none or one."""
    found = doubt(plate.canonical)
    return () if found is None else ((found.text, found.facts),)
