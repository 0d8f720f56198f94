"""The language of the relay socket: JSON lines, one request or message a line (docs/relay-protocol.md). Pure.

Whatever arrives is checked here field by field; what leaves this module is a frozen value that can be trusted in
shape, though not in meaning (the lane may not exist).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from types import NoneType
from typing import Any

from core.jsontext import read_json
from core.language import say
from core.reasons import Reason
from relay.errors import ProtocolBroken

MAX_LINE_BYTES = 8192
"""A longer line is not of this protocol: the sender is told so and dropped."""
MAX_TEXT = 200
DEFAULT_TTL_S = 3.0


class Do(StrEnum):
    """What can be asked."""

    OPEN = "open"
    """One pulse."""
    HOLD = "hold"
    """Keep it open for `hold_s`."""
    RELEASE = "release"
    """End the requester's own hold."""
    TEST = "test"
    """One pulse, answered after its end with the bytes said to the board."""
    STATUS = "status"
    """How everything is now."""
    SUBSCRIBE = "subscribe"
    """Events after `after`, as they happen."""
    ACK = "ack"
    """Events up to `after` are in the journal and need not be kept."""


ACTIONS = frozenset({Do.OPEN, Do.HOLD, Do.RELEASE, Do.TEST})
"""Requests that move something: they carry an id, a target and a time to live."""


class Outcome(StrEnum):
    """How a request ended; the words are those of `core.events.BarrierActed`."""

    DONE = "done"
    """The board was told to close the contact."""
    UNCONFIRMED = "unconfirmed"
    """The board was told, and its answer was lost: nobody knows whether the barrier moved."""
    REFUSED = "refused"
    """Not done, for the reason in `why`."""
    FAILED = "failed"
    """The command could not be sent, or the board would not have it."""
    EXPIRED = "expired"
    """Too old when its turn came; not done."""


TOLD = frozenset({Outcome.DONE, Outcome.UNCONFIRMED})
"""The board was told to close the contact: no failure, whether or not it has confirmed."""


class EventKind(StrEnum):
    """What a published event tells."""

    STARTED = "started"
    """The relay process is up; every contact was driven OFF."""
    ACTED = "acted"
    """A request, or an input, was answered: `outcome`."""
    ENDED = "ended"
    """A pulse or a hold is over."""
    PASSAGE = "passage"
    """What the loops say of a car between them."""
    POSITION = "position"
    """The limit switches changed."""
    PRESENCE = "presence"
    """A loop was entered or left."""
    ALARM = "alarm"
    """Something is wrong with a board or an input."""
    CLEARED = "cleared"
    """It is well again."""


@dataclass(frozen=True, slots=True)
class Request:
    """One line from a client. `expires` is of CLOCK_MONOTONIC, in seconds; `hold_s` only for `hold`."""

    id: str
    do: Do
    lane: str | None = None
    barrier: str | None = None
    reason: Reason = Reason.CONSOLE
    expires: float = 0.0
    hold_s: float | None = None
    by: str = ""
    """Who asks, for the journal: `console:Иван`, `cli:root`, `portal:…`, `relay-test`; no right follows from it."""
    note: str = ""
    """Why, in the words of whoever asks."""
    after: int = 0
    """`subscribe`: events with a greater `seq` are sent; `ack`: everything up to here has been journalled."""
    replayed: bool = True
    """`subscribe`: whether events that happened before are wanted too."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The one answer to an action. `why` is a word for programs, `detail` a line for people."""

    id: str
    outcome: Outcome
    why: str = ""
    detail: str = ""
    barrier: str | None = None
    repeated: bool = False
    """This id had been answered before: nothing was done now, `outcome` is that of the first time."""
    retry_after_s: float | None = None
    said: tuple[str, ...] = ()
    """`test`: what was sent to the board (→) and came back (←)."""
    held_s: float | None = None
    """`hold`: how long it was granted, which may be less than was asked for."""
    confirmed: bool | None = None
    """True: the board says that it obeyed. False with `unconfirmed`: it should have, and did not. None: such a board
    tells nothing, or nothing was to move."""


@dataclass(frozen=True, slots=True)
class RelayEvent:
    """Something that happened at the barrier, whoever caused it.

    `seq` grows by one with each event that must be journalled, and is 0 for passing news (`presence`,
    `position`). `event_id` is unique for ever. `at_mono` is comparable only where `boot_id` is this boot's.
    """

    seq: int
    event_id: str
    kind: EventKind
    at_mono: float
    at_wall: float
    """Seconds since 1970, of a clock that may not have been set yet."""
    boot_id: str
    barrier: str = ""
    lane: str | None = None
    request_id: str = ""
    reason: Reason | None = None
    outcome: str = ""
    """`acted`: an `Outcome`; `ended`: `off`, `unconfirmed`; `passage`: `passed`, `backed_out`, `followed`;
    `position`: `open`, `closed`, `between`; `presence`: `on`, `off`; `alarm`/`cleared`: the name of the alarm."""
    what: str = ""
    """`acted`: `open`, `hold`, `release`; `presence` and input alarms: the input."""
    detail: str = ""
    by: str = ""
    """`acted`, `ended`: who asked, as the request said."""
    note: str = ""
    """`acted`: why, as the request said."""
    confirmed: bool | None = None
    """`acted`: as in a `Reply`."""


@dataclass(frozen=True, slots=True)
class BarrierStatus:
    """One barrier now. `contact`: what the board says of its relay: `on`, `off`, `unknown`."""

    name: str
    driver: str
    port: str
    health: str
    """`ok`, `lost` (port), `silent`, `nonsense`, `stuck` (contact stays closed), `starting`."""
    contact: str
    doing: str
    """`idle`, `pulse`, `gap`, `hold`, `fire`."""
    until_s: float | None
    """Seconds until `doing` ends, where that is known."""
    timed_by: str
    """Who ends a pulse: `board` or `pi`."""
    position: str
    """From limit switches: `open`, `closed`, `between`, `unknown`."""
    pulses: int
    detail: str = ""
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InputStatus:
    """One wired input now. `level`: `on`, `off`, `unknown`."""

    name: str
    kind: str
    barrier: str
    lane: str | None
    level: str
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """The relay process now."""

    id: str
    pid: int
    up_s: float
    barriers: tuple[BarrierStatus, ...]
    inputs: tuple[InputStatus, ...]
    unheard: int
    """Events nobody has journalled yet."""
    lost: int
    """Events dropped because nobody listened for too long."""
    clients: int


Message = Reply | RelayEvent | Status
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
    """The message in one line from the relay process; `ProtocolBroken` where it is none. Unknown keys are ignored."""
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
    """An event is read from a disk as well, and disks break."""
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

    A request carries `expires` or `ttl_s`; without either it lives `DEFAULT_TTL_S`. Neither can make it live
    longer than `max_ttl_s` from `now`.
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
    # The bound comes first: an integer of JSON may be too long for a float.
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e15 or not math.isfinite(value):
        raise ProtocolBroken("bad_request", say("{key}: число", key=key))
    return float(value)


def _known(kind: type, body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `kind` in `body`, lists as tuples; keys of a newer relay are passed over."""
    names = {item.name for item in fields(kind)}
    return {key: tuple(value) if isinstance(value, list) else value for key, value in body.items() if key in names}
