"""`OKTER_DIRECTORY_*` and `OKTER_MOVES_KEY`: settings of a portal that is one of several cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from core.words.language import say
from core.words.system import system_words

SHORTEST_SECRET = 32
KEY_KIND = "ssh-ed25519"


class DirectoryInvalid(ValueError):
    """An invalid setting. The message names it."""


@dataclass(frozen=True, slots=True)
class DirectorySettings:
    """The directory's address, and the secret that a cell authenticates with."""

    url: str
    secret: str = field(repr=False)


def directory_settings(environment: Mapping[str, str]) -> DirectorySettings | None:
    """The directory's settings from the environment; None = no directory. Raises DirectoryInvalid."""
    url = environment.get("OKTER_DIRECTORY_URL", "").rstrip("/")
    if not url:
        return None
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and not parts.path
    except ValueError:
        good = False
    if not good or parts.username or parts.query:
        raise DirectoryInvalid(say("OKTER_DIRECTORY_URL: {url!r}: нужен адрес вида http://10.0.0.5:8010", url=url))
    return DirectorySettings(url, read_secret(environment))


def read_secret(environment: Mapping[str, str]) -> str:
    """The secret shared by the directory and its cells, from the file `OKTER_DIRECTORY_SECRET_FILE`.

    Raises DirectoryInvalid.
    """
    named = environment.get("OKTER_DIRECTORY_SECRET_FILE", "")
    if not named:
        raise DirectoryInvalid(say("OKTER_DIRECTORY_SECRET_FILE: нужен файл с общим ключом справочника и ячеек"))
    try:
        secret = Path(named).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = system_words(error) if isinstance(error, OSError) else say("это не текст")
        raise DirectoryInvalid(f"OKTER_DIRECTORY_SECRET_FILE: {named}: {why}") from error
    if len(secret) < SHORTEST_SECRET or not secret.isascii():
        raise DirectoryInvalid(
            say(
                "OKTER_DIRECTORY_SECRET_FILE: ключ короче {n} знаков; новый даёт openssl rand -hex 32",
                n=SHORTEST_SECRET,
            )
        )
    return secret


def move_key(environment: Mapping[str, str]) -> str:
    """The public key in the file `OKTER_MOVES_KEY`, as `ssh-ed25519 AAAA…`; empty = not set. Raises DirectoryInvalid."""
    named = environment.get("OKTER_MOVES_KEY", "")
    if not named:
        return ""
    try:
        words = Path(named).read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        why = system_words(error) if isinstance(error, OSError) else say("это не текст")
        raise DirectoryInvalid(f"OKTER_MOVES_KEY: {named}: {why}") from error
    if len(words) < 2 or words[0] != KEY_KIND or not words[1].isascii() or len(words[1]) > 200:
        raise DirectoryInvalid(
            say("OKTER_MOVES_KEY: {file}: нужен открытый ключ Ed25519: ssh-keygen -t ed25519 -f moves", file=named)
        )
    return f"{words[0]} {words[1]}"
