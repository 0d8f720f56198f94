"""A million lines of text by key in little memory: an immutable value; a change makes a new one.

A pass takes 600 bytes as a Python object, and 70 as a line of text. The lines are kept in buckets by a hash of their
key. Finding a key searches a few kilobytes, and a value with one line changed shares all buckets but one with the old
value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

Line = tuple[str, str]
"""A key and the text under it. Neither holds a line feed, and the key holds no tab."""

_BUCKETS = 16384
"""Number of buckets. The hash is the same in every process, so a list is walked in the same order in every replay. With
a million lines, a bucket holds about 60; the table of buckets is copied in 0.1 ms."""


@dataclass(frozen=True, slots=True, eq=False)
class LineTable:
    """Lines by key. Two values with the same lines may keep them in a different order."""

    buckets: dict[int, bytes]
    """Never written to once the value exists. Each line is `\\n`, key, tab, rest."""
    count: int
    """Number of lines."""

    def draft(self) -> Draft:
        """A mutable draft of the next value. This one stays as it is."""
        return Draft(self)

    def under(self, key: str) -> tuple[str, ...]:
        """The texts under `key`, in the order in which they were added."""
        bucket, start = self._place(key)
        found = []
        at = bucket.find(start)
        while at >= 0:
            begin = at + len(start)
            end = bucket.find(b"\n", begin)
            found.append(_text(bucket[begin:] if end < 0 else bucket[begin:end]))
            at = bucket.find(start, begin)
        return tuple(found)

    def __contains__(self, key: str) -> bool:
        bucket, start = self._place(key)
        return start in bucket

    def _place(self, key: str) -> tuple[bytes, bytes]:
        """The bucket of `key`, and how its lines begin."""
        name = _bytes(key)
        return self.buckets.get(crc32(name) % _BUCKETS, b""), b"\n%b\t" % name

    def holding(self, text: str) -> Iterator[Line]:
        """The lines whose rest contains `text`. Costs 0.1 µs a line."""
        sought = _bytes(text)
        for bucket in self.buckets.values():
            if sought in bucket:
                for line in bucket[1:].split(b"\n"):
                    key, _, rest = line.partition(b"\t")
                    if sought in rest:
                        yield _text(key), _text(rest)

    def __iter__(self) -> Iterator[Line]:
        """Every line, in the same order in every process."""
        for number in sorted(self.buckets):
            for line in self.buckets[number][1:].split(b"\n"):
                key, _, rest = _text(line).partition("\t")
                yield key, rest


class Draft:
    """A value being built, owned by one caller. Only the buckets it changes are copied."""

    def __init__(self, before: LineTable) -> None:
        self._buckets = dict(before.buckets)
        self._own: dict[int, bytearray] = {}
        self._count = before.count

    def add(self, key: str, rest: str) -> bool:
        """Adds a line. Returns whether it is the first one of its key."""
        name = _bytes(key)
        bucket, start = self._bucket(name), b"\n%b\t" % name
        first = start not in bucket
        bucket += start + _bytes(rest)
        self._count += 1
        return first

    def remove(self, key: str, rest: str) -> bool:
        """Removes a line. Returns whether it was the last one of its key. Raises KeyError if there is no such line."""
        name = _bytes(key)
        bucket, start = self._bucket(name), b"\n%b\t" % name
        line = start + _bytes(rest)
        at = bucket.find(line)
        # What goes on behind it is only the prefix of a longer line.
        while at >= 0 and bytes(bucket[at + len(line) : at + len(line) + 1]) not in {b"", b"\n"}:
            at = bucket.find(line, at + 1)
        if at < 0:
            raise KeyError(key)
        del bucket[at : at + len(line)]
        self._count -= 1
        return start not in bucket

    def done(self) -> LineTable:
        """The finished value. The draft must not be used afterwards."""
        while self._own:  # one by one, so that a long list is never in memory twice
            number, bucket = self._own.popitem()
            if bucket:
                self._buckets[number] = bytes(bucket)
            else:
                self._buckets.pop(number, None)
        return LineTable(self._buckets, self._count)

    def _bucket(self, name: bytes) -> bytearray:
        number = crc32(name) % _BUCKETS
        found = self._own.get(number)
        if found is None:
            found = self._own[number] = bytearray(self._buckets.get(number, b""))
        return found


EMPTY = LineTable({}, 0)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # any text a note holds must survive


def _text(line: bytes) -> str:
    return line.decode("utf-8", "surrogatepass")
