"""Finds the line of each key in a TOML text. `tomllib` does not report lines, so the text is scanned once more.

Understands headers, dotted and quoted keys, and multi-line strings and brackets. The keys of an inline table count as
being on the line of the table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_KEY_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^\s.=\[\]"'#]+))\s*(\.?)""")
_STRING_MARKS = ('"""', "'''", '"', "'")


def split_key(text: str) -> tuple[list[str], int]:
    """The parts of a dotted key at the start of `text`, and the position after it."""
    parts: list[str] = []
    at = 0
    while match := _KEY_PART.match(text, at):
        parts.append(next(group for group in match.groups()[:3] if group is not None))
        at = match.end()
        if not match.group(4):
            break
    return parts, at


@dataclass(slots=True)
class KeyLines:
    """The line (from 1) of every key and header, as found by `key_lines`."""

    known: dict[tuple[str | int, ...], int] = field(default_factory=dict)

    def line(self, path: tuple[str | int, ...]) -> int:
        """The line of the key, else of the nearest enclosing table, else 1."""
        for length in range(len(path), 0, -1):
            found = self.known.get(path[:length])
            if found is not None:
                return found
        return 1


@dataclass(slots=True)
class _Value:
    """Tracks the end of a value that may span several lines."""

    depth: int = 0
    quote: str = ""

    @property
    def open(self) -> bool:
        return bool(self.depth or self.quote)

    def feed(self, text: str) -> None:
        at = 0
        while at < len(text):
            at = self._in_string(text, at) if self.quote else self._outside(text, at)
        if len(self.quote) == 1:  # a plain string ends with its line, valid or not
            self.quote = ""

    def _in_string(self, text: str, at: int) -> int:
        if text[at] == "\\" and self.quote[0] == '"':
            return at + 2
        if text.startswith(self.quote, at):
            at += len(self.quote)
            self.quote = ""
            return at
        return at + 1

    def _outside(self, text: str, at: int) -> int:
        if text[at] == "#":
            return len(text)
        for mark in _STRING_MARKS:
            if text.startswith(mark, at):
                self.quote = mark
                return at + len(mark)
        if text[at] in "[{":
            self.depth += 1
        elif text[at] in "]}":
            self.depth = max(0, self.depth - 1)
        return at + 1


def key_lines(text: str) -> KeyLines:
    """Scan a TOML text, valid or not, and note the line of each key (the first occurrence counts)."""
    found = KeyLines()
    counts: dict[tuple[str | int, ...], int] = {}
    prefix: tuple[str | int, ...] = ()
    value = _Value()
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if value.open:
            value.feed(line)
        elif not stripped or stripped.startswith("#"):
            continue
        elif stripped.startswith("["):
            prefix = _header(stripped, counts)
            found.known.setdefault(prefix, number)
        else:
            parts, end = split_key(stripped)
            if parts:
                found.known.setdefault((*prefix, *parts), number)
            value.feed(stripped[end:])
    return found


def _header(stripped: str, counts: dict[tuple[str | int, ...], int]) -> tuple[str | int, ...]:
    """The path of a `[table]` or of the next `[[table]]`; `counts` has the last index of each array so far."""
    many = stripped.startswith("[[")
    parts, _ = split_key(stripped.lstrip("["))
    path: tuple[str | int, ...] = ()
    for place, part in enumerate(parts):
        path = (*path, part)
        if many and place == len(parts) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path
