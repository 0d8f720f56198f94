"""The result of one test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`cure` is set only if something is wrong, or, with `well`, if it will be one day."""

    part: str
    well: bool
    text: str
    cure: str = ""
