"""The OpenAPI of the edge API, generated from the declarations in `sync.wire` that also decode the bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync import wire

PROBLEMS = {
    401: "The device token is missing, unknown or revoked.",
    403: "The pairing code is unknown, used or too old.",
    404: "There is no such thing of this gate.",
    408: "The body took too long to arrive.",
    410: "The cursor is too old: begin again without one.",
    413: "The body is too large.",
    415: "This kind of body is not taken.",
    422: "The body or a parameter is not what the contract says.",
    429: "Too many requests; see Retry-After.",
    503: "It cannot be kept just now; see Retry-After.",
}
Responses = dict[int | str, dict[str, Any]]


def answers(
    kind: type | None,
    *problems: int,
    status: int = 200,
    text: str = "",
    said: Mapping[int, str] = PROBLEMS,
    body: type = wire.Problem,
) -> Responses:
    """`responses` of a route that returns `kind` (None = no body) or one of `problems`.

    `said`: what each of these means; `body`: the body of all of them.
    """
    done: dict[str, Any] = {"description": text or "Done."}
    if kind is not None:
        done["content"] = {"application/json": {"schema": wire.schema(kind)}}
    problem = {"application/json": {"schema": wire.schema(body)}}
    return {status: done, **{code: {"description": said[code], "content": problem} for code in problems}}


def takes(kind: type) -> dict[str, Any]:
    """`openapi_extra` of a route that accepts a JSON body."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": wire.schema(kind)}}}}


def takes_jpeg() -> dict[str, Any]:
    """`openapi_extra` of a route that accepts a picture."""
    jpeg = {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}
    return {"requestBody": {"required": True, "content": jpeg}}
