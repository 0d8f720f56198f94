"""Sends our readings as a camera's events: `EventNotificationAlert` of type ANPR, for recorders that know such cameras.

Format: ISAPI event notification as posted by ANPR cameras (multipart/form-data: `anpr.xml`, then the picture). It is
assembled from public information and from what our own receiver accepts (`edge.witnesses.hikvision`). It has not been
tried on a real recorder: unknown is which fields one requires, and whether it accepts events of a device not added to
it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta, tzinfo
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx

from core.decision.record import VisitRecord
from core.rules.policy import Direction
from edge.config.schema import GateConfig
from edge.neighbours.from_journal import FromJournal, taken
from edge.neighbours.seam import NeighbourFailed, Told
from edge.store.errors import StoreError
from edge.store.journal import StoredVisit
from posting.own_address import post

CURSOR_FILE = "events.cursor"
NAMESPACE = "http://www.hikvision.com/ver20/XMLSchema"
LIVE = timedelta(seconds=60)
"""Older events are marked as late."""
_DIRECTIONS = {Direction.ENTRY: "forward", Direction.EXIT: "reverse", None: "unknown"}

log = logging.getLogger(__name__)


class Events:
    """`seam.Neighbour`: its listening thread posts the visits whose plate was read; others are not plate events."""

    def __init__(self, config: GateConfig, folder: Path, *, wall_s: Callable[[], float] = time.time) -> None:
        self._settings = config.events
        self._lanes = {lane.name: (number, lane.called) for number, lane in enumerate(config.lanes, 1)}
        self._zone = config.zone
        self._visits = FromJournal(folder, CURSOR_FILE)
        self._wall_s = wall_s
        self.refused = 0

    def take(self, told: Told) -> None:
        self._visits.take(told)

    def listen(self, stop: threading.Event) -> None:
        settings = self._settings
        auth = httpx.DigestAuth(settings.user, settings.password) if settings.user else None
        self._visits.run(stop, lambda stored: self._send(auth, stored))

    def close(self) -> None:
        self._visits.close()

    def _send(self, auth: httpx.Auth | None, stored: StoredVisit) -> None:
        record = stored.record
        if record.plate is None:
            return
        channel, title = self._lanes.get(record.lane, (0, record.lane))
        at = record.decided or record.last
        late = self._wall_s() - at.wall.timestamp() > LIVE.total_seconds()
        files = {
            "anpr.xml": (
                "anpr.xml",
                event(record, channel=channel, title=title, zone=self._zone, late=late),
                "text/xml",
            )
        }
        picture = self._picture(stored) if self._settings.pictures else None
        if picture is not None:
            files["detectionPicture.jpg"] = ("detectionPicture.jpg", picture, "image/jpeg")
        try:
            code = post(self._settings.url, within_s=self._settings.timeout_s, auth=auth, files=files)
        except httpx.HTTPError as error:  # its text may contain the whole address
            raise NeighbourFailed(type(error).__name__) from None
        if not taken(code):
            self.refused += 1
            log.warning("events: визит %s не принят (%s) и больше не посылается", record.visit_id, code)

    def _picture(self, stored: StoredVisit) -> bytes | None:
        try:
            return self._visits.picture(stored)
        except (StoreError, OSError):  # retention has deleted the picture: the reading is worth sending without it
            return None


def event(record: VisitRecord, *, channel: int, title: str, zone: tzinfo, late: bool) -> bytes:
    """The XML of a visit whose plate was read. Pure. If the clock was not trusted, the time has no UTC offset."""
    at = (record.decided or record.last).wall.astimezone(zone)
    moment = at.isoformat(timespec="seconds") if record.clock_trusted else f"{at:%Y-%m-%dT%H:%M:%S}"
    root = ET.Element("EventNotificationAlert", {"version": "2.0", "xmlns": NAMESPACE})
    anpr = {
        "country": record.country or "",
        "licensePlate": record.plate or "",
        "line": str(channel),
        "direction": _DIRECTIONS[record.direction],
        "confidenceLevel": str(round(100 * record.confidence)),
    }
    _add(
        root,
        {
            "protocol": "HTTP",
            "channelID": str(channel),
            "channelName": title,
            "dateTime": moment,
            "activePostCount": "1",
            "eventType": "ANPR",
            "eventState": "active",
            "eventDescription": "ANPR",
        },
    )
    _add(ET.SubElement(root, "ANPR"), anpr)
    _add(root, {"UUID": record.visit_id, "alarmDataType": "1" if late else "0"})
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _add(to: ET.Element, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        ET.SubElement(to, name).text = "".join(sign if sign.isprintable() else " " for sign in text)
