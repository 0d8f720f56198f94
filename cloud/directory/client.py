"""How a cell queries the directory: with a short cache, and stale answers if the directory is down. Thread-safe."""

from __future__ import annotations

import ssl
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import Protocol

import httpx

from cloud.directory.settings import DirectorySettings
from cloud.domain.territories import draw_code

ANSWER_S = 3.0
FRESH_S = 60.0
"""How long a cached answer is used without asking again."""
MOST_KEPT = 10_000
DRAWS = 20


class DirectoryAway(RuntimeError):
    """The directory gave no usable answer, and no earlier one is cached."""


class Directory(Protocol):
    """The queries of a cell. Every method may raise DirectoryAway."""

    def cell_of(self, code: str) -> str | None:
        """The base URL of the territory's cell if that is another cell; None = this cell, or the code is unknown."""

    def new_code(self) -> str:
        """Claims a new code for this cell. Empty = use any code that is free here: there is no other cell."""

    def release(self, code: str, *, before: datetime) -> None:
        """Frees the code of a territory that this cell deleted, unless it was claimed again after that moment."""


class OneCell:
    """`Directory` of a portal that is the only cell."""

    def cell_of(self, code: str) -> str | None:  # noqa: ARG002  # the seam's
        return None

    def new_code(self) -> str:
        return ""

    def release(self, code: str, *, before: datetime) -> None:
        pass


class HttpDirectory:
    """`Directory` over HTTP; `own_url` is this cell's address."""

    def __init__(
        self,
        settings: DirectorySettings,
        own_url: str,
        *,
        now: Callable[[], float] = time.monotonic,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._own_url = own_url
        self._now = now
        self._client = httpx.Client(
            base_url=settings.url,
            headers={"Authorization": f"Bearer {settings.secret}"},
            timeout=ANSWER_S,
            trust_env=False,
            transport=transport,
            verify=ssl.create_default_context() if transport is None else True,
        )
        self._lock = Lock()
        self._kept: OrderedDict[str, tuple[float, str | None]] = OrderedDict()

    def cell_of(self, code: str) -> str | None:
        with self._lock:
            kept = self._kept.get(code)
        if kept is not None and self._now() - kept[0] < FRESH_S:
            return kept[1]
        try:
            url = self._cell_of(code)
        except DirectoryAway:
            if kept is None:
                raise
            return kept[1]
        with self._lock:
            self._kept[code] = self._now(), url
            self._kept.move_to_end(code)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return url

    def new_code(self) -> str:
        for _ in range(DRAWS):
            code = draw_code()
            answer = self._answer("POST", f"/v1/territories/{code}", json={"cell": self._own_url})
            if answer.status_code == httpx.codes.CREATED:
                return code
            if answer.status_code != httpx.codes.CONFLICT:
                raise DirectoryAway(f"the directory answered {answer.status_code}")
        raise DirectoryAway("no code is free")

    def release(self, code: str, *, before: datetime) -> None:
        told = {"cell": self._own_url, "before": before.isoformat()}
        answer = self._answer("DELETE", f"/v1/territories/{code}", json=told)
        if answer.status_code != httpx.codes.NO_CONTENT:
            raise DirectoryAway(f"the directory answered {answer.status_code}")
        with self._lock:
            self._kept.pop(code, None)

    def _cell_of(self, code: str) -> str | None:
        answer = self._answer("GET", f"/v1/territories/{code}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        try:
            url = answer.json()["cell"] if answer.status_code == httpx.codes.OK else None
        except (ValueError, KeyError, TypeError):
            url = None
        if not isinstance(url, str):
            raise DirectoryAway(f"the directory answered {answer.status_code}")
        return None if url == self._own_url else url

    def _answer(self, method: str, path: str, *, json: dict[str, str] | None = None) -> httpx.Response:
        try:
            return self._client.request(method, path, json=json)
        except httpx.HTTPError as error:
            raise DirectoryAway(type(error).__name__) from error


def make_directory(settings: DirectorySettings | None, own_url: str) -> Directory:
    """The directory named in the settings, or `OneCell` without one."""
    return OneCell() if settings is None else HttpDirectory(settings, own_url)
