"""The gate on an MQTT broker, found by Home Assistant: last plate, decision, barrier, picture, optional buttons."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import OrderedDict
from typing import Any

import msgspec

from core.decision.record import VisitRecord
from core.plates.canonical import display
from core.words.language import say
from core.words.reasons import reason_words
from edge.config import GateConfig
from edge.neighbours.home_assistant import documents, node_of, slug
from edge.neighbours.mqtt_link import MqttLink
from edge.neighbours.mqtt_packets import Message
from edge.neighbours.notices import troubles
from edge.neighbours.seam import Finished, GateAccess, StatusNow, Told, Waiting
from edge.runtime.status import BarrierState, GateStatus

LONGEST_LIFE_S = 30.0
"""A command with a longer lifetime is rejected: nobody presses a button for tomorrow."""
RELAY_S = 3.0
MOST_REMEMBERED = 1000
OLD_S = 20.0
"""After this long without news of the gate's state it is called unavailable: what was told is no longer known to hold."""

log = logging.getLogger(__name__)


class Command(msgspec.Struct, frozen=True):
    """Payload of a command topic: `{"id": …, "do": "open", "expires": seconds since 1970}`."""

    id: str
    do: str
    expires: float


class Mqtt:
    """`seam.Neighbour`: publishes from its delivery, listens on the link's thread."""

    def __init__(self, config: GateConfig, access: GateAccess) -> None:
        self._config = config
        self._access = access
        self._base = f"{config.mqtt.prefix}/{node_of(config)}"
        self._lanes = {slug(lane.name): lane.name for lane in config.lanes}
        self._link: MqttLink | None = None
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._waiting: dict[str, set[str]] = {}
        """The visits that wait, by lane."""
        self._told_at: float | None = None
        """When the gate's state was last published over this link; None if it was not, or has grown old."""

    def take(self, told: Told) -> None:
        link = self._link
        if isinstance(told, StatusNow) and told.waiting is not None:
            self._waiting = {}
            for one in told.waiting:
                self._waiting.setdefault(one.lane, set()).add(one.visit_id)
        elif isinstance(told, Waiting):
            self._waiting.setdefault(told.lane, set()).add(told.visit_id)
        elif isinstance(told, Finished):
            self._waiting.get(told.record.lane, set()).discard(told.record.visit_id)
        if link is None:
            return  # not connected: retained topics are published again with the next status
        if isinstance(told, StatusNow):
            self._status(link, told.status)
        elif isinstance(told, Waiting):
            self._lane(link, told.lane, "waiting", b"ON")
            self._lane(link, told.lane, "plate", (told.plate or "—").encode())
            self._lane(link, told.lane, "decision", say("ждёт: {why}", why=reason_words(told.reason)).encode())
            self._picture(link, told.lane, self._access.picture(told.lane))
        else:
            self._finished(link, told)

    def listen(self, stop: threading.Event) -> None:
        settings = self._config.mqtt
        link = MqttLink(
            (settings.host, settings.port),
            tls=settings.tls,
            client_id=f"okter-{node_of(self._config)}"[:23],
            user=settings.user,
            password=settings.password,
            will_topic=f"{self._base}/available",
            will=b"offline",
        )
        try:
            self._greet(link)
            self._link = link
            link.listen(stop, self._heard, self._notice_silence)
        finally:
            self._link = self._told_at = None
            link.close()

    def close(self) -> None:
        if self._link is not None:
            self._link.publish(f"{self._base}/available", b"offline")

    def _greet(self, link: MqttLink) -> None:
        settings = self._config.mqtt
        if settings.discovery:
            for topic, document in documents(self._config):
                link.publish(f"{settings.discovery}/{topic}", _json(document))
        if settings.buttons:
            link.subscribe(*(f"{self._base}/lane/{name}/command" for name in self._lanes))

    def _notice_silence(self) -> None:
        """What is retained at the broker must not pass for the gate's present state."""
        if self._link is not None and self._told_at is not None and time.monotonic() - self._told_at > OLD_S:
            self._told_at = None
            self._link.publish(f"{self._base}/available", b"offline")

    def _status(self, link: MqttLink, status: GateStatus) -> None:
        found = troubles(status, self._config.shown)
        link.publish(f"{self._base}/trouble", b"ON" if found else b"OFF")
        facts = {
            "troubles": list(found.values()),
            "cameras_lost": [camera.lane for camera in status.cameras if not camera.alive],
            "alarms": [alarm.text for alarm in status.alarms],
            "relay": status.relay_pid is not None,
            "list_age_s": status.list_age_s,
            "passes": status.passes,
        }
        link.publish(f"{self._base}/status", _json(facts))
        told = {barrier.name: barrier for barrier in status.barriers}
        for barrier in self._config.barriers:
            known = told.get(barrier.name)  # without the relay process the state is unknown: never the last one seen
            link.publish(f"{self._base}/barrier/{slug(barrier.name)}", _barrier_word(known).encode())
        sees = {camera.lane for camera in status.cameras if camera.sees}
        for lane in self._config.lanes:
            self._lane(link, lane.name, "waiting", self._waiting_word(lane.name, sees=lane.name in sees))
        # Last: only now is what stands in the topics this gate's.
        link.publish(f"{self._base}/available", b"online")
        self._told_at = time.monotonic()

    def _waiting_word(self, lane: str, *, sees: bool) -> bytes:
        """`None` is Home Assistant's word for unknown: who is not seen may wait all the same."""
        return b"ON" if self._waiting.get(lane) else b"OFF" if sees else b"None"

    def _finished(self, link: MqttLink, told: Finished) -> None:
        record = told.record
        if not record.lane:
            return
        if not self._waiting.get(record.lane):
            self._lane(link, record.lane, "waiting", b"OFF")
        self._lane(link, record.lane, "plate", (record.display or record.masked or "—").encode())
        opened = say("открыт") if record.opened else say("не открыт")
        self._lane(link, record.lane, "decision", f"{opened}: {reason_words(record.reason)}".encode())
        self._lane(link, record.lane, "visit", _json(visit_values(record)))
        if record.best_frame is not None:
            self._picture(link, record.lane, self._access.evidence(record.visit_id))

    def _lane(self, link: MqttLink, lane: str, what: str, payload: bytes) -> None:
        link.publish(f"{self._base}/lane/{slug(lane)}/{what}", payload)

    def _picture(self, link: MqttLink, lane: str, jpeg: bytes | None) -> None:
        if jpeg is not None:
            self._lane(link, lane, "picture", jpeg)

    def _heard(self, message: Message) -> None:
        """Handle a command. Late, expired, retained and repeated ones open nothing."""
        name = message.topic.removeprefix(f"{self._base}/lane/").removesuffix("/command")
        lane = self._lanes.get(name)
        if lane is None or not self._config.mqtt.buttons:
            return
        why = "retained" if message.retained else self._obeyed(lane, message.payload)
        log.info("%s: %s", f"mqtt {lane}", why)

    def _obeyed(self, lane: str, payload: bytes) -> str:
        """The result of a command, in one word."""
        try:
            command = msgspec.json.decode(payload[:1000], type=Command)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return "unreadable"
        now = self._access.wall_s()
        if now is None:
            return "clock not trusted"
        left = command.expires - now
        if not 0.0 < left <= LONGEST_LIFE_S or not 0 < len(command.id) <= 64:
            return "expired"
        if command.id in self._seen:
            return "repeated"
        self._seen[command.id] = None
        while len(self._seen) > MOST_REMEMBERED:
            self._seen.popitem(last=False)
        asked = {"request_id": f"mqtt-{command.id}", "within_s": min(left, RELAY_S), "who": "mqtt"}
        if command.do == "open":
            return self._access.open(lane, **asked)  # type: ignore[arg-type]
        if command.do == "hold":
            return self._access.hold(lane, minutes=self._config.mqtt.hold_minutes, **asked)  # type: ignore[arg-type]
        if command.do == "release":
            return self._access.release(lane, **asked)  # type: ignore[arg-type]
        return "unknown"


def _barrier_word(known: BarrierState | None) -> str:
    if known is None:
        return "unknown"
    if known.health != "ok":
        return known.health
    return known.position if known.doing in {"", "idle"} else known.doing


def visit_values(record: VisitRecord) -> dict[str, Any]:
    """A visit's values for programs, in MQTT and webhook alike."""
    at = record.decided or record.last
    return {
        "id": record.visit_id,
        "at": at.wall.isoformat(timespec="milliseconds"),
        "clock_trusted": record.clock_trusted,
        "lane": record.lane,
        "direction": None if record.direction is None else record.direction.value,
        "plate": record.plate,
        "display": display(record.plate) if record.plate else None,
        "masked": record.masked,
        "confidence": round(record.confidence, 4),
        "decision": record.decision.value,
        "reason": record.reason.value,
        "opened": record.opened,
        "pass_id": record.pass_id,
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
