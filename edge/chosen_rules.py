"""The rules chosen on the portal, as the gate stores them: `<state_dir>/cloud-rules.json`, bound to an enrolment (ADR 170).

A gate that starts without its cloud continues with them. They are no secret and not part of a backup: the cloud sends
them again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.errors import FileUnusable
from core.words.system import system_words
from edge.credential import read_credential
from edge.whole_file import PRIVATE, write_whole
from sync.wire_health import RulesChosen

FILE_NAME = "cloud-rules.json"
MOST_BYTES = 4096

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Kept:
    of: str
    rules: RulesChosen


class ChosenRules:
    """The file. For one thread. If it cannot be written, the choice still applies, but is lost at the next restart."""

    def __init__(self, state_dir: Path, *, cloud: str | None) -> None:
        """`cloud`: the address named in the config, if any."""
        self._state_dir = state_dir
        self._path = state_dir / FILE_NAME
        self._cloud = cloud
        self.unread = ""
        """Why the file cannot be read: whether a choice was made is then unknown. Empty while there is no such doubt."""
        self._kept = self._read()

    def current(self) -> RulesChosen | None:
        """The choice of the territory to which this gate is bound now; None if none is known."""
        return self._kept.rules if self._kept is not None and self._kept.of == self._bound() else None

    def take(self, rules: RulesChosen) -> None:
        """Store the choice. A disk error is logged only."""
        kept = _Kept(self._bound(), rules)
        if kept == self._kept:
            return
        self._kept = kept
        try:
            write_whole(self._path, msgspec.json.encode(kept), mode=PRIVATE)
        except OSError as error:
            log.warning("%s: %s", self._path, system_words(error))

    def _read(self) -> _Kept | None:
        try:
            with self._path.open("rb") as file:
                return msgspec.json.decode(file.read(MOST_BYTES), type=_Kept)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:  # RecursionError: deeply nested brackets
            log.warning("%s: %s", self._path, error)
            self.unread = f"{self._path.name}: {error}"[:200]
            return None

    def _bound(self) -> str:
        """The cloud that enrolled the gate, and the territory. Both stay the same if the territory moves to another cell."""
        try:
            credential = read_credential(self._state_dir)
        except FileUnusable:
            credential = None
        if credential is None or (self._cloud is not None and self._cloud.rstrip("/") != credential.url):
            return self._cloud or ""
        return f"{credential.url} {credential.code or credential.territory}"
