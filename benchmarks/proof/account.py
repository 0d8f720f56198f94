"""Compares what was acknowledged with what is there. Pure: rows in, findings out."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

RECOVER_S = 10.0
"""How long a cell still counts as disturbed after a killed process is back: streams pause before they reconnect."""
BOUND_S = 2.0
"""A pass added this long before a kill counts as disturbed too: its hint may still have been on its way."""
FIRST_S = 5.0
"""Passes added up to this long after a kill are also reported separately: where another process takes over, the rest of
an outage is calm, and would make the percentiles look good."""


@dataclass(frozen=True, slots=True)
class PassFiled:
    """An acknowledged pass; `answered` in seconds of CLOCK_MONOTONIC."""

    id: str
    cell: int
    place: int
    answered: float


@dataclass(frozen=True, slots=True)
class Told:
    """A gate knows that its list is at least at `rev`."""

    cell: int
    place: int
    gate: int
    rev: int
    heard: float


@dataclass
class Acknowledged:
    """Everything acknowledged to the simulators."""

    events: list[tuple[str, int, int]] = field(default_factory=list)
    """(event, cell, gate)."""
    passes: list[PassFiled] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outage:
    """A kind of process in a cell was killed at `began` and answered again at `ended`."""

    kind: str
    cell: int
    began: float
    ended: float
    load: float = 0.0
    """The machine's one-minute load average at the kill."""

    def disturbs(self, cell: int, at: float) -> bool:
        return cell == self.cell and self.began - BOUND_S <= at <= self.ended + RECOVER_S

    def has_just_begun(self, at: float) -> bool:
        return self.began - BOUND_S <= at <= self.began + FIRST_S


@dataclass(frozen=True, slots=True)
class Events:
    """The fate of acknowledged events; all but the first and the last figure should be 0."""

    acknowledged: int
    lost: int
    misplaced: int
    """Stored, but in another cell or for another gate."""
    doubled: int
    never_acknowledged: int
    """Stored, but never acknowledged to a simulator: the answer was lost, and the event not resent before the end."""


def events(acknowledged: Iterable[tuple[str, int, int]], kept: Iterable[tuple[str, int, int]]) -> Events:
    """Both are (event, cell, gate); `kept` has an entry for each row of each cell."""
    there: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for name, cell, gate in kept:
        there[name].append((cell, gate))
    promised = dict.fromkeys(acknowledged)
    names = {name for name, _, _ in promised}
    return Events(
        acknowledged=len(names),
        lost=sum(name not in there for name in names),
        misplaced=sum(name in there and (cell, gate) not in there[name] for name, cell, gate in promised),
        doubled=sum(len(rows) > 1 for rows in there.values()),
        never_acknowledged=sum(name not in names for name in there),
    )


@dataclass(frozen=True, slots=True)
class Lists:
    """The fate of acknowledged passes; all but the first two figures should be 0."""

    acknowledged: int
    gates: int
    lost: int
    """Not in their cell."""
    missing: int
    """Pairs of a pass that is in its cell and a gate of its territory that lacks it."""
    wrong: int
    """Gates whose list differs from their cell's in any pass."""


def lists(
    acknowledged: Sequence[PassFiled],
    kept: Mapping[tuple[int, int], frozenset[str]],
    held: Sequence[tuple[int, int, int, frozenset[str]]],
) -> Lists:
    """`kept`: live passes by (cell, place). `held`: cell, place, gate and the passes in its list."""
    filed: dict[tuple[int, int], set[str]] = defaultdict(set)
    for one in acknowledged:
        filed[one.cell, one.place].add(one.id)
    empty: frozenset[str] = frozenset()
    return Lists(
        acknowledged=len({one.id for one in acknowledged}),
        gates=len(held),
        lost=sum(len(names - kept.get(place, empty)) for place, names in filed.items()),
        missing=sum(
            len((filed.get((cell, place), set()) & kept.get((cell, place), empty)) - ids)
            for cell, place, _, ids in held
        ),
        wrong=sum(kept.get((cell, place), empty) != ids for cell, place, _, ids in held),
    )


@dataclass(frozen=True, slots=True)
class Push:
    """Seconds from a pass's acknowledgement until a gate of its territory was told; `never` = not told at all."""

    told: int
    never: int
    p50_s: float
    p95_s: float
    most_s: float


QUIET, DISTURBED = "quiet", "disturbed"


def push(
    filed: Iterable[PassFiled],
    rev_of: Mapping[str, int],
    gates_of: Mapping[tuple[int, int], Sequence[int]],
    told: Iterable[Told],
    outages: Sequence[Outage],
) -> dict[str, Push]:
    """`quiet`: passes not disturbed by a kill. `disturbed`: all others, also listed by the kind that was killed last.

    `KIND, first`: those of a kind that were added from two seconds before the kill until five seconds after it.

    A pass that is not stored does not count here.
    """
    heard: dict[tuple[int, int], list[tuple[float, int]]] = defaultdict(list)
    for one in told:
        heard[one.cell, one.gate].append((one.heard, one.rev))
    for moments in heard.values():
        moments.sort()
    waits: dict[str, list[float]] = {QUIET: [], DISTURBED: []}
    for one in filed:
        if one.id not in rev_of:
            continue
        by = [outage for outage in outages if outage.disturbs(one.cell, one.answered)]
        into = [QUIET]
        if by:
            last = max(by, key=lambda outage: outage.began)
            into = [DISTURBED, last.kind, *([f"{last.kind}, first"] if last.has_just_begun(one.answered) else [])]
        for gate in gates_of.get((one.cell, one.place), ()):
            first = next((at for at, rev in heard[one.cell, gate] if rev >= rev_of[one.id]), math.inf)
            for name in into:
                waits.setdefault(name, []).append(max(0.0, first - one.answered))
    return {name: _push(each) for name, each in waits.items()}


def _push(waits: list[float]) -> Push:
    return Push(
        told=sum(map(math.isfinite, waits)),
        never=sum(map(math.isinf, waits)),
        p50_s=percentile(waits, 0.5),
        p95_s=percentile(waits, 0.95),
        most_s=max(waits, default=0.0),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value that the given share of `values` does not exceed; 0 for no values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
