"""The config read again while the gate runs: what can be taken is, what cannot is named, what does not parse changes nothing.

Asked over `gate.sock` after an edit. The edit is done elsewhere (`edge.config.edit`): this only reads.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from camera.settings import CameraSettings
from core.errors import ConfigError
from core.events import Instant, PolicyChanged
from core.words.requesters import printable
from edge.config import GateConfig, load
from edge.config.live import Reloaded, changes, taken_live
from edge.runtime.inbox import Inbox

MOST_DETAIL = 400

log = logging.getLogger(__name__)


class Reloader:
    """Owns which config runs. Called on the socket's threads, one at a time."""

    def __init__(
        self,
        config: GateConfig,
        *,
        inbox: Inbox,
        look_by: Callable[[str, CameraSettings], None],
        note: Callable[[str, Instant, str], None],
        now: Callable[[], Instant],
    ) -> None:
        """`look_by(lane, view)` changes how a lane's pictures are looked at; `note(kind, at, detail)` goes to the journal."""
        self._running = config
        self._inbox = inbox
        self._look_by = look_by
        self._note = note
        self._now = now
        self._lock = threading.Lock()

    def reload(self, by: str = "") -> Reloaded:
        """Read the file again. `by`: who asked, for the journal."""
        with self._lock:
            try:
                read = load(self._running.file)
            except ConfigError as error:
                log.warning("%s", error)
                return Reloaded(error=str(error))
            found = changes(self._running, read)
            before, self._running = self._running, taken_live(self._running, read)
            at = self._now()
            if self._running.policy != before.policy:
                self._inbox.put(PolicyChanged(at=at, policy=self._running.policy))
            for old, new in zip(before.lanes, self._running.lanes, strict=True):
                if old.view != new.view:
                    self._look_by(new.name, new.view)
            if found.live:
                self._note("settings_changed", at, f"{printable(by)}: {', '.join(found.live)}"[:MOST_DETAIL])
            return Reloaded(found.live, found.restart)
