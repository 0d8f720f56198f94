"""Declares pages: path, method, access, and what the handler needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from cloud.web.access import Access
from cloud.web.context import Context

Handler = Callable[[Context], Response]


@dataclass(frozen=True, slots=True)
class Page:
    """One route. A POST page gets a write transaction unless it declares that it opens its own."""

    method: str
    path: str
    access: Access
    handler: Handler
    uploads: bool = False
    own_transaction: bool = False


class Pages:
    """A module's routes, collected by decorators in the order of the file."""

    def __init__(self) -> None:
        self.all: list[Page] = []

    def get(self, path: str, access: Access, *, own_transaction: bool = False) -> Callable[[Handler], Handler]:
        return self._add("GET", path, access, own_transaction=own_transaction)

    def post(
        self, path: str, access: Access, *, uploads: bool = False, own_transaction: bool = False
    ) -> Callable[[Handler], Handler]:
        return self._add("POST", path, access, uploads=uploads, own_transaction=own_transaction)

    def _add(
        self, method: str, path: str, access: Access, *, uploads: bool = False, own_transaction: bool = False
    ) -> Callable[[Handler], Handler]:
        # Territorial access and the territory in the path must go together.
        assert access.territorial == path.startswith("/t/{code}"), path

        def add(handler: Handler) -> Handler:
            self.all.append(Page(method, path, access, handler, uploads, own_transaction))
            return handler

        return add
