"""A camera that answers one request with an endless stream; reconnected whenever it falls silent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx

from core.words.language import say
from edge.witnesses import dahua, hikvision
from edge.witnesses.ear import Ear
from edge.witnesses.multipart import NotMultipart, Part, Parts, boundary_of
from edge.witnesses.said import Said
from edge.witnesses.settings import Anpr

SILENT_S = 30.0
"""Both dialects send a sign of life far more often."""
CONNECT_S = 10.0
FIRST_REST_S, LONGEST_REST_S = 1.0, 60.0


@dataclass(frozen=True, slots=True)
class Dialect:
    """The protocol of a make of camera."""

    path: str
    whole: Callable[[bytes], bool]
    said_in: Callable[[Part], Iterator[Said]]


DIALECTS = {
    Anpr.HIKVISION: Dialect(hikvision.STREAM_PATH, hikvision.whole, hikvision.said_in),
    Anpr.DAHUA: Dialect(dahua.STREAM_PATH, dahua.whole, dahua.said_in),
}


class CameraStream:
    """`listen` until `stop`, on its own thread. Nothing that a camera does makes it raise."""

    def __init__(self, url: str, dialect: Dialect, ear: Ear, *, rest_s: float = FIRST_REST_S) -> None:
        """`url`: `http(s)://[user:password@]host[:port][/path?query]`; without a path the dialect's own is used."""
        self._url = url
        self._dialect = dialect
        self._ear = ear
        self._rest_s = rest_s

    def listen(self, stop: threading.Event) -> None:
        rest = self._rest_s
        while not stop.is_set():
            try:
                self._listen(stop)
                rest = self._rest_s
                self._ear.failed(say("камера закончила поток событий"))
            except (httpx.HTTPError, NotMultipart, OSError, ValueError) as error:
                self._ear.failed(_why(error))
            stop.wait(rest)
            rest = min(LONGEST_REST_S, rest * 2)

    def _listen(self, stop: threading.Event) -> None:
        with _asked(self._url, self._dialect, read_s=SILENT_S) as answer:
            parts = Parts(boundary_of(answer.headers.get("content-type", "")), self._dialect.whole)
            self._ear.linked()
            for data in answer.iter_raw():
                if stop.is_set():
                    return
                for part in parts.feed(data):
                    for said in self._dialect.said_in(part):
                        self._ear.hear(said)


def first_answer(url: str, dialect: Dialect) -> str:
    """Test whether the camera lets us listen, without listening. Returns what is wrong, or nothing."""
    try:
        with _asked(url, dialect, read_s=CONNECT_S) as answer:
            boundary_of(answer.headers.get("content-type", ""))
    except (httpx.HTTPError, NotMultipart, OSError, ValueError) as error:
        return _why(error)
    return ""


@contextmanager
def _asked(url: str, dialect: Dialect, *, read_s: float) -> Iterator[httpx.Response]:
    """The endless response, at its beginning. Raises NotMultipart for any other."""
    parts = urlsplit(url)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    whole = urlunsplit(bare) if parts.path.strip("/") else urlunsplit(bare._replace(path="")) + dialect.path
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    # Digest authentication only: the password is never sent in clear over the cameras' network.
    auth = httpx.DigestAuth(user, password) if user else None
    timeout = httpx.Timeout(CONNECT_S, read=read_s)
    # Cameras use self-signed certificates, and nothing secret is sent.
    with (
        httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False, verify=False) as client,  # noqa: S501
        client.stream("GET", whole, auth=auth) as answer,
    ):
        if answer.status_code != 200:
            raise NotMultipart(_refusal(answer.status_code))
        yield answer


def _refusal(code: int) -> str:
    if code in {401, 403}:
        return say("камера не пускает ({code}): camera_user и camera_password_file этого проезда", code=code)
    if code == 404:
        return say("камера не знает такого потока ({code}): верны ли anpr и anpr_url", code=code)
    return f"HTTP {code}"


def _why(error: Exception) -> str:
    """The error without the address, which may contain a password."""
    if isinstance(error, NotMultipart):
        return str(error)
    if isinstance(error, httpx.ReadTimeout):
        return say("камера молчит")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return say("с камерой нет связи по HTTP")
    return type(error).__name__
