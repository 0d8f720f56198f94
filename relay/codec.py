"""The lines of the relay socket: JSON, one request or message per line (docs/relay-protocol.md). Pure.

Everything that arrives is checked here field by field. The frozen values that leave this module are valid in form, but
not necessarily in meaning (the lane may not exist).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from types import NoneType
from typing import Any

from core.jsontext import read_json
from core.words.language import say
from core.words.outcomes import Outcome
from core.words.reasons import Reason
from relay.errors import ProtocolBroken
from relay.protocol import (
    ACTIONS,
    BarrierStatus,
    Do,
    EventKind,
    InputStatus,
    Message,
    RelayEvent,
    Reply,
    Request,
    Status,
)

MAX_LINE_BYTES = 8192
"""Longest line of the protocol. The sender of a longer one is told so and dropped."""
MAX_TEXT = 200
DEFAULT_TTL_S = 3.0

_MESSAGE_TYPES: dict[str, type[Reply | RelayEvent | Status]] = {"reply": Reply, "event": RelayEvent, "status": Status}
_TYPE_NAMES = {kind: name for name, kind in _MESSAGE_TYPES.items()}
_EVENT_TYPES: dict[str, tuple[type, ...]] = {
    **{item.name: (str,) for item in fields(RelayEvent)},
    "seq": (int,),
    "at_mono": (int, float),
    "at_wall": (int, float),
    "lane": (str, NoneType),
    "reason": (Reason, NoneType),
    "confirmed": (bool, NoneType),
}


def encode(message: Message) -> bytes:
    """One line, ASCII JSON, with its line feed."""
    body = {"type": _TYPE_NAMES[type(message)], **asdict(message)}
    return (json.dumps(body, separators=(",", ":")) + "\n").encode()


def decode(line: bytes) -> Message:
    """The message in one line from the relay process. Raises `ProtocolBroken` if it is none. Ignores unknown keys."""
    body = _object(line)
    kind = _MESSAGE_TYPES.get(str(body.get("type")))
    if kind is None:
        raise ProtocolBroken("bad_message", say("неизвестный вид сообщения"))
    try:
        if kind is Status:
            body["barriers"] = tuple(BarrierStatus(**_known(BarrierStatus, item)) for item in body["barriers"])
            body["inputs"] = tuple(InputStatus(**_known(InputStatus, item)) for item in body["inputs"])
        elif kind is Reply:
            body["outcome"] = Outcome(body["outcome"])
        else:
            body["kind"] = EventKind(body["kind"])
            body["reason"] = Reason(body["reason"]) if body.get("reason") else None
        message: Message = kind(**_known(kind, body))
        if isinstance(message, RelayEvent):
            _check_types(message)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ProtocolBroken("bad_message", say("сообщение не по протоколу: {error}", error=error)) from None
    return message


def _check_types(event: RelayEvent) -> None:
    """Checks field types: an event is also read back from disk, and disks fail."""
    for name, kinds in _EVENT_TYPES.items():
        value = getattr(event, name)
        if (isinstance(value, bool) and bool not in kinds) or not isinstance(value, kinds):
            raise TypeError(f"{name}: {value!r:.40}")


def encode_request(request: Request) -> bytes:
    """One line for the relay process."""
    body = {key: value for key, value in asdict(request).items() if value is not None and value != ""}
    return (json.dumps(body, separators=(",", ":")) + "\n").encode()


def decode_request(line: bytes, *, now: float, max_ttl_s: float) -> Request:
    """The request in one line. `ProtocolBroken` names what is wrong.

    A request carries `expires` or `ttl_s`; without either it lives for `DEFAULT_TTL_S`. None lives longer than
    `max_ttl_s` from `now`.
    """
    body = _object(line)
    try:
        do = Do(str(body.get("do")))
    except ValueError:
        raise ProtocolBroken("bad_request", say("do: одно из {n}", n=", ".join(Do))) from None
    request_id = _text(body, "id", required=do in ACTIONS)
    lane, barrier = _text(body, "lane"), _text(body, "barrier")
    if do in ACTIONS and bool(lane) == bool(barrier):
        raise ProtocolBroken("bad_request", say("нужно одно из двух: lane или barrier"))
    try:
        reason = Reason(body.get("reason", Reason.CONSOLE))
    except ValueError:
        raise ProtocolBroken("bad_request", say("reason: неизвестная причина")) from None
    expires = _number(body, "expires")
    ttl_s = _number(body, "ttl_s")
    if expires is None:
        expires = now + (DEFAULT_TTL_S if ttl_s is None else ttl_s)
    hold_s = _number(body, "hold_s")
    if do is Do.HOLD and (hold_s is None or hold_s <= 0):
        raise ProtocolBroken("bad_request", say("hold_s: на сколько секунд удерживать, больше нуля"))
    after = body.get("after", 0)
    if not isinstance(after, int) or isinstance(after, bool) or not 0 <= after < 2**63:
        raise ProtocolBroken("bad_request", say("after: целое число не меньше нуля"))
    return Request(
        id=request_id,
        do=do,
        lane=lane or None,
        barrier=barrier or None,
        reason=reason,
        expires=min(expires, now + max_ttl_s),
        hold_s=hold_s,
        by=_text(body, "by"),
        note=_text(body, "note"),
        after=after,
        replayed=body.get("replayed", True) is not False,
    )


def _object(line: bytes) -> dict[str, Any]:
    try:
        body = read_json(line)
    except ValueError:
        raise ProtocolBroken("bad_json", say("строка — не JSON")) from None
    if not isinstance(body, dict):
        raise ProtocolBroken("bad_json", say("строка — не объект JSON"))
    return body


def _text(body: Mapping[str, Any], key: str, *, required: bool = False) -> str:
    value = body.get(key)
    if (value is None or value == "") and not required:
        return ""
    if not isinstance(value, str) or not value or len(value) > MAX_TEXT or not value.isprintable():
        raise ProtocolBroken(
            "bad_request", say("{key}: строка от 1 до {MAX_TEXT} печатных знаков", key=key, MAX_TEXT=MAX_TEXT)
        )
    return value


def _number(body: Mapping[str, Any], key: str) -> float | None:
    value = body.get(key)
    if value is None:
        return None
    # Check the bound first: a JSON integer may be too long for a float.
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e15 or not math.isfinite(value):
        raise ProtocolBroken("bad_request", say("{key}: число", key=key))
    return float(value)


def _known(kind: type, body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `kind` in `body`, with lists as tuples. Keys of a newer relay are ignored."""
    names = {item.name for item in fields(kind)}
    return {key: tuple(value) if isinstance(value, list) else value for key, value in body.items() if key in names}
