"""Dahua's traffic events, from `eventManager.cgi` (JSON after `data=`) and `snapManager.cgi` (`Events[0].…=` lines).

`RealUTC` is seconds since 1970. `UTC` alone may be that too, but with many firmwares it is the camera's local time
counted as if it were UTC. If `LocaleTime` shows the same hours, it is local time without an offset, so the moment is
unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from core.jsontext import read_json
from edge.witnesses.multipart import Part
from edge.witnesses.said import Said

STREAM_PATH = "/cgi-bin/eventManager.cgi?action=attach&codes=[TrafficJunction]&heartbeat=5"
CODE = "TrafficJunction"
_HEAD = re.compile(rb"Code=(\w{1,40});\s*action=(\w{1,20})[^{]{0,80}?;\s*data=(?=\{)")
_LINE = re.compile(r"^Events\[(\d{1,2})\]\.([\w.\[\]]{1,80})=(.*)$")
_NOTHING_READ = frozenset({"", "unknown", "noplate", "no plate", "null", "none"})
_EARLIEST_S, _LATEST_S = 1.0e9, 1.0e11


def whole(body: bytes) -> bool:
    """Whether the event is complete."""
    found = _HEAD.search(body)
    if found is None:
        return body.strip() == b"Heartbeat"
    return body.rstrip().endswith(b"}") and _json(body[found.end() :]) is not None


def said_in(part: Part) -> Iterator[Said]:
    """The plates in the events. Whatever cannot be parsed yields nothing."""
    if part.kind.startswith("image/"):
        return
    found = _HEAD.search(part.body)
    if found is None:
        yield from _of_lines(part.body)
    elif found[1] == CODE.encode() and found[2].lower() == b"pulse":
        data = _json(part.body[found.end() :])
        if data is not None:
            yield from _of(data)


def _of(data: Mapping[str, Any]) -> Iterator[Said]:
    plate = _inner(data, "TrafficCar", "PlateNumber")
    thing = data.get("Object")
    if not plate and isinstance(thing, dict) and thing.get("ObjectType") == "Plate":
        plate = str(thing.get("Text") or "")
    if plate.strip().lower() not in _NOTHING_READ:
        yield Said(plate.strip(), _moment(data))


def _of_lines(body: bytes) -> Iterator[Said]:
    events: dict[str, dict[str, str]] = {}
    for line in body.decode("utf-8", "replace").splitlines():
        found = _LINE.match(line.strip())
        if found:
            events.setdefault(found[1], {})[found[2]] = found[3].strip()
    for values in events.values():
        code = values.get("EventBaseInfo.Code") or values.get("Code", "")
        plate = values.get("TrafficCar.PlateNumber", "") or values.get("Object.Text", "")
        if code == CODE and plate.lower() not in _NOTHING_READ:
            yield Said(plate, _moment(values))


def _moment(values: Mapping[str, Any]) -> datetime | None:
    real = _seconds(values.get("RealUTC"))
    if real is not None:
        return datetime.fromtimestamp(real, UTC)
    told = _seconds(values.get("UTC"))
    if told is None:
        return None
    at = datetime.fromtimestamp(told, UTC)
    own = str(values.get("LocaleTime") or "")
    return None if own and own == f"{at:%Y-%m-%d %H:%M:%S}" and not _at_greenwich(values) else at


def _at_greenwich(values: Mapping[str, Any]) -> bool:
    """Whether the camera's local time is UTC by its own word (`TimeZone` 0 is GMT+0 in Dahua's table)."""
    return str(values.get("TimeZone", "")) == "0"


def _seconds(value: object) -> float | None:
    try:
        seconds = float(value) if isinstance(value, int | float | str) else 0.0
    except ValueError:
        return None
    return seconds if _EARLIEST_S < seconds < _LATEST_S else None


def _inner(data: Mapping[str, Any], table: str, key: str) -> str:
    inner = data.get(table)
    value = inner.get(key) if isinstance(inner, dict) else None
    return value if isinstance(value, str) else ""


def _json(text: bytes) -> dict[str, Any] | None:
    try:
        value = read_json(text.strip())
    except (ValueError, TypeError):
        return None
    return value if isinstance(value, dict) else None
