"""The link to the cloud: its threads and what they share.

    sync            the list down, the journal and the health up; owns cache, outbox and `CloudLink` itself
    cloud-stream    hints and commands as they arrive (`sync.listener`)
    cloud-commands  performs and acknowledges commands; owns the ledger (`sync.commands`)
    cloud-stop      waits for `stop` and aborts blocking reads

`CloudLink.run` is the sync thread; it starts and joins the others. `status` and `poke` may be called from any thread.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from dataclasses import replace

from core.errors import GateError
from core.words.language import say
from sync.api import CloudApi
from sync.backoff import Patience, poll_pause_s
from sync.commands import Commander
from sync.drain import Drainer
from sync.errors import EnrolmentLost, TerritoryMoved
from sync.follow import Follower
from sync.http import CloudHttp
from sync.listener import Listener
from sync.parts import NOTHING, CloudStatus, LinkParts, not_enrolled
from sync.pull import Puller
from sync.rotation import TriedTokens, rotate
from sync.seams import Outbox, PassCache
from sync.servertime import ServerTime
from sync.settings import CloudSettings
from sync.tasks import Task

__all__ = ["NOTHING", "CloudLink", "CloudStatus", "LinkParts"]

log = logging.getLogger(__name__)
OUTBOX_S = 2.0
"""How often the outbox is checked without a poke."""
SHRINK_S = 30.0
ROTATE_S = 600.0
"""How often a new token that could not be proved yet is retried."""
TOKEN_S = 2.0
AGAIN_S = 1.0
"""Seconds until the next report after a choice of the cloud was taken over: by then it is in force, and the cloud is
told."""
LONGEST_WAIT_S = 5.0
JOIN_S = 10.0


class CloudLink:
    """Run it on a thread of its own with `run`; it ends when `stop` is set."""

    def __init__(self, settings: CloudSettings, parts: LinkParts, *, version: str) -> None:
        self._settings = settings
        self._parts = parts
        self._patience = Patience(settings.retry_low_s, settings.retry_high_s, settings.reenrol_s)
        self._server_time = ServerTime(parts.clock)
        self._follower = Follower(settings, parts.mover, clock=self._server_time, token=parts.token, version=version)
        self._https = {
            name: CloudHttp(settings, clock=self._server_time, token=parts.token, version=version, beat=beat)
            for name, beat in (("sync", parts.beat), ("stream", _silent), ("commands", _silent))
        }
        self._tried = TriedTokens(
            lambda token: CloudHttp(settings, clock=self._server_time, token=token, version=version, beat=parts.beat)
        )
        self._https["tokens"] = self._tried.http
        self._rotation_wanted = False
        self._wake = threading.Event()
        self._poked = threading.Event()
        self._hint: str | None = None
        self._pushing = False
        self._was_pushing = False
        self._came_up = threading.Event()
        self._asked = threading.Event()
        self._again = False
        self._token_seen: str | None = None
        self._dropped = 0
        self._status = NOTHING

    # -- from any thread ---------------------------------------------------------------------------------------

    def status(self) -> CloudStatus:
        return self._status

    def poke(self) -> None:
        """There is something new in the outbox."""
        self._poked.set()
        self._wake.set()

    def _hinted(self, cursor: str) -> None:
        self._hint = cursor
        self._wake.set()

    def _report_asked(self) -> None:
        self._asked.set()
        self._wake.set()

    def _connected(self, up: bool) -> None:  # noqa: FBT001  # one fact
        self._pushing = up
        if up:
            self._came_up.set()
        self._wake.set()

    # -- the sync thread ---------------------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Keeps list and journal in step with the cloud until `stop`. Raises StoreError if it cannot start."""
        with self._parts.open_cache() as cache, self._parts.open_outbox() as outbox:
            self._begin(cache, outbox)
            self._keep(stop)

    def _begin(self, cache: PassCache, outbox: Outbox) -> None:
        self._cache, self._outbox = cache, outbox
        self._list = cache.state()  # counting a long list is expensive, and only pulls change it
        self._api = CloudApi(self._https["sync"], follows=self._follower.follows)
        self._puller = Puller(self._api, cache, self._parts.clock)
        self._drainer = Drainer(self._api, outbox)
        self._pull = Task("list", self._do_pull, self._settings.poll_s)
        self._drain = Task("journal", self._do_drain, OUTBOX_S)
        self._report = Task("health", self._do_report, self._settings.health_s)
        self._shrink = Task("space", self._do_shrink, SHRINK_S)
        self._rotate = Task("token", self._do_rotate, ROTATE_S)
        self._update = Task("update", self._do_update, self._settings.update_s)

    def _keep(self, stop: threading.Event) -> None:
        threads = self._companions(stop)
        for thread in threads:
            thread.start()
        try:
            while not stop.is_set():
                self._round()
                self._wake.wait(self._idle_s())
                self._wake.clear()
        finally:
            for http in self._https.values():
                http.abort()
            for thread in threads:
                thread.join(JOIN_S)
            self._api.close()
            self._https["tokens"].close()

    def _companions(self, stop: threading.Event) -> tuple[threading.Thread, ...]:
        commander = Commander(
            api=CloudApi(self._https["commands"]),
            open_ledger=self._parts.open_ledger,
            barrier=self._parts.barrier,
            server_time=self._server_time,
            patience=self._patience,
        )
        listener = Listener(
            api=CloudApi(self._https["stream"]),
            server_time=self._server_time,
            patience=self._patience,
            hinted=self._hinted,
            commanded=commander.offer,
            asked=self._report_asked,
            connected=self._connected,
            token=self._parts.token,
        )
        self._listener = listener
        named = (
            ("cloud-stream", lambda: listener.run(stop, self._enrolled)),
            ("cloud-commands", lambda: commander.run(stop)),
            ("cloud-stop", lambda: self._interrupt(stop)),
        )
        return tuple(threading.Thread(target=target, name=name, daemon=True) for name, target in named)

    def _interrupt(self, stop: threading.Event) -> None:
        """A blocking read does not notice `stop`, so it is ended from outside."""
        stop.wait()
        for http in self._https.values():
            http.abort()
        self._wake.set()

    def _enrolled(self) -> bool:
        return self._parts.token() is not None and not isinstance(self._pull.error, EnrolmentLost)

    def _round(self) -> None:
        self._parts.beat()
        now = time.monotonic()
        token = self._parts.token()
        if token != self._token_seen:
            self._token_seen = token
            for task in self._tasks():
                task.forgive(now)
        self._attempt(self._shrink)  # the journal grows even if nobody accepts it
        if token is None:
            self._publish("unknown", not_enrolled())
            return
        self._take_hints(now)
        self._pace(now)
        self._attempt(self._rotate)
        recovered = [self._attempt(task) for task in self._tasks()]
        if self._again and self._report.error is None:
            self._report.due = min(self._report.due, time.monotonic() + AGAIN_S)
        if self._may_update():
            self._attempt(self._update)
        if any(recovered):
            self._listener.nudge()
            for task in self._tasks():
                task.reachable(time.monotonic())
        self._publish_outcome()

    def _pace(self, now: float) -> None:
        """Polls rarely while the stream reports changes. When it no longer does: soon, but not all gates at once."""
        settings, pushing, chance = self._settings, self._pushing, random.random()  # noqa: S311  # spread
        self._pull.period_s = poll_pause_s(
            poll_s=settings.poll_s, push_s=settings.poll_push_s, pushing=pushing, chance=chance
        )
        if self._was_pushing and not pushing and self._pull.error is None:
            self._pull.due = min(self._pull.due, now + settings.poll_s * chance)
        self._was_pushing = pushing

    def _attempt(self, task: Task) -> bool:
        """Attempts the task. Returns whether it succeeded after having failed before."""
        had_failed = task.failures > 0
        return task.attempt(time.monotonic, patience=self._patience, chance=random.random) and had_failed

    def _take_hints(self, now: float) -> None:
        hint, self._hint = self._hint, None
        if self._came_up.is_set():
            self._came_up.clear()
            for task in self._tasks():
                task.reachable(now)
        if hint is not None and hint != self._status.cursor:
            self._pull.hasten(now)
        if self._asked.is_set():
            self._asked.clear()
            self._report.hasten(now)
        if self._poked.is_set():
            self._poked.clear()
            self._drain.hasten(now)

    def _idle_s(self) -> float:
        if self._token_seen is None:
            return TOKEN_S
        tasks = (*self._tasks(), self._shrink, self._rotate)
        # A task that is due but must not start is no reason to look again at once.
        soonest = min(task.due for task in ((*tasks, self._update) if self._may_update() else tasks))
        return min(LONGEST_WAIT_S, max(0.0, soonest - time.monotonic()))

    def _may_update(self) -> bool:
        """The list and the journal come first."""
        return not any(task.error for task in self._tasks())

    def _tasks(self) -> tuple[Task, Task, Task]:
        return self._pull, self._drain, self._report

    # -- the chores --------------------------------------------------------------------------------------------

    def _do_pull(self) -> bool:
        try:
            pulled = self._puller.pull()
        except TerritoryMoved as error:
            self._follower.follow(error.moved, cursor=self._list.cursor)
            return False
        finally:
            self._list = self._cache.state()
        if pulled.changed:
            log.info("список: %d изменений%s", pulled.items, say(", взят целиком") if pulled.whole else "")
            self._parts.passes_changed()
        return False

    def _do_drain(self) -> bool:
        return self._drainer.step()

    def _do_report(self) -> bool:
        wanted = self._api.send_health(self._parts.health(self._status_with(self._status.state, self._status.error)))
        self._rotation_wanted = wanted.rotate_token
        if wanted.rotate_token:
            self._rotate.hasten(time.monotonic())
        if wanted.rules is not None:
            self._parts.rules_chosen(wanted.rules)
        # Only once: a cloud that keeps wanting what this gate does not do is not reported to every second.
        self._again = wanted.rules is not None and not self._again
        return False

    def _do_rotate(self) -> bool:
        shelf = self._parts.tokens()
        if shelf is not None and rotate(shelf, self._tried, wanted=self._rotation_wanted):
            self._rotation_wanted = False
        return False

    def _do_update(self) -> bool:
        return self._parts.updates is not None and self._parts.updates(self._api)

    def _do_shrink(self) -> bool:
        dropped = self._outbox.shrink(self._settings.outbox_bytes)
        if dropped.events or dropped.snapshots:
            self._dropped += dropped.events + dropped.snapshots
            log.warning(
                "очередь в облако переполнена: не будут отправлены %d снимков и %d событий",
                dropped.snapshots,
                dropped.events,
            )
        return False

    # -- telling -----------------------------------------------------------------------------------------------

    def _publish_outcome(self) -> None:
        errors = [task.error for task in (*self._tasks(), self._shrink) if task.error is not None]
        if not errors:
            self._publish("linked", "")
        else:
            self._publish("unknown" if isinstance(errors[0], EnrolmentLost) else "lost", str(errors[0]))

    def _publish(self, state: str, error: str) -> None:
        """Publishes the status. Logs one line when the link is lost and one when it is back.

        The line is logged before the status is set, so whoever sees the new state also finds its line.
        """
        try:
            status = self._status_with(state, error)
        except GateError as failure:  # the store's own task reports its trouble
            status = replace(
                self._status, state=state, error=error or str(failure), queue_events=None, queue_snapshots=None
            )
        if state != self._status.state:
            if state == "linked":
                log.info("облако на связи")
            else:
                log.warning("облако: %s", error)
        self._status = status

    def _status_with(self, state: str, error: str) -> CloudStatus:
        held, queue = self._list, self._outbox.size()
        return CloudStatus(
            state=state,
            error=error,
            push=self._pushing,
            cursor=held.cursor,
            passes=held.count,
            synced_at=held.synced_at,
            queue_events=queue.events,
            queue_snapshots=queue.snapshots,
            dropped=self._dropped,
        )


def _silent() -> None:
    """Heartbeat of the other threads: none, because they may wait for the cloud as long as they like."""
