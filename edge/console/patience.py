"""Ends a request that is incomplete after its time limit: half-sent headers and forms must not pile up.

uvicorn bounds only idle connections. The time runs from a request's first byte (or from the connection) to its last.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_S = 10.0
_WHOLE = (h11.DONE, h11.MUST_CLOSE, h11.CLOSED, h11.ERROR)


class PatientProtocol(H11Protocol):
    """uvicorn's protocol with a time limit per request. Lives on the server's event loop."""

    request_s = REQUEST_S
    _ending: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # uvicorn's signature
        super().connection_made(transport)
        self._ending = self.loop.call_later(self.request_s, self._end)

    def data_received(self, data: bytes) -> None:
        if self._ending is None:
            self._ending = self.loop.call_later(self.request_s, self._end)
        super().data_received(data)
        if self.conn.their_state in _WHOLE:
            self._forget()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def _end(self) -> None:
        self._ending = None
        self.transport.abort()

    def _forget(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
