"""Server-sent events from bytes: a pure, bounded parser (HTML standard, section 9.2).

`httpx.Response.iter_lines` and parsers built on it buffer a line however long it grows. Here a line without an end is
an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

LINE_BYTES = 64_000
EVENT_BYTES = 256_000


@dataclass(frozen=True, slots=True)
class ServerEvent:
    kind: str
    data: str
    id: str
    """The last id received so far, for `Last-Event-ID`."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A line that keeps the connection alive."""

    text: str


class EventParser:
    """Feed it bytes as they arrive; it yields complete events. Raises `ValueError` if a line or event is too long."""

    def __init__(self) -> None:
        self._rest = b""
        self._kind = ""
        self._data: list[str] = []
        self._data_bytes = 0
        self.last_id = ""

    def feed(self, chunk: bytes) -> Iterator[ServerEvent | Comment]:
        # A chunk may end between \r and \n, so a final \r waits for the next chunk.
        buffered = self._rest + chunk
        held = b"\r" if buffered.endswith(b"\r") else b""
        lines = buffered[: len(buffered) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._rest = lines.pop() + held
        if len(self._rest) > LINE_BYTES:
            raise ValueError("a line of the stream does not end")
        for line in lines:
            yield from self._take(line.decode(errors="replace"), len(line))

    def _take(self, line: str, size: int) -> Iterator[ServerEvent | Comment]:
        if not line:
            yield from self._dispatch()
            return
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not field:
            yield Comment(value)
        elif field == "data":
            self._data_bytes += size
            if self._data_bytes > EVENT_BYTES:
                raise ValueError("an event of the stream is too long")
            self._data.append(value)
        elif field == "event":
            self._kind = value
        elif field == "id" and "\0" not in value:
            self.last_id = value

    def _dispatch(self) -> Iterator[ServerEvent]:
        if self._data:
            yield ServerEvent(self._kind or "message", "\n".join(self._data), self.last_id)
        self._kind, self._data, self._data_bytes = "", [], 0
