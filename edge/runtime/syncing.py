"""The cloud worker of `gate run`: wires settings, credential, store, relay and status to `sync.link`.

`CloudWorker.run` is the thread "sync". The link starts its two companion threads itself (see `sync.link`).
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC

from core.decision.standing import since_s
from core.errors import FileUnusable
from core.events import Reason
from core.words.outcomes import OPENED, Outcome
from core.words.requesters import PORTAL, requester
from edge import __version__
from edge.call.words import opened_in_call
from edge.chosen_rules import ChosenRules
from edge.config import GateConfig
from edge.credential import CredentialShelf, address_of, read_credential
from edge.language import say
from edge.moving import CredentialMover
from edge.paths import weights_dir
from edge.runtime.alarms import Alarm
from edge.runtime.status import GateStatus
from edge.store.errors import StoreError
from edge.store.journal import Journal
from edge.store.passes import PassStore
from edge.store.place import StorePlace
from edge.update.environments import Environments
from edge.update.fetching import UpdateFetcher
from edge.update.offers import FOLDER, running_prefix
from relay.client import Asked, Relay
from relay.errors import RelayError, RelayTimeout
from relay.protocol import Reply
from sync import wire
from sync.link import NOTHING, CloudLink, CloudStatus, LinkParts
from sync.seams import Clock, CommandLedger, Outbox, PassCache, TokenShelf
from sync.settings import CloudSettings

log = logging.getLogger(__name__)
LOOK_S = 2.0
END_LOOK_S = 0.1
MOST_ALARMS = 64
MANIFEST = "manifest.toml"
"""Manifest of the networks; `camera.weights` checks every file against it."""


class RelayBarrier:
    """`sync.seams.Barrier` over the relay process. Used only by the thread "cloud-commands"."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    def perform(self, command: wire.Command, *, expires_mono: float) -> tuple[wire.Outcome, str]:
        if command.kind == "hold" and command.minutes is None:
            return "refused", say("не сказано, на сколько минут")
        try:
            reply = self._answered(command, expires_mono)
        except RelayError as error:
            return "refused", str(error)[:200]
        told = (reply.detail or reply.why)[:200]
        if reply.outcome in OPENED:  # the contract has no outcome for doubt; the text carries it
            return "done", "" if reply.outcome is Outcome.DONE else told
        return ("expired", "") if reply.outcome is Outcome.EXPIRED else ("refused", told)

    def _answered(self, command: wire.Command, expires_mono: float) -> Reply:
        """A lost answer is asked for again: by the same id nothing moves twice, and the relay tells what became of it."""
        try:
            return self._ask(command, expires_mono)
        except RelayTimeout:
            return self._ask(command, expires_mono)

    def _ask(self, command: wire.Command, expires_mono: float) -> Reply:
        reason = Reason.CLOUD_COMMAND
        asked: Asked = {
            "lane": command.lane,
            "request_id": command.id,
            "expires": expires_mono,
            "by": requester(PORTAL, command.by),
        }
        if command.kind == "hold" and command.minutes is not None:
            return self._relay.hold(reason=reason, hold_s=command.minutes * 60.0, **asked)
        if command.kind == "release":
            return self._relay.release(reason=reason, **asked)
        if command.call is not None:
            asked["note"] = opened_in_call(command.call)
        return self._relay.open(reason=reason, **asked)


