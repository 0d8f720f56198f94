"""JSON that others wrote, or a worn card: `json.loads` with one kind of failure.

A text of nothing but brackets is a `RecursionError` to the standard library, which no reader of files thinks of.
"""

from __future__ import annotations

import json
from typing import Any


def read_json(text: str | bytes | bytearray) -> Any:
    """The value that `text` states. Raises ValueError for anything else, however deeply nested."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
