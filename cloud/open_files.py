"""The limit on open files of a process. Every stream takes one; at the limit the process cannot even reach its database.

A process without a free file descriptor answers nobody, and asyncio logs every connection that it cannot accept.
"""

from __future__ import annotations

import resource

KEPT = 1024
"""Files reserved for other uses than streams: database connections, requests, pictures, and the program's own files."""


def raise_limit() -> int:
    """Raises the limit of this process and its children to the maximum the system allows. Returns the limit.

    systemd's default soft limit is 1,024.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ValueError, OSError):  # some kernels reject «unlimited»
        return soft
    return hard


def room_for_streams(limit: int | None = None) -> int:
    """How many streams a process may have at once: at least half of `limit`, by default the process's own limit."""
    if limit is None:
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit == resource.RLIM_INFINITY:
        return 2**31
    return limit - min(limit // 2, KEPT)
