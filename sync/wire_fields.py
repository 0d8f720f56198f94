"""Types for the fields of the sync contract: kinds of text, numbers and words, with their bounds."""

from __future__ import annotations

from typing import Annotated, Literal

from sync.codec import number, text

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
Uuid = Annotated[str, text(36, 36, _UUID)]
Identity = Annotated[str, text(1, 36, r"[0-9A-Za-z_.:\-]+")]
Slug = Annotated[str, text(1, 32, r"[a-z][a-z0-9_]*")]
Name = Annotated[str, text(1, 100)]
LaneName = Annotated[str, text(1, 64)]
Line = Annotated[str, text(0, 200)]
Plate = Annotated[str, text(1, 16)]
Cursor = Annotated[str, text(0, 64, r"[0-9A-Za-z_.\-]*")]
Count = Annotated[int, number(0, 2**53)]
Release = Annotated[str, text(0, 64, r"[0-9A-Za-z_.+\-]*")]
"""A signed build of the program, named after its environment, `version-built_at`; empty = none."""
Direction = Literal["entry", "exit"]
Outcome = Literal["done", "refused", "expired"]
Flowed = Literal["yes", "no", "unknown"]
