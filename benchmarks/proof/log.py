"""The simulators' log of what was acknowledged to them, written before they forget it. One tab-separated line each.

e  CELL GATE EVENT                  an event was acknowledged
r  CELL GATE EVENT WHY              ... was refused for good
p  CELL PLACE PASS ANSWERED         a pass was acknowledged, at that second of CLOCK_MONOTONIC
d  CODE CELL_URL                    the directory acknowledged a code
t  CELL PLACE GATE REV HEARD        a gate learned of a list's revision: by its stream, or by a page that it requested
x  WHAT                             an answer that should never occur
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from benchmarks.proof.account import Acknowledged, PassFiled, Told


class Log:
    """One simulator's file; a line has reached the kernel when `put` returns."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def put(self, *lines: tuple[object, ...]) -> None:
        if lines:
            os.write(self._file, "".join("\t".join(map(str, line)) + "\n" for line in lines).encode())


def read(paths: Iterable[Path]) -> Acknowledged:
    """Everything in the logs."""
    found = Acknowledged()
    for path in paths:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                _take(found, line.rstrip("\n").split("\t"))
    return found


def _take(found: Acknowledged, words: list[str]) -> None:
    match words:
        case ["e", cell, gate, event]:
            found.events.append((event, int(cell), int(gate)))
        case ["p", cell, place, name, answered]:
            found.passes.append(PassFiled(name, int(cell), int(place), float(answered)))
        case ["d", code, url]:
            found.codes[code] = url
        case ["t", cell, place, gate, rev, heard]:
            found.told.append(Told(int(cell), int(place), int(gate), int(rev), float(heard)))
        case ["r", *rest]:
            found.refused.append(" ".join(rest))
        case _:
            found.odd.append(" ".join(words))
