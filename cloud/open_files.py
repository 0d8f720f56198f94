"""How many files a process may hold open, of which a stream is one: beyond that it cannot even reach its database.

A process without a file to spare answers nobody, and asyncio fills the log with each connection that it cannot take.
"""

from __future__ import annotations

import resource

KEPT = 1024
"""Files that no stream takes: connections of the database and of requests, pictures, the programs' own."""


def raise_limit() -> int:
    """Let this process, and those that it begins, open as many as the system allows: 1,024 is what systemd gives unasked."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ValueError, OSError):  # «unlimited» is more than some kernels take
        return soft
    return hard


def room_for_streams(limit: int | None = None) -> int:
    """Streams that a process may have at once; `limit` is its own when it is not named. At least half of the limit."""
    if limit is None:
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit == resource.RLIM_INFINITY:
        return 2**31
    return limit - min(limit // 2, KEPT)
