"""Reloads the config while the gate runs: applies what can change live, names what needs a restart.

A config that does not parse changes nothing. Requested over `gate.sock` after an edit; the edit itself is made in
`edge.config.edit`, this only reads.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace

from camera.settings import CameraSettings
from core.errors import ConfigError
from core.events import Instant, PolicyChanged
from core.rules.policy import Policy
from core.words.requesters import PORTAL, printable, requester
from edge.config import GateConfig, load
from edge.config.choice import ANTI_PASSBACK, CONVOY, Origins, origins, with_choice
from edge.config.live import NOTICES, Changes, Reloaded, changes, taken_live
from edge.runtime.inbox import Inbox
from sync.wire_health import RulesChosen

MOST_DETAIL = 400

log = logging.getLogger(__name__)


class Reloader:
    """Owns the running config. Called on the socket's threads; a lock makes it one at a time."""

    def __init__(
        self,
        config: GateConfig,
        *,
        inbox: Inbox,
        change_view: Callable[[str, CameraSettings], None],
        note: Callable[[str, Instant, str], None],
        now: Callable[[], Instant],
        change_notices: Callable[[GateConfig, Iterable[str]], frozenset[str]],
        chosen: RulesChosen | None = None,
    ) -> None:
        """`config`: from the file; `chosen`: the portal's choice, as far as it is known at the start.

        `change_view(lane, view)` changes a lane's camera settings; `note(kind, at, detail)` goes to the journal;
        `change_notices(config, tables)` changes who is told, and returns the tables where that failed.
        """
        self._file = config
        self._chosen = chosen
        self._running = with_choice(config, chosen)
        self._inbox = inbox
        self._change_view = change_view
        self._note = note
        self._change_notices = change_notices
        self._now = now
        self._lock = threading.Lock()

    def reload(self, by: str = "") -> Reloaded:
        """Read the file again. `by`: who asked, for the journal."""
        with self._lock:
            try:
                read = load(self._file.file)
            except ConfigError as error:
                log.warning("%s", error)
                return Reloaded(error=str(error))
            found = changes(self._running, with_choice(read, self._chosen))
            self._file, found = self._with_notices(taken_live(self._file, read), found)
            before, at = self._running, self._now()
            self._run(with_choice(self._file, self._chosen), at)
            for old, new in zip(before.lanes, self._running.lanes, strict=True):
                if old.view != new.view:
                    self._change_view(new.name, new.view)
            if found.live:
                self._note("settings_changed", at, f"{printable(by)}: {', '.join(found.live)}"[:MOST_DETAIL])
            return Reloaded(found.live, found.restart)

    def _with_notices(self, config: GateConfig, found: Changes) -> tuple[GateConfig, Changes]:
        """Change who is told; a table where that fails stays as it is, and its keys wait for a restart."""
        tables = [name for name in NOTICES if getattr(config, name) != getattr(self._file, name)]
        failed = self._change_notices(config, tables) if tables else frozenset()
        if not failed:
            return config, found
        kept = replace(config, **{name: getattr(self._file, name) for name in failed})
        left = tuple(name for name in found.live if name.partition(".")[0] in failed)
        live = tuple(name for name in found.live if name not in left)
        return kept, Changes(live, (*found.restart, *left))

    def choose(self, chosen: RulesChosen | None) -> None:
        """Apply the portal's choice at once, where the file leaves it the choice. None: no choice is known any more."""
        with self._lock:
            if chosen == self._chosen:
                return
            self._chosen = chosen
            before, at = self._running.policy, self._now()
            self._run(with_choice(self._file, chosen), at)
            changed = [
                f"policy.{name}" for name in (ANTI_PASSBACK, CONVOY) if _differs(before, self._running.policy, name)
            ]
            if changed:
                self._note("settings_changed", at, f"{requester(PORTAL)}: {', '.join(changed)}")

    def origins(self) -> tuple[Origins, RulesChosen | None]:
        """The origin of each rule that the portal may choose, and what it has chosen."""
        with self._lock:
            return origins(self._running, self._chosen), self._chosen

    def _run(self, config: GateConfig, at: Instant) -> None:
        if config.policy != self._running.policy:
            self._inbox.put(PolicyChanged(at=at, policy=config.policy))
        self._running = config


def _differs(before: Policy, after: Policy, name: str) -> bool:
    return bool(getattr(before, name) != getattr(after, name))
