"""The rows of a good copy (`edge.store.good_copy`) as JSON, one per line, so that the list is never held as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import msgspec
from sqlite_utils import Database

from core.jsontext import read_json

TableRow = tuple[str, tuple[Any, ...] | None]
"""A table and one row of it; None in place of the row means only that the copy has the table."""


@dataclass(frozen=True, slots=True, eq=False)
class Copy:
    """A copy's content. `rows` is lazy: rows are read as they are consumed."""

    cursor: str
    synced_at: str | None
    rows: Iterable[TableRow]


def written(db: Database, tables: Iterable[str], *, cursor: str, synced_at: str | None) -> Iterator[bytes]:
    """One JSON object in chunks: all of `tables`, each row on its own line."""
    encode = msgspec.json.encode
    yield b'{"cursor":%b,"synced_at":%b,"tables":{' % (encode(cursor), encode(synced_at))
    for number, table in enumerate(tables):
        yield b'%b\n"%b":[' % (b"," if number else b"", table.encode())
        between = b"\n"
        for row in db.conn.execute(f"SELECT * FROM {table}"):  # noqa: S608  # our own names
            yield between + encode(row)
            between = b",\n"
        yield b"\n]"
    yield b"\n}}"


def digest(file: BinaryIO) -> str:
    """SHA-256 of the rest of `file`, without line feeds at its end."""
    found, line = hashlib.sha256(), b""
    for next_line in file:
        found.update(line)
        line = next_line
    found.update(line.rstrip(b"\n"))
    return found.hexdigest()


def read(file: BinaryIO, *, by_lines: bool) -> Copy:
    """The content of the rest of `file`.

    Raises ValueError, KeyError or TypeError for anything we never wrote, also later while rows are read.
    """
    if not by_lines:
        copy = read_json(file.read())
        return Copy(copy["cursor"], copy["synced_at"], _all_rows(copy["tables"]))
    head = read_json(file.readline() + b"}}")
    return Copy(head["cursor"], head["synced_at"], _lines(file))


def _all_rows(tables: object) -> Iterator[TableRow]:
    if not isinstance(tables, dict):
        raise TypeError("tables")
    for table, rows in tables.items():
        yield table, None
        for row in rows:
            yield table, tuple(row)


def _lines(file: BinaryIO) -> Iterator[TableRow]:
    table = ""
    for line in file:
        text = line.rstrip(b",\n")
        if text.startswith(b'"'):
            table = text.split(b'"')[1].decode()
            yield table, None
        elif text.startswith(b"["):
            yield table, tuple(msgspec.json.decode(text))
