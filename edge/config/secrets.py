"""Secrets: read from the config, from a file of their own or from systemd's credentials, and never shown."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.words.system import system_words
from edge.config.account import closed_to_services, how_to_open
from edge.config.problems import KeyPath, Report
from edge.language import say

FILE_SUFFIX = "_file"
CREDENTIALS = "CREDENTIALS_DIRECTORY"
LOADED_FOLDER = "secrets_"
"""systemd's prefix for files of a folder loaded as `LoadCredential=secrets:/etc/okter-gate/credentials`."""
BESIDE = "credentials"
"""The folder next to the config from which our units load secrets."""
HIDDEN = "•••"

_MOST_BYTES = 64 * 1024


class Secret(str):
    """A text whose repr hides it, so that a logged dataclass does not reveal it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"'{HIDDEN}'"


@dataclass(frozen=True, slots=True)
class SecretPlaces:
    """Where the secrets of one table are looked for: `KEY_file` in the table, or the credential `TABLE.KEY`.

    For an array of tables the credential's name includes the entry's name: `lane.entry.camera_password`.
    """

    credential_prefix: str
    directory: str | None = field(default_factory=lambda: os.environ.get(CREDENTIALS))

    def find(self, key: str, raw: Mapping[str, object], *, where: KeyPath, report: Report) -> Secret | None:
        """The secret; None if there is none or a problem was reported."""
        named = raw.get(f"{key}{FILE_SUFFIX}")
        if named is not None:
            at = (*where, f"{key}{FILE_SUFFIX}")
            if not isinstance(named, str) or not named:
                report.add(at, say("нужен путь в кавычках"))
                return None
            file = (report.file.parent / Path(named).expanduser()).resolve()
            secret = _read(file, at=at, report=report)
            if secret is not None and report.for_services and closed_to_services(file):
                report.add(at, how_to_open(file))
                return None
            return secret
        # Run by hand there are no loaded credentials: root then finds them where our units load them from.
        folder = Path(self.directory) if self.directory else report.file.parent / BESIDE
        for folder_mark in ("", LOADED_FOLDER):
            credential = folder / f"{folder_mark}{self.credential_prefix}.{key}"
            if _is_file(credential):
                return _read(credential, at=(*where, key), report=report)
        return None


def _is_file(path: Path) -> bool:
    """False also if the folder is closed to us: to us there is no file then."""
    try:
        return path.is_file()
    except OSError:
        return False


def _read(path: Path, *, at: KeyPath, report: Report) -> Secret | None:
    """The first line of a secret's file."""
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES).decode("utf-8-sig")
    except OSError as error:
        why = system_words(error)
        report.add(at, say("файл {path} не прочитать: {why}", path=path, why=why))
        return None
    except UnicodeDecodeError:
        report.add(at, say("файл {path} не в UTF-8", path=path))
        return None
    secret = text.splitlines()[0].strip() if text.strip() else ""
    if not secret:
        report.add(at, say("файл {path} пуст", path=path))
        return None
    return Secret(secret)
