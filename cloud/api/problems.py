"""Error answers of the edge API: one exception and one body format for every route."""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from sqlalchemy.exc import IntegrityError

from cloud.api.forwarding import MovedAway, lead_on
from cloud.cells.freeze import AGAIN_S, is_frozen
from sync import wire


class ApiProblem(Exception):
    """An answer other than 2xx. `why` ends up in the device's log, so it must contain no secret."""

    def __init__(self, status: int, why: str, *, retry_after_s: float | None = None) -> None:
        self.status = status
        self.why = why
        self.retry_after_s = retry_after_s
        super().__init__(why)


class EdgeRoute(APIRoute):
    """A route that turns `ApiProblem` into the contract's `{"error": …}`, and redirects or forwards on `MovedAway`."""

    async def at_once(self, request: Request) -> Response | None:  # noqa: ARG002  # subclasses override it
        """A shortcut answer before the normal handling of the route; None = handle normally. May raise `ApiProblem`."""
        return None

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await self.at_once(request) or await handle(request)
            except ApiProblem as problem:
                return _told(problem)
            except RequestValidationError as error:  # in the path or query; bodies are decoded by `wire`
                return _told(ApiProblem(422, _first_fault(error)))
            except MovedAway as moved:
                return await lead_on(request, moved)
            except IntegrityError as error:
                if not is_frozen(error):
                    raise
                return _told(ApiProblem(503, "this territory is moving to another cell", retry_after_s=AGAIN_S))

        return answer


def _first_fault(error: RequestValidationError) -> str:
    """Which parameter is wrong and why, without repeating its value."""
    fault = error.errors()[0]
    return f"{fault['loc'][-1]}: {fault['msg']}"


def _told(problem: ApiProblem) -> Response:
    headers = {"Cache-Control": "no-store"}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(math.ceil(problem.retry_after_s))
    body = wire.encode(wire.Problem(problem.why[:200]))
    return Response(body, status_code=problem.status, headers=headers, media_type="application/json")
