"""A million lines of text by key in little memory: an immutable value; a change makes a new one.

A pass takes 600 bytes as a Python object, and 70 as a line of text. The lines are kept in buckets ("drawers") by a hash
of their key. Finding a key searches a few kilobytes, and a value with one line changed shares all drawers but one with
the old value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

Line = tuple[str, str]
"""A key and the text under it. Neither holds a line feed, and the key holds no tab."""

_DRAWERS = 16384
"""Number of drawers. The hash is the same in every process, so a list is walked in the same order in every replay. With
a million lines, a drawer holds about 60; the table of drawers is copied in 0.1 ms."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawers:
    """Lines by key. Two values with the same lines may keep them in a different order."""

    drawers: dict[int, bytes]
    """Never written to once the value exists. Each line is `\\n`, key, tab, rest."""
    count: int
    """Number of lines."""

    def draft(self) -> Draft:
        """A mutable draft of the next value. This one stays as it is."""
        return Draft(self)

    def under(self, key: str) -> tuple[str, ...]:
        """The texts under `key`, in the order in which they were added."""
        drawer, start = self._place(key)
        found = []
        at = drawer.find(start)
        while at >= 0:
            begin = at + len(start)
            end = drawer.find(b"\n", begin)
            found.append(_text(drawer[begin:] if end < 0 else drawer[begin:end]))
            at = drawer.find(start, begin)
        return tuple(found)

    def __contains__(self, key: str) -> bool:
        drawer, start = self._place(key)
        return start in drawer

    def _place(self, key: str) -> tuple[bytes, bytes]:
        """The drawer of `key`, and how its lines begin."""
        name = _bytes(key)
        return self.drawers.get(crc32(name) % _DRAWERS, b""), b"\n%b\t" % name

    def holding(self, text: str) -> Iterator[Line]:
        """The lines whose rest contains `text`. Costs 0.1 µs a line."""
        sought = _bytes(text)
        for drawer in self.drawers.values():
            if sought in drawer:
                for line in drawer[1:].split(b"\n"):
                    key, _, rest = line.partition(b"\t")
                    if sought in rest:
                        yield _text(key), _text(rest)

    def __iter__(self) -> Iterator[Line]:
        """Every line, in the same order in every process."""
        for number in sorted(self.drawers):
            for line in self.drawers[number][1:].split(b"\n"):
                key, _, rest = _text(line).partition("\t")
                yield key, rest


class Draft:
    """A value being built, owned by one caller. Only the drawers it changes are copied."""

    def __init__(self, before: Drawers) -> None:
        self._drawers = dict(before.drawers)
        self._own: dict[int, bytearray] = {}
        self._count = before.count

    def put_in(self, key: str, rest: str) -> bool:
        """Adds a line. Returns whether it is the first one of its key."""
        name = _bytes(key)
        drawer, start = self._drawer(name), b"\n%b\t" % name
        first = start not in drawer
        drawer += start + _bytes(rest)
        self._count += 1
        return first

    def take_out(self, key: str, rest: str) -> bool:
        """Removes a line. Returns whether it was the last one of its key. Raises KeyError if there is no such line."""
        name = _bytes(key)
        drawer, start = self._drawer(name), b"\n%b\t" % name
        line = start + _bytes(rest)
        at = drawer.find(line)
        while at >= 0 and bytes(drawer[at + len(line) : at + len(line) + 1]) not in (
            b"",
            b"\n",
        ):  # only the prefix of a longer line
            at = drawer.find(line, at + 1)
        if at < 0:
            raise KeyError(key)
        del drawer[at : at + len(line)]
        self._count -= 1
        return start not in drawer

    def done(self) -> Drawers:
        """The finished value. The draft must not be used afterwards."""
        while self._own:  # one by one, so that a long list is never in memory twice
            number, drawer = self._own.popitem()
            if drawer:
                self._drawers[number] = bytes(drawer)
            else:
                self._drawers.pop(number, None)
        return Drawers(self._drawers, self._count)

    def _drawer(self, name: bytes) -> bytearray:
        number = crc32(name) % _DRAWERS
        found = self._own.get(number)
        if found is None:
            found = self._own[number] = bytearray(self._drawers.get(number, b""))
        return found


NOTHING = Drawers({}, 0)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # any text a note holds must survive


def _text(line: bytes) -> str:
    return line.decode("utf-8", "surrogatepass")
