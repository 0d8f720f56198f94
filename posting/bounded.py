"""Running a conversation that ends when its time is over, whatever the look-up of a name does.

asyncio looks names up in threads of an executor, and `asyncio.run` waits for those at its end: a name server that says nothing kept a
caller far beyond the time that it had given. Here each look-up has a thread of its own that nobody waits for.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

MOST_ASIDE = 32
"""Look-ups under way, of the whole process: those that hang end by the resolver's own times, and are not piled up meanwhile."""
Found = TypeVar("Found")
_room = threading.BoundedSemaphore(MOST_ASIDE)


async def aside(ask: Callable[[], Found]) -> Found:
    """What `ask` says, in a thread that is left to itself when the waiting for it is given up. Raises OSError: too many hang, or no thread is to be had."""
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
        except BaseException as error:  # noqa: BLE001 - it is the caller's
            wrong = error
            done: Callable[[], None] = lambda: answer.set_exception(wrong)  # noqa: E731
        else:
            done = lambda: answer.set_result(found)  # noqa: E731
        finally:
            room.release()
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(tell, done)

    try:
        threading.Thread(target=run, name="look-up", daemon=True).start()
    except RuntimeError as error:  # the process has as many threads as it may have
        room.release()
        raise OSError(str(error)) from None
    return await answer


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose look-ups are given up with what waits for them."""

    async def getaddrinfo(self, host: Any, port: Any, **how: Any) -> Any:
        return await aside(lambda: socket.getaddrinfo(host, port, **how))


def run(conversation: Coroutine[Any, Any, Found]) -> Found:
    """As `asyncio.run`, ending as soon as the conversation does."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(conversation)
