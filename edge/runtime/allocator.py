"""glibc malloc settings for a process that handles pictures around the clock. Does nothing with other C libraries.

By default glibc raises its mmap threshold to the size of the largest mmapped block freed so far, up to 32 MiB. After
the first picture, all pictures are then allocated on the thread heaps, among small objects, and a heap can return only
its top to the kernel. A threshold set explicitly stays fixed (mallopt(3)), so a picture's memory returns to the kernel
as soon as the picture is freed.
"""

from __future__ import annotations

import ctypes

_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_OWN_BLOCK_BYTES = 256 * 1024
_TRIM_BYTES = 256 * 1024
_ARENAS = 2


def keep_little() -> bool:
    """Apply the settings; call before the first thread starts. Returns whether the C library accepted all of them."""
    libc = ctypes.CDLL(None)
    try:
        mallopt = libc.mallopt
    except AttributeError:  # musl has none, and keeps little by itself
        return False
    wanted = ((_M_MMAP_THRESHOLD, _OWN_BLOCK_BYTES), (_M_TRIM_THRESHOLD, _TRIM_BYTES), (_M_ARENA_MAX, _ARENAS))
    taken = [bool(mallopt(option, value) == 1) for option, value in wanted]  # try each one, even if another failed
    return all(taken)


def give_back() -> None:
    """Return freed memory to the kernel. Used after loading the networks: the files are three times what stays."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)