class CloudWorker:
    """Waits until the gate is enrolled in a cloud, then keeps the link. `status` and `poke`: from any thread."""

    def __init__(
        self,
        config: GateConfig,
        *,
        clock: Clock,
        relay: Relay,
        passes_changed: Callable[[], None],
        gate_status: Callable[[], GateStatus],
        rules: Callable[[], wire.RulesTold | None] = lambda: None,
        choose: Callable[[wire.RulesChosen | None], None] = lambda _: None,
        place: StorePlace | None = None,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        """`relay` must be a client that only this worker uses.

        `rules`: the portal-choosable rules in force. `choose` applies the portal's choice (None: no choice is valid, as
        after enrolment elsewhere). `place`: where the store lies; by default the state folder.
        """
        self._config = config
        self._place = place or StorePlace(config.state_dir, config.state_dir)
        self._clock = clock
        self._relay = relay
        self._passes_changed = passes_changed
        self._gate_status = gate_status
        self._rules = rules
        self._choose = choose
        self._chosen = ChosenRules(config.state_dir, cloud=config.cloud.url)
        self._beat = beat
        self._link: CloudLink | None = None
        self._trouble = ""
        """Why the disk kept the link from running the last time."""
        self._stores: list[PassStore | Journal] = []
        """Stores that the link has open."""
        self._url = self._cloud_url()
        prefix = running_prefix()
        self._fetcher = UpdateFetcher(
            config.state_dir / FOLDER,
            None if prefix is None else Environments(prefix),
            allowed=config.update.from_cloud,
        )
        self._weights = weights_name()

    @property
    def wanted(self) -> bool:
        """Whether there is a cloud to report to."""
        return self._url is not None

    def status(self) -> CloudStatus:
        """State of the link; `none` = local list only."""
        link = self._link
        if link is None:
            return NOTHING if self.wanted else replace(NOTHING, state="none")
        status = link.status()
        if status is NOTHING and self._trouble:
            return replace(NOTHING, state="lost", error=self._trouble)
        return status

    def poke(self) -> None:
        """A record has reached the journal."""
        link = self._link
        if link is not None:
            link.poke()

    def run(self, stop: threading.Event) -> None:
        """The thread "sync"."""
        while not stop.is_set():
            self._beat()
            self._url = self._cloud_url()
            if self._url is not None:
                self._try_link(replace(self._config.cloud, url=self._url), stop)
            stop.wait(LOOK_S)

    def _try_link(self, settings: CloudSettings, stop: threading.Event) -> None:
        """Run the link. If the disk cannot be read now, the gate goes on without the cloud and it is tried again."""
        try:
            self._run_link(settings, stop)
        except StoreError as error:
            if str(error) != self._trouble:
                log.warning("связь с облаком не начата: %s", error)
            self._trouble = str(error)

    def _run_link(self, settings: CloudSettings, stop: threading.Event) -> None:
        """Run until `stop`, or until a file the link uses is damaged or replaced; then it is started again.

        Otherwise a pass withdrawal written to a replaced file would be lost, and its car let in for ever.
        """
        ended = threading.Event()

        def beat() -> None:
            self._beat()
            stale = next((store for store in self._stores if store.stale), None)
            if stale is not None and not ended.is_set():
                log.warning("%s повреждён или заменён: связь с облаком начинается заново", stale.path)
                ended.set()

        parts = LinkParts(
            open_cache=self._open_cache,
            open_outbox=self._open_outbox,
            open_ledger=self._open_ledger,
            clock=self._clock,
            barrier=RelayBarrier(self._relay),
            token=self._token,
            passes_changed=self._passes_changed,
            health=self._health,
            rules_chosen=self._take_rules,
            mover=CredentialMover(self._config.state_dir, moved=ended.set),
            beat=beat,
            tokens=self._shelf,
            updates=self._fetcher.step if self._config.update.from_cloud else None,
        )
        threading.Thread(target=_end_with, args=(stop, ended), name="cloud-end", daemon=True).start()
        try:
            self._link = CloudLink(settings, parts, version=__version__)
            self._link.run(ended)
        finally:
            ended.set()

    @contextmanager
    def _open_cache(self) -> Iterator[PassCache]:
        with PassStore(self._place.passes_file) as store, self._watched(store):
            yield store.cloud

    @contextmanager
    def _open_outbox(self) -> Iterator[Outbox]:
        with Journal(self._place.journal_file) as journal, self._watched(journal):
            yield journal.outbox

    @contextmanager
    def _watched(self, store: PassStore | Journal) -> Iterator[None]:
        self._stores.append(store)
        try:
            yield
        finally:
            self._stores.remove(store)

    @contextmanager
    def _open_ledger(self) -> Iterator[CommandLedger]:
        with Journal(self._place.journal_file) as journal:
            yield journal.ledger

    def _token(self) -> str | None:
        """The current token, only for the cloud that issued it."""
        if self._config.cloud.token is not None:
            return self._config.cloud.token
        try:
            credential = read_credential(self._config.state_dir)
        except FileUnusable as error:
            log.debug("%s", error)
            return None
        return credential.token if credential is not None and credential.address == self._url else None

    def _shelf(self) -> TokenShelf | None:
        """Where a new token is stored; None if systemd passes the token in: only its administrator changes that."""
        if self._config.cloud.token is not None or self._url is None:
            return None
        return CredentialShelf(self._config.state_dir, self._url)

    def _cloud_url(self) -> str | None:
        """The config's cloud, or the one that enrolled this box; either way the cell where the territory lives now."""
        try:
            credential = read_credential(self._config.state_dir)
        except FileUnusable as error:
            log.debug("%s", error)
            credential = None
        return address_of(self._config.cloud.url, credential)

    def _take_rules(self, rules: wire.RulesChosen) -> None:
        self._chosen.take(rules)
        self._choose(self._chosen.current())

    def _health(self, cloud: CloudStatus) -> wire.Health:
        self._choose(
            self._chosen.current()
        )  # if the box was enrolled in another territory meanwhile, the old choice is void
        gate, now = self._gate_status(), self._clock.now()
        assert cloud.queue_events is not None, "the link reports only once it has read the journal"
        assert cloud.queue_snapshots is not None
        return wire.Health(
            version=__version__[:40],
            clock=now.wall.astimezone(UTC),
            clock_trusted=now.wall_trusted,
            uptime_s=int(gate.up_s),
            cameras=tuple(wire.CameraHealth(camera.lane, camera.alive) for camera in gate.cameras),
            relay_alive=gate.relay_pid is not None,
            disk_free_bytes=None if gate.disk is None else gate.disk.free_mb << 20,
            queue_events=cloud.queue_events,
            queue_snapshots=cloud.queue_snapshots,
            dropped=cloud.dropped,
            list_cursor=cloud.cursor,
            list_count=cloud.passes,
            list_age_s=since_s(cloud.synced_at, now.wall),
            temperature_c=max(gate.temperatures_c, default=None),
            disk_total_bytes=None if gate.disk is None else gate.disk.total_mb << 20,
            weights=self._weights,
            alarms=tuple(_alarm(alarm) for alarm in gate.alarms[:MOST_ALARMS]),
            update=self._fetcher.told(),
            rules=self._rules(),
        )


def _alarm(alarm: Alarm) -> wire.AlarmTold:
    return wire.AlarmTold(alarm.code[:32], alarm.lane[:64] or None)


def weights_name() -> str | None:
    """Short hash of the installed networks' manifest; None if it cannot be read."""
    try:
        return hashlib.sha256((weights_dir() / MANIFEST).read_bytes()).hexdigest()[:12]
    except OSError:
        return None


def _end_with(stop: threading.Event, ended: threading.Event) -> None:
    """End the link when the gate stops."""
    while not ended.is_set():
        if stop.wait(END_LOOK_S):
            ended.set()
