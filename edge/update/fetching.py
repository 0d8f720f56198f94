"""Fetches the update file in pieces over the cloud link, on the thread "sync". An interruption keeps what has arrived.

Nothing here judges the file. If its checksum is wrong it is fetched again; checking the signature is root's task.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from pathlib import Path

from core.errors import FileUnusable, GateError
from core.words.system import system_words
from edge.language import say
from edge.update.environments import Environments
from edge.update.manifest import machine_here, python_here
from edge.update.offers import FINAL, Offer, bundle_of, make_offer, plain, read_outcome, told_of
from sync import wire
from sync.api import CloudApi
from sync.errors import CloudRefused

MOST_BYTES = 2 << 30
FLOOR_BYTES = 300 << 20
TRIES = 3
"""How often a file with a wrong checksum is fetched."""


class UpdateFetcher:
    """Runs on one thread. `told` may be called from any."""

    def __init__(self, folder: Path, environments: Environments | None, *, allowed: bool) -> None:
        self._folder = folder
        self._environments = environments
        self._allowed = allowed
        self._wanted: wire.UpdateWanted | None = None
        self._fetching = wire.UpdateTold(from_cloud=allowed)
        self._spoiled = 0

    def told(self) -> wire.UpdateTold:
        return told_of(self._environments, allowed=self._allowed, fetching=self._fetching)

    def step(self, api: CloudApi) -> bool:
        """Ask what is wanted, or fetch a piece. Returns whether to go on at once. Raises CloudError, FileUnusable."""
        if not self._allowed or self._environments is None:
            return False
        try:
            if self._wanted is None:
                self._take_offer(api, self._environments)
                return self._wanted is not None
            return self._fetch(api, self._wanted)
        except CloudRefused:  # it is no longer wanted, or an older cloud has no updates
            self._forget()
            return False
        except GateError:  # the connection broke: keep what has arrived and continue at the next attempt
            raise
        except OSError as error:
            self._wanted = None
            raise FileUnusable(self._folder, system_words(error)) from None

    def _take_offer(self, api: CloudApi, environments: Environments) -> None:
        running = self.told().running
        wanted = api.update_wanted(python=python_here(), machine=machine_here(), running=running)
        if wanted is None or wanted.release == running or not plain(wanted.release) or wanted.size > MOST_BYTES:
            self._forget()
            return
        outcome = read_outcome(environments.prefix)
        if outcome is not None and outcome.release == wanted.release and outcome.state in FINAL:
            self._forget()  # it was tried and its outcome reported; another attempt is for a person to decide
            return
        if self._whole(wanted):
            self._offer(wanted)
            return
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._tidy(wanted.release)
        have = _whole_pieces(self._part(wanted.release), wanted.size)
        if shutil.disk_usage(self._folder).free + have < wanted.size + FLOOR_BYTES:
            self._tidy("")  # list and journal need the space more
            self._set_state(
                wanted.release, "waiting", say("мало места для обновления: нужно {n} МБ", n=wanted.size >> 20)
            )
            return
        self._wanted = wanted
        self._set_state(wanted.release, "downloading")

    def _fetch(self, api: CloudApi, wanted: wire.UpdateWanted) -> bool:
        part = self._part(wanted.release)
        have = _whole_pieces(part, wanted.size)
        if have < wanted.size:
            number = have // wire.PIECE_BYTES
            piece = api.update_piece(wanted.release, number)
            if len(piece) != min(wire.PIECE_BYTES, wanted.size - have):
                raise CloudRefused(200, say("кусок обновления другой длины"))
            with part.open("r+b" if part.exists() else "xb") as out:
                out.truncate(have)
                out.seek(have)
                out.write(piece)
            have += len(piece)
            percent = 100 * have // wanted.size
            self._set_state(wanted.release, "downloading", f"{percent} %")
        if have < wanted.size:
            return True
        self._wanted = None
        return self._finish(part, wanted)

    def _finish(self, part: Path, wanted: wire.UpdateWanted) -> bool:
        if _sum_of(part) != wanted.sha256:
            part.unlink()
            self._spoiled += 1
            self._set_state(wanted.release, "downloading", say("пришло не то, что обещано: начинаю заново"))
            return self._spoiled < TRIES
        self._spoiled = 0
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(bundle_of(self._folder, wanted.release))
        self._offer(wanted)
        return False

    def _offer(self, wanted: wire.UpdateWanted) -> None:
        """Written again each time the update is wanted: what root could not do then may be possible now."""
        self._set_state(wanted.release, "waiting")
        make_offer(self._folder, Offer(wanted.release))

    def _whole(self, wanted: wire.UpdateWanted) -> bool:
        file = bundle_of(self._folder, wanted.release)
        return file.is_file() and file.stat().st_size == wanted.size

    def _part(self, release: str) -> Path:
        return self._folder / f"{release}.part"

    def _set_state(self, release: str, state: str, detail: str = "") -> None:
        self._fetching = wire.UpdateTold(self._allowed, state=state, release=release, detail=detail)

    def _forget(self) -> None:
        self._wanted = None
        self._fetching = wire.UpdateTold(from_cloud=self._allowed)
        self._tidy("")

    def _tidy(self, kept: str) -> None:
        """Delete all files but those of the wanted release."""
        names = {f"{kept}.part", f"{kept}.tar"} if kept else set()
        if self._folder.is_dir():
            for file in self._folder.iterdir():
                if file.name not in names:
                    with contextlib.suppress(OSError):
                        file.unlink()


def _whole_pieces(part: Path, size: int) -> int:
    """Number of bytes received in complete pieces."""
    try:
        found = part.stat().st_size
    except FileNotFoundError:
        return 0
    return found if found == size else min(found, size) // wire.PIECE_BYTES * wire.PIECE_BYTES


def _sum_of(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
