"""How the C library keeps memory for a process that handles pictures day and night (glibc; elsewhere nothing is done).

glibc raises its threshold for memory of its own (`mmap`) to the largest block ever freed, up to 32 MiB: after the first
picture all pictures lie between small things on the heaps of the threads, and a heap gives back its top only. Set by hand the
threshold stays (mallopt(3)): what holds a picture goes back to the kernel when the picture does.
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
    """Before the first thread starts. Whether the C library took it."""
    libc = ctypes.CDLL(None)
    try:
        mallopt = libc.mallopt
    except AttributeError:  # musl has none, and keeps little by itself
        return False
    wanted = ((_M_MMAP_THRESHOLD, _OWN_BLOCK_BYTES), (_M_TRIM_THRESHOLD, _TRIM_BYTES), (_M_ARENA_MAX, _ARENAS))
    taken = [bool(mallopt(option, value) == 1) for option, value in wanted]  # each is set, whatever came of another
    return all(taken)


def give_back() -> None:
    """What was freed and is kept: after loading the networks, whose files are three times as large as what stays of them."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)
