"""HTTP to the cloud: every failure becomes an error of `sync.errors`, and every answer is bounded in bytes and time.

A `CloudHttp` belongs to one thread; only `abort` may be called from another.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpcore
import httpx

from core.errors import GateError
from core.words.language import say
from sync import wire
from sync.answers import bounded_body, error_of, server_date
from sync.deadline import DeadlineBackend, DeadlineTransport
from sync.errors import AnswerInvalid, CertificateNotYetValid, CloudUnreachable
from sync.seams import Clock
from sync.settings import CloudSettings
from sync.timecheck import hear_time
from sync.tls import checking_context, is_not_yet_valid, timeless_context

log = logging.getLogger(__name__)
FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class Request:
    """One request of the contract; `path` follows `/api/edge/v1`."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    within_s: float | None = None
    """Time for the whole request; None = `request_s` of the settings."""
    empty: bool = False
    """Whether success has no body. Else a page with status 200, as of a proxy, would pass for the cloud's yes."""


class CloudHttp:
    """The connection to one cloud.

    `token` is asked before each request, so that a new enrolment takes effect at once.
    """

    def __init__(
        self,
        settings: CloudSettings,
        *,
        clock: Clock,
        token: Callable[[], str | None],
        version: str,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        assert settings.url is not None
        self._settings = settings
        self._clock = clock
        self._base = settings.url.rstrip("/") + wire.BASE
        self._secure = settings.url.startswith("https:")
        self._headers = {"User-Agent": f"okter-gate/{version}", "Accept-Encoding": "gzip"}
        self._token = token
        self._beat = beat
        self._timeless = False
        self._backend = DeadlineBackend()
        self._client: httpx.Client | None = None
        self._live: socket.socket | None = None
        self._aborted = False

    def request(self, request: Request) -> bytes:
        """The body of the 2xx answer. Raises CloudError.

        Every request of the contract is idempotent. So if one fails on a kept-alive connection (the server may have
        closed it), it is retried once on a fresh one.
        """
        deadline = time.monotonic() + (request.within_s or self._settings.request_s)
        kept = self._client is not None
        try:
            return self._body_of(request, deadline)
        except CloudUnreachable as error:
            if kept and isinstance(error.__cause__, httpx.RemoteProtocolError | httpx.ReadError | httpx.WriteError):
                return self._body_of(request, deadline)
            raise

    @contextmanager
    def stream(self, request: Request) -> Iterator[Iterator[bytes]]:
        """The chunks of a 200 answer without an end. Silence for `silence_s` ends it with CloudUnreachable."""
        deadline = time.monotonic() + self._settings.request_s
        with self._sent(request, deadline=deadline, silence_s=self._settings.silence_s) as response:
            if response.status_code != 200:
                self._body_of_success(response)
            if not response.headers.get("content-type", "").startswith("text/event-stream"):
                raise AnswerInvalid(say("вместо потока извещений ответило что-то другое"))
            self._backend.deadline = FOREVER
            yield response.iter_raw()

    def abort(self) -> None:
        """Ends the request in progress. May be called from any thread."""
        self._aborted = True
        live = self._live
        if live is not None:
            try:
                live.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it has already ended by itself

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    # -- one request -------------------------------------------------------------------------------------------

    @contextmanager
    def _sent(self, request: Request, *, deadline: float, silence_s: float | None) -> Iterator[httpx.Response]:
        read_s = self._settings.request_s if silence_s is None else silence_s
        timeout = httpx.Timeout(read_s, connect=self._settings.connect_s)
        if self._aborted:
            raise CloudUnreachable(say("остановлено"))
        try:
            client = self._opened()
            self._backend.deadline = deadline
            headers = {**self._headers, **request.headers}
            token = self._token()
            if token is not None:
                headers["Authorization"] = f"Bearer {token}"
            if request.body is not None:
                headers["Content-Type"] = request.kind
            with client.stream(
                request.method,
                self._base + request.path,
                params=dict(request.query) or None,
                content=request.body,
                headers=headers,
                timeout=timeout,
            ) as response:
                self._take_date(response)
                self._live = response.extensions["network_stream"].get_extra_info("socket")
                if self._aborted:
                    raise CloudUnreachable(say("остановлено"))
                yield response
        except GateError:  # also a `ca_file` that cannot be read
            raise
        except (httpx.HTTPError, httpx.InvalidURL, httpcore.ConnectError, OSError, UnicodeError) as error:
            raise self._unreachable(error) from error
        finally:
            self._live = None

    def _body_of(self, request: Request, deadline: float) -> bytes:
        self._beat()
        with self._sent(request, deadline=deadline, silence_s=None) as response:
            body = self._body_of_success(response)
        if request.empty and body:
            raise AnswerInvalid(say("ответило не облако ОКтер ({status})", status=response.status_code))
        return body

    def _opened(self) -> httpx.Client:
        if self._client is None:
            make = timeless_context if self._timeless else checking_context
            # If the handshake ignores the time, the certificate is checked against our own, better clock.
            self._backend = DeadlineBackend((lambda: self._clock.now().wall) if self._timeless else None)
            transport = DeadlineTransport(context=make(self._settings.ca_file), backend=self._backend)
            self._client = httpx.Client(transport=transport, trust_env=False, follow_redirects=False)
        return self._client

    def _take_date(self, response: httpx.Response) -> None:
        date = server_date(response.headers.get("date", ""))
        if date is not None:
            authenticated = self._secure and not self._timeless
            self._clock.heard(date, mono=time.monotonic(), authenticated=authenticated)

    def _body_of_success(self, response: httpx.Response) -> bytes:
        encoding = response.headers.get("content-encoding", "").lower()
        body = bounded_body(response.iter_raw(), encoding=encoding, most=self._settings.body_bytes)
        error = error_of(response.status_code, response.headers, body, now=self._clock.now().wall)
        if error is not None:
            raise error
        return body

    def _unreachable(self, error: Exception) -> CloudUnreachable:
        """The error in our words. Starts time recovery if the certificate is not yet valid."""
        self.close()  # whatever state the connection is in, the next request gets a fresh one
        was_timeless, self._timeless = self._timeless, False
        if is_not_yet_valid(error) and not was_timeless:
            self._timeless = self._recover_time()
            return CertificateNotYetValid(say("сертификат облака ещё не действует: часы отстают"))
        return CloudUnreachable(say("облако недоступно ({error})", error=_why(error)))

    def _recover_time(self) -> bool:
        """Asks a server with a valid chain and name for the time.

        Returns whether the next try may use our own clock.
        """
        heard = hear_time(self._settings)
        if heard is None:
            return False
        self._clock.heard(heard.date, mono=heard.mono, authenticated=False)
        log.warning("часы отстают: время по ответу облака %s принято как нижняя граница", heard.date.isoformat())
        return True


def _why(error: Exception) -> str:
    """A short cause without addresses, for one log line."""
    names = {
        "ConnectTimeout": say("нет соединения в срок"),
        "ConnectError": say("нет соединения"),
        "ReadTimeout": say("не ответило в срок"),
        "WriteTimeout": say("не приняло запрос в срок"),
        "ReadError": say("соединение оборвано"),
        "WriteError": say("соединение оборвано"),
        "RemoteProtocolError": say("ответ оборван или не HTTP"),
    }
    kind = type(error).__name__
    return names.get(kind, kind)
