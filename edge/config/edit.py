"""Changes one key of gate.toml: comments are kept, and an invalid config is never written.

One line of the text is changed, then the whole text is parsed and checked. Only a valid config replaces the file; the
previous one stays beside it as `gate.toml.1` (then `.2`, up to `GENERATIONS`).

On an installed box `/etc/okter-gate/gate.toml` is a symlink into a folder that belongs to another account (ADR 155). New
files are written beside the link's target, and never through a symlink inside that folder.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from core.errors import ConfigError
from core.words.system import system_words
from edge.config.keys import Key, keys_of
from edge.config.lines import key_lines, split_key
from edge.config.load import load_text
from edge.config.problems import nearest
from edge.config.schema import ARRAY_TABLES, SINGLE_TABLES
from edge.config.secrets import FILE_SUFFIX
from edge.config.text import read_text
from edge.language import say
from edge.whole_file import Owner, write_whole

GENERATIONS = 5
Guard = Callable[[str, str], None]
"""Called with the old text and the new text; raises ConfigError to forbid the change."""
_COMMENT = re.compile(r"""^(?P<value>(?:"(?:\\.|[^"\\])*"|'[^']*'|[^"'#])*?)(?P<rest>\s*(?:#.*)?)$""")


@dataclass(frozen=True, slots=True)
class Place:
    """The location of a key: `("policy", "open_confidence")`, `("lane", 1, "zone")`."""

    path: tuple[str | int, ...]
    key: Key
    header: str
    """The header line of its table."""


def place_of(name: str, text: str) -> Place:
    """The place of `policy.open_confidence` or `lane.entry.zone`. Raises ConfigError.

    The entry's name may be left out if there is only one entry.
    """
    parts = name.split(".")
    table, key = parts[0], parts[-1]
    if table in SINGLE_TABLES and len(parts) == 2:
        return Place((table, key), _known(table, key, keys_of(SINGLE_TABLES[table])), f"[{table}]")
    if table in ARRAY_TABLES and len(parts) in {2, 3}:
        keys = dict(keys_of(ARRAY_TABLES[table]))
        if table == "lane":  # a [[lane]] may override any key of [camera]
            keys = dict(keys_of(SINGLE_TABLES["camera"])) | keys
        entry = _entry(table, parts[1] if len(parts) == 3 else None, text)
        return Place((table, entry, key), _known(table, key, keys), f"[[{table}]]")
    known = [*SINGLE_TABLES, *ARRAY_TABLES]
    raise ConfigError(
        say("{name}: нужно ТАБЛИЦА.КЛЮЧ или lane.ИМЯ.КЛЮЧ; таблицы: {known}", name=name, known=", ".join(known))
    )


def with_value(text: str, name: str, typed: str) -> str:
    """The text with the key set. `typed` is a TOML value, or a bare word for a string. Raises ConfigError."""
    place = place_of(name, text)
    if place.key.secret:
        raise ConfigError(say("{name}: секрет не пишется в файл; положите его в {name}_file", name=name))
    if place.key.name == "name" and len(place.path) == 3:
        raise ConfigError(say("{name}: имя меняют рукой, вместе с тем, что на него ссылается", name=name))
    value = _as_toml(typed, place.key)
    lines = text.split("\n")
    known = key_lines(text)
    at = known.known.get(place.path)
    if at is not None:
        return "\n".join([*lines[: at - 1], _replaced(lines[at - 1], value, name), *lines[at:]])
    new = f"{place.key.name} = {value}"
    header = known.known.get(place.path[:-1])
    if header is None:
        gap = [] if not text.strip() else [""]
        return "\n".join([*"\n".join(lines).rstrip("\n").split("\n"), *gap, place.header, new, ""])
    return "\n".join([*lines[:header], new, *lines[header:]])


def set_value(
    file: Path, name: str, typed: str, *, expected: str | None = None, guard: Guard | None = None
) -> tuple[str, str]:
    """Set the key in `file`. Returns its old and new value as written there. On ConfigError the file is unchanged.

    `expected`: the value that the user saw. Another value means that somebody else changed it meanwhile: ConfigError.
    """
    with _alone(file):
        text = read_text(file)
        if expected is not None and value_in(text, name) != expected:
            raise ConfigError(say("{name}: значение уже изменил кто-то другой; посмотрите ещё раз", name=name))
        changed = with_value(text, name, typed)
        before, after = value_in(text, name), value_in(changed, name)
        if changed == text:
            load_text(text, file)  # "as it was" is no comfort in a file that nothing starts from
        else:
            if guard is not None:
                guard(text, changed)
            load_text(changed, file)
            _push_down(file)
            _write(file.resolve(), changed)
    return before, after


def roll_back(file: Path, *, guard: Guard | None = None) -> Path:
    """Swap the file with its previous generation. Returns the path of that generation. Raises ConfigError."""
    with _alone(file):
        kept = _generation(file, 1)
        if not kept.exists():
            raise ConfigError(say("{file}: прежних настроек нет", file=file))
        text, current = read_text(kept), read_text(file)
        if guard is not None:
            guard(current, text)
        load_text(text, file)
        _write(file.resolve(), text)
        _write(kept, current)
    return kept


