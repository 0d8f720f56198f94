"""Prometheus metrics on `/metrics`: what was decided, how long it took, how old the list is, what is wrong.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/. No plate or pass appears in them.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

from core.decision.record import VisitRecord
from edge.neighbours.seam import Finished, StatusNow, Told
from edge.neighbours.settings import MetricsSettings
from edge.runtime.status import CameraStatus, GateStatus

BUCKETS_S = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
CLIENT_S = 5.0
OLD_S = 20.0
"""An older status says nothing about now, so its values are left out."""
CONTENT = "text/plain; version=0.0.4; charset=utf-8"


class Tally:
    """Counters and the latest status; `text` may be called from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._visits: Counter[tuple[str, str, str, str]] = Counter()
        self._decided: dict[str, list[float]] = {}
        self._status: tuple[GateStatus, float] | None = None
        """The latest one, and when it came."""

    def visit(self, record: VisitRecord) -> None:
        with self._lock:
            opened = "true" if record.opened else "false"
            self._visits[record.lane, record.decision.value, record.reason.value, opened] += 1
            if record.decided is not None and record.frames:  # a button press has no decision time
                took = max(0.0, record.decided.mono - record.first.mono)
                row = self._decided.setdefault(record.lane, [0.0] * (len(BUCKETS_S) + 2))
                for place, bound in enumerate(BUCKETS_S):
                    row[place] += took <= bound
                row[-2] += 1
                row[-1] += took

    def status(self, status: GateStatus) -> None:
        with self._lock:
            self._status = status, self._clock()

    def text(self) -> str:
        with self._lock:
            return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        yield from _head("okter_visits_total", "counter", "Finished visits by decision and reason.")
        for (lane, decision, reason, opened), count in sorted(self._visits.items()):
            labels = _labels(lane=lane, decision=decision, reason=reason, opened=opened)
            yield f"okter_visits_total{labels} {count}"
        yield from _head("okter_decided_after_seconds", "histogram", "From first sight of a vehicle to the decision.")
        for lane, row in sorted(self._decided.items()):
            for bound, within in zip((*map(str, BUCKETS_S), "+Inf"), row, strict=False):
                yield f"okter_decided_after_seconds_bucket{_labels(lane=lane, le=bound)} {within:g}"
            yield f"okter_decided_after_seconds_count{_labels(lane=lane)} {row[-2]:g}"
            yield f"okter_decided_after_seconds_sum{_labels(lane=lane)} {row[-1]:g}"
        if self._status is not None:
            status, at = self._status
            age_s = self._clock() - at
            yield from _gauge("okter_status_age_seconds", "Since the gate last told its state.", round(age_s, 1))
            if age_s <= OLD_S:
                yield from _status_lines(status)


