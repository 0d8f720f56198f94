"""Hikvision's ISAPI events: `EventNotificationAlert` with `eventType` ANPR, streamed or posted.

As the camera sends it (ISAPI, event notification): XML with a namespace that differs between firmwares; `dateTime` in
ISO 8601, with or without an offset; `ANPR/licensePlate`, "unknown" if nothing was read. Between plates an inactive
`videoloss` event serves as a sign of life. An `alarmDataType` other than 0 marks what is sent again later.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from xml.etree import ElementTree as ET

from edge.witnesses.multipart import Part
from edge.witnesses.said import Said

STREAM_PATH = "/ISAPI/Event/notification/alertStream"
_END = b"EventNotificationAlert>"
_NOTHING_READ = frozenset({"", "unknown", "noplate", "none"})


def whole(body: bytes) -> bool:
    """Whether the event is complete."""
    return body.rstrip().endswith(_END) and body.rstrip().removesuffix(_END).rpartition(b"<")[2].startswith(b"/")


def said_in(part: Part) -> Iterator[Said]:
    """The plate in the event, if any. Whatever cannot be parsed yields nothing."""
    if part.kind.startswith("image/") or b"<!" in part.body or b"\0" in part.body:
        return  # no valid event declares entities, in any encoding
    begin = part.body.find(b"<")
    try:
        event = ET.fromstring(part.body[max(0, begin) :])  # noqa: S314 - bounded, and without declarations
    except (ET.ParseError, ValueError, LookupError):
        return
    if _text(event, "eventType").upper() != "ANPR":
        return
    plate = _text(event, "licensePlate")
    if plate.lower() in _NOTHING_READ:
        return
    yield Said(plate, _moment(_text(event, "dateTime")), live=_text(event, "alarmDataType") in {"", "0"})


def _text(event: ET.Element, name: str) -> str:
    """Text of the first element of that name, in any namespace and at any depth."""
    for element in event.iter():
        if element.tag.rpartition("}")[2] == name:
            return (element.text or "").strip()
    return ""


def _moment(text: str) -> datetime | None:
    """The moment; None for local time without an offset, since its time zone is unknown."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
