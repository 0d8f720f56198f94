"""Parses JSON from other programs or a worn SD card: `json.loads` with a single kind of failure.

Deeply nested brackets raise a `RecursionError` in the standard library, which callers do not expect.
"""

from __future__ import annotations

import json
from typing import Any


def read_json(text: str | bytes | bytearray) -> Any:
    """The parsed value. Raises ValueError for anything that is not JSON, and for JSON nested too deeply."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