def _status_lines(status: GateStatus) -> Iterator[str]:
    yield from _gauge("okter_up_seconds", "Seconds since gate run was started.", status.up_s)
    yield from _gauge("okter_relay_up", "The relay process answers.", status.relay_pid is not None)
    yield from _gauge("okter_clock_trusted", "The wall clock can be trusted.", status.clock_trusted)
    yield from _gauge("okter_passes", "Passes on the list.", status.passes)
    yield from _gauge("okter_list_age_seconds", "Since the cloud's list was last confirmed.", status.list_age_s)
    yield from _gauge("okter_cloud_linked", "The cloud is linked.", status.cloud.linked)
    yield from _gauge("okter_cloud_queue", "Events and pictures on their way to the cloud.", status.cloud.queue)
    yield from _gauge("okter_journal_waiting", "Records that wait for the disk.", status.journal.waiting)
    yield from _gauge("okter_journal_lost", "Records lost since the start.", status.journal.lost)
    yield from _gauge("okter_memory_megabytes", "Resident memory of gate run.", status.memory_mb)
    yield from _gauge("okter_queue", "Events that wait for the controller.", status.queue)
    free_mb = None if status.disk is None else status.disk.free_mb
    yield from _gauge("okter_disk_free_megabytes", "Room left on the disk.", free_mb)
    hottest_c = max(status.temperatures_c, default=None)
    yield from _gauge("okter_temperature_celsius", "The hottest thermal zone.", hottest_c)
    yield from _head("okter_alarm", "gauge", "An alarm that is raised now.")
    for alarm in status.alarms:
        where = {"lane": alarm.lane} if alarm.lane else {}
        yield f"okter_alarm{_labels(code=alarm.code, **where)} 1"
    rows: tuple[tuple[str, str, str, Callable[[CameraStatus], float | None]], ...] = (
        ("okter_camera_up", "gauge", "The camera sends frames.", lambda one: one.alive),
        ("okter_camera_frozen", "gauge", "Its picture has stopped changing.", lambda one: one.frozen),
        ("okter_camera_fps", "gauge", "Frames a second.", lambda one: one.fps),
        ("okter_camera_frame_age_seconds", "gauge", "Age of the newest frame.", lambda one: one.frame_age_s),
        ("okter_camera_frames_total", "counter", "Frames received.", lambda one: one.frames),
        ("okter_camera_frames_read_total", "counter", "Frames the networks looked at.", lambda one: one.frames_read),
        ("okter_camera_reconnects_total", "counter", "Connections made anew.", lambda one: one.reconnects),
        ("okter_camera_vision_milliseconds", "gauge", "What the last look took.", lambda one: one.vision_ms),
    )
    for name, kind, text, value in rows:
        yield from _head(name, kind, text)
        for camera in status.cameras:
            found = value(camera)
            if found is not None:
                yield f"{name}{_labels(lane=camera.lane)} {float(found):g}"
    if status.relay_lost is not None:
        text = "Events at the barrier that nobody journalled in time, since the relay process was started."
        yield from _gauge("okter_relay_events_lost", text, status.relay_lost)
    yield from _head("okter_input_heard", "gauge", "The level of the wired input is known, and it is not stuck.")
    for one in status.inputs or ():
        yield f"okter_input_heard{_labels(input=one.name)} {float(one.level != 'unknown' and not one.alarms):g}"
    yield from _head("okter_barrier_healthy", "gauge", "The barrier's board answers.")
    for barrier in status.barriers:
        yield f"okter_barrier_healthy{_labels(barrier=barrier.name)} {float(barrier.health == 'ok'):g}"


class Metrics:
    """`seam.Neighbour`: counts the messages; its listening thread answers scrapers, one at a time."""

    def __init__(self, settings: MetricsSettings) -> None:
        self._tally = Tally()
        self._address = (settings.host, settings.port)
        self._server: HTTPServer | None = None
        self.port = settings.port

    def take(self, told: Told) -> None:
        if isinstance(told, Finished):
            self._tally.visit(told.record)
        elif isinstance(told, StatusNow):
            self._tally.status(told.status)

    def listen(self, stop: threading.Event) -> None:
        tally = self._tally

        class Page(BaseHTTPRequestHandler):
            timeout = CLIENT_S
            server_version, sys_version = "okter-gate", ""

            def do_GET(self) -> None:
                if self.path.partition("?")[0] != "/metrics":
                    self.send_error(404)
                    return
                body = tally.text().encode()
                self.send_response(200)
                self.send_header("Content-Type", CONTENT)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Scrapes are not logged."""

        with HTTPServer(self._address, Page) as server:
            self._server = server
            self.port = server.server_port
            server.timeout = 0.5
            while not stop.is_set():
                server.handle_request()

    def close(self) -> None:
        """Nothing to do: the listening thread ends by `stop`."""


def _head(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"


def _gauge(name: str, text: str, value: float | None) -> Iterator[str]:
    """A gauge whose value is unknown is left out: a scraper shows a gap."""
    if value is not None:
        yield from _head(name, "gauge", text)
        yield f"{name} {float(value):g}"


def _labels(**labels: str) -> str:
    told = (
        f'{name}="{value}"'
        for name, value in (
            (name, value.replace("\\", r"\\").replace('"', r"\"").replace("\n", " ")) for name, value in labels.items()
        )
    )
    return "{" + ",".join(told) + "}"
