"""Environments side by side, and the link that says which one is in use.

PREFIX/environments/0.1.0-1764400000/   one program with its dependencies; `bundle.json` in it means: complete
PREFIX/venv      -> environments/…      what the units start; changed by one rename
PREFIX/previous  -> environments/…      what was in use before
PREFIX/update.json                      an update is on trial; read to judge it after a power cut
"""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.errors import FileUnusable
from core.words.system import system_words
from edge.language import say
from edge.update.errors import BundleRefused, UpdateUnready
from edge.update.manifest import Manifest, read_manifest
from edge.whole_file import READABLE, sync_folder, write_whole

MARK = "bundle.json"


class Trial(msgspec.Struct, frozen=True):
    """An update on trial: names of the environments, and which processes answered before it."""

    old: str
    new: str
    gate: bool = True
    relay: bool = True


@dataclass(frozen=True, slots=True)
class Environments:
    """The installation folder with all environments."""

    prefix: Path

    @property
    def folder(self) -> Path:
        return self.prefix / "environments"

    def in_use(self) -> Path | None:
        """The environment in use; None if the folder has another layout."""
        return self._linked("venv")

    def current(self) -> Path:
        """The environment in use. Raises UpdateUnready if the folder has another layout."""
        found = self.in_use()
        if found is None:
            raise UpdateUnready(
                say(
                    "{prefix}: поставлено прежней установкой; один раз запустите systemd/install.sh", prefix=self.prefix
                )
            )
        return found

    def previous(self) -> Path | None:
        return self._linked("previous")

    def manifest_of(self, environment: Path) -> Manifest | None:
        """The manifest of the bundle it was made from; None if not from a bundle, or incomplete."""
        with contextlib.suppress(OSError, BundleRefused):
            return read_manifest((environment / MARK).read_bytes())
        return None

    def use(self, environment: Path) -> None:
        """Switch to this environment. It is one rename, so there is always one in use."""
        self._link("venv", environment)

    def remember(self, environment: Path) -> None:
        self._link("previous", environment)

    def mark_whole(self, environment: Path, manifest: Manifest) -> None:
        """Write the mark after everything else is on the disk."""
        os.sync()
        kept_whole(environment / MARK, msgspec.json.encode(manifest))

    def trial(self) -> Trial | None:
        """The update on trial; None if there is none or its record is unreadable.

        Without a record the `venv` link decides, and it always points to a complete environment.
        """
        try:
            found = msgspec.json.decode((self.prefix / "update.json").read_bytes(), type=Trial)
        except (OSError, msgspec.MsgspecError, RecursionError):
            return None
        return found if all(_plain(name) for name in (found.old, found.new)) else None

    @property
    def on_trial(self) -> bool:
        """Whether an update is on trial, also if its record cannot be read: then nobody has judged it yet."""
        return os.path.lexists(self.prefix / "update.json")

    def begin(self, trial: Trial) -> None:
        kept_whole(self.prefix / "update.json", msgspec.json.encode(trial))

    def end_trial(self) -> None:
        (self.prefix / "update.json").unlink(missing_ok=True)
        sync_folder(self.prefix)

    def drop(self, environment: Path) -> None:
        """Delete an environment. Its mark goes first, so that a partly deleted one never counts as complete."""
        (environment / MARK).unlink(missing_ok=True)
        shutil.rmtree(environment, ignore_errors=True)

    def tidy(self) -> None:
        """Delete all environments, also incomplete ones, except the current and the previous one."""
        kept = {self._linked("venv"), self._linked("previous")}
        for found in self.folder.iterdir():
            if found not in kept:
                self.drop(found)

    def _linked(self, name: str) -> Path | None:
        try:
            target = (self.prefix / name).readlink()
        except OSError:
            return None
        found = self.prefix / target
        return found if found.parent == self.folder and found.is_dir() else None

    def _link(self, name: str, environment: Path) -> None:
        fresh = self.prefix / f".{name}.next"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(environment.relative_to(self.prefix))
        fresh.replace(self.prefix / name)
        sync_folder(self.prefix)


def _plain(name: str) -> bool:
    return bool(name) and "/" not in name and name not in {".", ".."}


def kept_whole(file: Path, data: bytes) -> None:
    """Replace `file` atomically. Root writes it and the services read it, hence `READABLE`. Raises FileUnusable."""
    try:
        write_whole(file, data, mode=READABLE)
    except OSError as error:
        raise FileUnusable(file, system_words(error)) from None
