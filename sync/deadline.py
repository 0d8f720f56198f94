"""An httpx transport whose requests end by a deadline, whatever the peer does.

httpx only has time-outs for single reads, so a peer that sends one byte per second, in the body or in the headers,
would hold it for ever. Here every connect, handshake, read and write gets only the time left until `deadline`. (The
resolver's own time-outs come on top, because libc cannot be interrupted.) For one thread.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import httpcore
import httpx

from sync.tls import validity


class DeadlineBackend(httpcore.NetworkBackend):
    """Plain sockets with a deadline."""

    def __init__(self, now: Callable[[], datetime] | None = None) -> None:
        self.deadline = float("inf")
        """Monotonic seconds; the owner sets it before each request."""
        self._now = now
        self._inner = httpcore.SyncBackend()

    def left_s(self, timeout: float | None) -> float:
        """The time that a single step may take."""
        left = self.deadline - time.monotonic()
        return max(0.001, left if timeout is None else min(timeout, left))

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        inner = self._inner.connect_tcp(
            host, port, timeout=self.left_s(timeout), local_address=local_address, socket_options=socket_options
        )
        return _DeadlineStream(self, inner)

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, self.left_s(None)))

    def check_certificate_time(self, stream: httpcore.NetworkStream) -> None:
        """With a clock of our own, the handshake does not check the time, so it is checked here."""
        if self._now is None:
            return
        tls = stream.get_extra_info("ssl_object")
        begin, end = validity(tls.getpeercert())
        if not begin <= self._now() <= end:
            stream.close()
            raise httpcore.ConnectError("the certificate is not valid at this time")


class _DeadlineStream(httpcore.NetworkStream):
    def __init__(self, backend: DeadlineBackend, inner: httpcore.NetworkStream) -> None:
        self._backend = backend
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if time.monotonic() >= self._backend.deadline:
            raise httpcore.ReadTimeout("out of time")
        return self._inner.read(max_bytes, self._backend.left_s(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if time.monotonic() >= self._backend.deadline:
            raise httpcore.WriteTimeout("out of time")
        self._inner.write(buffer, self._backend.left_s(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._backend.left_s(timeout))
        self._backend.check_certificate_time(inner)
        return _DeadlineStream(self._backend, inner)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class DeadlineTransport(httpx.HTTPTransport):
    """httpx's transport over a `DeadlineBackend`."""

    def __init__(self, *, context: ssl.SSLContext, backend: DeadlineBackend) -> None:
        super().__init__(verify=context, trust_env=False)
        self._pool.close()
        # httpx has no public way to give its pool a network backend; a contract test guards this line.
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, max_connections=2, keepalive_expiry=60.0, network_backend=backend
        )
