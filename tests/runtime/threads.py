"""A worker of the gate on a thread of its own for as long as a test looks at it, and waiting for what it does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.patience import PATIENCE_S, until


@contextmanager
def running(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """`work` on a thread; it has to end when it is told to."""
    stop = threading.Event()
    thread = threading.Thread(target=work, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE_S)
    assert not thread.is_alive()


def wait_until(true: Callable[[], bool]) -> None:
    """Return as soon as `true`."""
    until(true)