def generations(file: Path) -> tuple[tuple[int, datetime], ...]:
    """The previous texts that are kept, newest first: number and time of writing (UTC)."""
    found = []
    for number in range(1, GENERATIONS + 1):
        with suppress(OSError):
            written = _generation(file, number).stat().st_mtime
            found.append((number, datetime.fromtimestamp(written, UTC)))
    return tuple(found)


def text_of(file: Path, generation: int) -> str:
    """The text of a previous generation. Raises ConfigError."""
    return read_text(_generation(file, generation))


def writable(file: Path) -> bool:
    """Whether this process may replace the file."""
    return os.access(file.resolve().parent, os.W_OK | os.X_OK) and os.access(file, os.R_OK)


def value_in(text: str, name: str) -> str:
    """The key's value as written in the text; empty if the key is not set."""
    place = place_of(name, text)
    at = key_lines(text).known.get(place.path)
    if at is None:
        return ""
    _, _, rest = text.split("\n")[at - 1].partition("=")
    found = _COMMENT.match(rest.strip())
    return found["value"].strip() if found else rest.strip()


def _known(table: str, name: str, keys: Mapping[str, Key]) -> Key:
    found = keys.get(name)
    if found is not None:
        return found
    secret = keys.get(name.removesuffix(FILE_SUFFIX))
    if secret is not None and secret.secret:  # the path of the secret's file is not a secret
        return replace(secret, name=name, kind=str, secret=False)
    near = nearest(name, list(keys))
    hint = say("; похоже на {near}", near=f"{table}.{near}") if near else ""
    raise ConfigError(say("нет ключа {key}{hint}", key=f"{table}.{name}", hint=hint))


def _entry(table: str, name: str | None, text: str) -> int:
    """Index of the `[[table]]` entry called `name`; without a name, of the only entry."""
    try:
        entries = tomllib.loads(text).get(table, [])
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(say("файл с ошибкой записи; сначала gate config check: {error}", error=error)) from error
    names = [entry.get("name") for entry in entries if isinstance(entry, dict)]
    if name is None and len(names) == 1:
        return 0
    if name in names:
        return names.index(name)
    raise ConfigError(
        say("какой из [[{table}]]: {table}.ИМЯ.КЛЮЧ; есть: {names}", table=table, names=", ".join(map(str, names)))
    )


def _as_toml(typed: str, key: Key) -> str:
    """The value in TOML syntax, as typed if it fits. For a string key, anything but a TOML string is put in quotes."""
    typed = typed.strip()
    if "\n" in typed:
        raise ConfigError(say("значение в одну строку"))
    is_text = key.kind is str or (isinstance(key.kind, type) and issubclass(key.kind, str | Path))
    try:
        parsed = tomllib.loads(f"x = {typed}")["x"]
    except tomllib.TOMLDecodeError:
        parsed = None
    if is_text and not isinstance(parsed, str):
        return '"' + typed.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if parsed is None:
        raise ConfigError(say("{typed} — не значение; нужно: {allowed}", typed=typed, allowed=key.allowed))
    return typed


def _replaced(line: str, value: str, name: str) -> str:
    """The line with the new value. Its comment stays, in the same column if there is room."""
    indent = line[: len(line) - len(line.lstrip())]
    _, end = split_key(line.strip())
    head, rest = line.strip()[:end], line.strip()[end:].lstrip()
    found = _COMMENT.match(rest.removeprefix("=").lstrip()) if rest.startswith("=") else None
    if found is None or found["value"].count("[") != found["value"].count("]"):
        raise ConfigError(say("{name}: значение в несколько строк; измените его рукой", name=name))
    new = f"{indent}{head.rstrip()} = {value}"
    comment = found["rest"].strip()
    if not comment:
        return new
    return new.ljust(len(line) - len(comment)) + comment if len(new) < len(line) - len(comment) else f"{new}  {comment}"


def _write(file: Path, text: str) -> None:
    """Write atomically, with the owner and permissions of the file that is replaced."""
    try:
        _put(file, text.encode(), like=file.stat())
    except OSError as error:
        raise ConfigError(f"{file}: {system_words(error)}") from error


def _put(file: Path, data: bytes, *, like: os.stat_result) -> None:
    owner = Owner(like.st_uid, like.st_gid, needed=False)
    write_whole(file, data, mode=stat.S_IMODE(like.st_mode), owner=owner)


def _push_down(file: Path) -> None:
    try:
        for number in range(GENERATIONS, 1, -1):
            if _generation(file, number - 1).exists():
                _generation(file, number - 1).replace(_generation(file, number))
        current, newest = file.stat(), _generation(file, 1)
        _put(newest, file.read_bytes(), like=current)
        os.utime(newest, (current.st_atime, current.st_mtime), follow_symlinks=False)
    except OSError as error:
        raise ConfigError(f"{file}: {system_words(error)}") from error


def _generation(file: Path, number: int) -> Path:
    real = file.resolve()
    return real.with_name(f"{real.name}.{number}")


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """One editor at a time, by a lock file beside `file`. Raises ConfigError if the folder is not writable."""
    real = file.resolve()
    try:
        how = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        lock = os.open(real.with_name(f".{real.name}.lock"), how, 0o600)
        if os.geteuid() == 0:  # the folder's owner edits here too and must be able to open the lock
            os.fchown(lock, real.parent.stat().st_uid, -1)
    except OSError as error:
        raise ConfigError(f"{file}: " + say("сюда нельзя писать: {why}", why=system_words(error))) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
