"""Unmaps machine code that only the start needed. Linux; does nothing elsewhere, or once a second thread runs.

Loading numpy, OpenCV, onnxruntime and FFmpeg leaves some 60 MB of their code mapped, half of it never executed again. The
kernel may drop such pages, but it keeps mapped code longest of all. Unmapped pages stay in its page cache: what is called
after all is mapped again at its first call, at no reading from the disk while memory suffices.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_MADV_DONTNEED = 4
_OF_ITS_OWN = ("Anonymous", "Swap")
"""Pages of a file's mapping that were written to: they belong to the process, and exist nowhere else."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """One range of addresses, end excluded, with `kib` of it in memory."""

    begin: int
    end: int
    kib: int


def let_go(process: Path = Path("/proc/self")) -> int:
    """Unmap all code of loaded files. Call when everything is imported and no thread has started. Returns KiB let go.

    A second thread might map memory of its own where a file was a moment ago, and would lose it.
    """
    try:
        threads = len(list((process / "task").iterdir()))
        lines = (process / "smaps").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # no Linux, or a kernel built without smaps
        return 0
    if threads != 1:
        return 0
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return sum(one.kib for one in code(lines) if madvise(one.begin, one.end - one.begin, _MADV_DONTNEED) == 0)


def code(smaps: Iterable[str]) -> Iterator[Loaded]:
    """Those mappings of libraries and programs of which no page was ever written to, by the lines of `smaps`.

    A mapping that does not say so (proc(5): `Anonymous` and `Swap`) is none of them.
    """
    mappings = [_Told.of(header, fields) for header, fields in _mappings(smaps)]
    executed = {one.path for one in mappings if "x" in one.may}
    for one in mappings:
        untouched = all(one.kib.get(name) == 0 for name in _OF_ITS_OWN)
        of_code = one.path in executed and one.path.startswith("/") and not one.path.startswith("/dev/")
        if of_code and one.may in ("r-xp", "r--p") and untouched and one.kib.get("Rss", 0) > 0:
            yield Loaded(one.begin, one.end, one.kib["Rss"])


@dataclass(frozen=True, slots=True)
class _Told:
    """One mapping as the kernel tells it."""

    begin: int
    end: int
    may: str
    """Read, write, execute, and "p" where writing concerns this process alone."""
    path: str
    kib: dict[str, int]

    @classmethod
    def of(cls, header: str, kib: dict[str, int]) -> _Told:
        addresses, may, _offset, _device, _inode, *path = header.split(maxsplit=5)
        begin, end = (int(address, 16) for address in addresses.split("-"))
        return cls(begin, end, may, path[0].strip() if path else "", kib)


def _mappings(smaps: Iterable[str]) -> Iterator[tuple[str, dict[str, int]]]:
    """Each mapping's first line, and its sizes in KiB."""
    header, fields = "", {}
    for line in smaps:
        name, colon, value = line.partition(":")
        if colon and " " not in name:
            number, _, unit = value.strip().partition(" ")
            if unit == "kB":
                fields[name] = int(number)
            continue
        if header:
            yield header, fields
        header, fields = line, {}
    if header:
        yield header, fields
