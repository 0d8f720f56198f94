"""Limits the size of a single FFmpeg allocation, which PyAV offers no way to set.

A picture without an end (motion JPEG without a length, from a broken or hostile camera) is collected in memory until
the read times out. From a camera on the same network that is a gigabyte in five seconds, and the system would kill the
gate.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 64 * 1024 * 1024
"""Most bytes of one packet or one plane: a decoded picture of 7680 x 4320 takes 50 MB, a coded one a few."""


def bound_pictures(maps: Path = Path("/proc/self/maps")) -> int:
    """Sets the limit in every libavutil loaded by this process, and returns in how many.

    Uses `av_max_alloc` of libavutil/mem.h. Larger allocations fail as if memory had run out, which counts as a lost
    camera. Returns 0 if none is found (another system, or a statically linked build); then only the time-out limits
    streams.
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
