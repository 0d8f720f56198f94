"""How long a test waits for what another thread or process does: until it is so, and on a busy machine that may be long.

No test states a shorter time of its own for something that will come; pytest's own limit a test ends what never does.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_S = 60.0
LOOK_S = 0.005

Found = TypeVar("Found")


def comes(holds: Callable[[], Found], *, within_s: float = PATIENCE_S) -> Found:
    """What `holds` answers as soon as it is true; its last answer when it never is."""
    deadline = time.monotonic() + within_s
    while not (found := holds()) and time.monotonic() < deadline:
        time.sleep(LOOK_S)
    return found


def until(holds: Callable[[], Found], *, within_s: float = PATIENCE_S) -> Found:
    """The same, and the test fails when it never is."""
    found = comes(holds, within_s=within_s)
    assert found, "it did not come to be so"
    return found
