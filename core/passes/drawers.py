"""Lines of text under a key, a million of them in little memory: an immutable value that is changed by making a new one.

A pass as a Python object takes 600 bytes, as a line of text 70. The lines lie in drawers by a sum of their key; a key is
looked for by one search through a few kilobytes, and a value with one line changed shares all drawers but one with the old.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

Line = tuple[str, str]
"""A key and what stands under it; neither holds a line feed, the key no tab."""

_DRAWERS = 16384
"""Found by a sum that is the same in every process, so that a list is walked in the same order in every replay. Of a million lines 60 lie in a drawer; the table of drawers is copied in 0.1 ms."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawers:
    """Lines by key. Two that hold the same lines may have them in another order."""

    drawers: dict[int, bytes]
    """Never written to after the value is made. Each line is `\\n`, key, tab, rest."""
    count: int
    """How many lines there are."""

    def draft(self) -> Draft:
        """What is to become another value; this one stays as it is."""
        return Draft(self)

    def under(self, key: str) -> tuple[str, ...]:
        """What stands under `key`, in the order in which it came."""
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
        """The drawer, and how a line of `key` begins."""
        name = _bytes(key)
        return self.drawers.get(crc32(name) % _DRAWERS, b""), b"\n%b\t" % name

    def holding(self, text: str) -> Iterator[Line]:
        """The lines in whose rest `text` stands; 0.1 µs a line."""
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
    """A value in the making, in one pair of hands. Only the drawers that are touched are copied."""

    def __init__(self, before: Drawers) -> None:
        self._drawers = dict(before.drawers)
        self._own: dict[int, bytearray] = {}
        self._count = before.count

    def put_in(self, key: str, rest: str) -> bool:
        """Add a line. Tells whether it is the first one of its key."""
        name = _bytes(key)
        drawer, start = self._drawer(name), b"\n%b\t" % name
        first = start not in drawer
        drawer += start + _bytes(rest)
        self._count += 1
        return first

    def take_out(self, key: str, rest: str) -> bool:
        """Take a line away; tells whether it was the last one of its key. Raises KeyError where there is no such line."""
        name = _bytes(key)
        drawer, start = self._drawer(name), b"\n%b\t" % name
        line = start + _bytes(rest)
        at = drawer.find(line)
        while at >= 0 and bytes(drawer[at + len(line) : at + len(line) + 1]) not in (
            b"",
            b"\n",
        ):  # a longer line begins so
            at = drawer.find(line, at + 1)
        if at < 0:
            raise KeyError(key)
        del drawer[at : at + len(line)]
        self._count -= 1
        return start not in drawer

    def done(self) -> Drawers:
        """The value; the draft is used up."""
        while self._own:  # one by one: a long list is never there twice
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
    return text.encode("utf-8", "surrogatepass")  # whatever text a note holds, it is kept


def _text(line: bytes) -> str:
    return line.decode("utf-8", "surrogatepass")
