"""Raw connections: requests cost almost nothing here, which leaves the machine to the measured side."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

REQUEST_S = 30.0
"""As a gate's `cloud.request_s`."""
IDLE_S = 3.0
"""The portal closes a connection after 5 s without use; one nearly that old is not reused."""
LINKS = 24


class Links:
    """A few persistent connections to one server, like a proxy's. `call` may be used by any task of the loop."""

    def __init__(self, port: int, count: int = LINKS) -> None:
        self._free: asyncio.Queue[_Link] = asyncio.Queue()
        for _ in range(count):
            self._free.put_nowait(_Link(port))

    async def call(self, method: str, path: str, token: str, body: bytes = b"") -> tuple[int, bytes, float]:
        """Status, body and Retry-After; status 0 if no complete answer came: then nothing was acknowledged."""
        link = await self._free.get()
        try:
            async with asyncio.timeout(REQUEST_S):
                return await link.call(method, path, token, body)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, TimeoutError):
            link.close()
            return 0, b"", 0.0
        finally:
            self._free.put_nowait(link)


class _Link:
    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._used = 0.0

    async def call(self, method: str, path: str, token: str, body: bytes) -> tuple[int, bytes, float]:
        if self._writer is not None and time.monotonic() - self._used > IDLE_S:
            self.close()
        if self._writer is None or self._reader is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(head(method, path, token, len(body)) + body)
        status, headers = await answer_head(self._reader)
        content = await self._reader.readexactly(int(headers.get("content-length", "0")))
        self._used = time.monotonic()
        if headers.get("connection") == "close":
            self.close()
        return status, content, float(headers.get("retry-after", "0"))

    def close(self) -> None:
        if self._writer is not None:
            with suppress(OSError):
                self._writer.transport.abort()
        self._writer = None


def head(method: str, path: str, token: str, length: int = 0, more: str = "") -> bytes:
    lines = f"{method} {path} HTTP/1.1\r\nHost: proof\r\nAuthorization: Bearer {token}\r\n{more}"
    return f"{lines}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode()


async def answer_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    """The status, and the headers by lower-case name. Raises what the reader does, and ValueError."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = (line.partition(":") for line in lines[1:] if line)
    return int(lines[0].split(" ")[1]), {name.lower(): value.strip() for name, _, value in headers}
