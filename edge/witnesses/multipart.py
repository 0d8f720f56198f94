"""Splits an endless (or a posted) multipart body into its parts as they arrive. Pure, except for its buffer.

RFC 2046, 5.1. Cameras mix parts with and without `Content-Length`, end lines with LF alone, and send pictures between
their events. A part longer than `MOST_PART_BYTES` is skipped, and so is anything between parts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.errors import GateError

MOST_PART_BYTES = 64 * 1024
"""Maximum size of an event. Pictures are longer and not needed."""
MOST_HEADER_BYTES = 8 * 1024
_BOUNDARY = re.compile(r'boundary="?([^";,\s]{1,70})"?', re.IGNORECASE)
_LENGTH = re.compile(rb"content-length:\s*(\d{1,9})", re.IGNORECASE)
_TYPE = re.compile(rb"content-type:\s*([\w/.+-]{1,80})", re.IGNORECASE)
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")


class NotMultipart(GateError, ValueError):
    """The response is not a stream of events."""


@dataclass(frozen=True, slots=True)
class Part:
    """`kind` is its media type in lower case; `body` is empty if it was too long for an event."""

    kind: str
    body: bytes


def boundary_of(content_type: str) -> bytes:
    """The boundary given in a `Content-Type`. Raises NotMultipart."""
    found = _BOUNDARY.search(content_type)
    if found is None or not content_type.strip().lower().startswith("multipart/"):
        raise NotMultipart(content_type[:80] or "no Content-Type")
    return b"--" + found[1].encode("latin-1", "replace").removeprefix(b"--")


class Parts:
    """Is fed the received bytes and yields complete parts. Never holds more than a header and a part."""

    def __init__(self, boundary: bytes, whole: Callable[[bytes], bool] = lambda _: False) -> None:
        """`boundary`: as from `boundary_of`. `whole(body)`: whether a part without a length is already complete.

        Without that, an event would wait until the camera sends something else, and be old by then.
        """
        self._boundary = boundary
        self._whole = whole
        self._held = bytearray()
        self._skip = 0
        """Remaining bytes of an oversized part."""

    def feed(self, data: bytes) -> Iterator[Part]:
        """The parts that `data` completes."""
        skipped = min(self._skip, len(data))
        self._skip -= skipped
        self._held += data[skipped:]
        while (part := self._next()) is not None:
            if part.body:
                yield part

    def _next(self) -> Part | None:
        begin = self._held.find(self._boundary)
        if begin < 0:
            self._keep_tail()
            return None
        del self._held[:begin]
        head = _END_OF_HEAD.search(self._held)
        if head is None:
            if len(self._held) > MOST_HEADER_BYTES:  # not a part's header: look for the next boundary
                del self._held[: len(self._boundary)]
                return Part("", b"")
            return None
        header = bytes(self._held[: head.start()])
        told = _TYPE.search(header)
        kind = told[1].decode("latin-1").lower() if told else ""
        length = _LENGTH.search(header)
        size = int(length[1]) if length else 0
        if size:
            return self._measured(kind, head.end(), size)
        return self._open_ended(kind, head.end())

    def _measured(self, kind: str, begin: int, size: int) -> Part | None:
        if size > MOST_PART_BYTES:
            self._skip = max(0, begin + size - len(self._held))
            del self._held[: begin + size]
            return Part(kind, b"")
        if len(self._held) < begin + size:
            return None
        body = bytes(self._held[begin : begin + size])
        del self._held[: begin + size]
        return Part(kind, body)

    def _open_ended(self, kind: str, begin: int) -> Part | None:
        """A part without a length, or with length 0, ends where the next one begins."""
        end = self._held.find(self._boundary, begin)
        if end < 0:
            if len(self._held) - begin > MOST_PART_BYTES:
                del self._held[: begin + MOST_PART_BYTES - len(self._boundary)]
                return Part(kind, b"")
            body = bytes(self._held[begin:]).strip(b"\r\n")
            if not self._whole(body):
                return None
            self._held.clear()
            return Part(kind, body)
        body = bytes(self._held[begin:end])
        del self._held[:end]
        return Part(kind, body.strip(b"\r\n"))

    def _keep_tail(self) -> None:
        """Without a boundary in the buffer, keep only what may be the start of one."""
        del self._held[: max(0, len(self._held) - len(self._boundary) + 1)]
