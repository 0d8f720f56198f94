"""What one test found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`cure` only where something is wrong, or (`well` all the same) where it will be one day."""

    part: str
    well: bool
    text: str
    cure: str = ""
