"""Runs a conversation that ends on time, even if a name look-up hangs.

asyncio looks names up in executor threads, and `asyncio.run` waits for those at its end: a silent name server kept callers
far beyond their timeout. Here each look-up has a thread of its own that nobody waits for.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

MOST_ASIDE = 32
"""Most look-ups at once in the whole process. Hanging ones end by the resolver's timeout, and must not pile up until then."""
Found = TypeVar("Found")
_room = threading.BoundedSemaphore(MOST_ASIDE)


async def aside(ask: Callable[[], Found]) -> Found:
    """The result of `ask`, run in a thread that is abandoned if the caller stops waiting.

    Raises what `ask` raises; OSError if `MOST_ASIDE` look-ups are under way, or if no thread can be started.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Found] = loop.create_future()
    room = _room
    if not room.acquire(blocking=False):
        raise OSError("too many look-ups hang")

    def tell(set_it: Callable[[], None]) -> None:
        if not answer.done():
            set_it()

    def run() -> None:
        try:
            found = ask()
        except BaseException as error:  # noqa: BLE001 - passed on to the caller
            wrong = error
            done: Callable[[], None] = lambda: answer.set_exception(wrong)  # noqa: E731
        else:
            done = lambda: answer.set_result(found)  # noqa: E731
        finally:
            room.release()
        with suppress(RuntimeError):  # the loop is closed: nobody is waiting
            loop.call_soon_threadsafe(tell, done)

    try:
        threading.Thread(target=run, name="look-up", daemon=True).start()
    except RuntimeError as error:  # the process has as many threads as it may have
        room.release()
        raise OSError(str(error)) from None
    return await answer


class Loop(asyncio.SelectorEventLoop):
    """An event loop that abandons a name look-up when its caller is cancelled."""

    async def getaddrinfo(self, host: Any, port: Any, **how: Any) -> Any:
        return await aside(lambda: socket.getaddrinfo(host, port, **how))


def run(conversation: Coroutine[Any, Any, Found]) -> Found:
    """Like `asyncio.run`, but returns as soon as the conversation ends."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(conversation)
