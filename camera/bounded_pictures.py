"""FFmpeg's own bound on one piece of memory, set where PyAV has no word for it.

A picture that never ends (motion JPEG without a length, from a broken or hostile camera) is put together in memory until the
read times out: a gigabyte in five seconds from a camera on the same wire, and the system ends the gate for it.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 64 * 1024 * 1024
"""Of one packet or one plane: a decoded picture of 7680 x 4320 takes 50 MB, coded ones a few."""


def bound_pictures(maps: Path = Path("/proc/self/maps")) -> int:
    """Set the bound in every libavutil that this process has loaded; in how many. None of them grows a piece beyond it.

    `av_max_alloc` of libavutil/mem.h; what is larger fails as if memory were out, which is a lost camera. 0 where nothing is
    found: another system, or a build with the library inside; streams then are bounded by their time-out alone.
    """
    try:
        loaded = {line.split(maxsplit=5)[5].strip() for line in maps.read_text().splitlines() if "libavutil" in line}
    except (OSError, IndexError):
        return 0
    bound = 0
    for path in sorted(loaded):
        try:
            limit = ctypes.CDLL(path).av_max_alloc
        except (OSError, AttributeError):
            continue
        limit.argtypes, limit.restype = [ctypes.c_size_t], None
        limit(MOST_BYTES)
        bound += 1
    return bound
