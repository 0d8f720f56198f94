"""The cost of a gate, an event and an added pass, from windows of steady load, and its extrapolation to a fleet. Pure.

The method: processor seconds of each kind of process are read before and after a window. A cell without load has a base
cost (`idle`). A window with gates only has that plus the cost of the gates; one with events also has that of the
events. So

    gate·hour = (gates' window a second - idle a second) / gates * 3600
    event     = (events' window - gates' window of the same level, for the same time) / events
    filing    = (filings' window - gates' window at 100 %, for the same time) / filings, incl. hints and pulls of its gates

each at 1, 10 and 100 % of the load. The value is that at 100 %. /proc counts whole ticks, so a reading of a process is
short by up to one tick, of user and of system time each. Over all readings this spreads like the sum of as many random
draws; three times that spread is the error of a window. The error of the value is its own, or the distance to the value
at 10 % if that is more than the ticks at 10 % explain. The extrapolation is linear in all three, and its error is the
sum of theirs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

TICK_S = 0.01
SPREADS = 3.0
COMPARED = 0.1
"""The level whose distance to 100 % counts as an error. 1 % may be a single gate, so it is only reported."""


@dataclass(frozen=True, slots=True)
class Window:
    """A steady load for `seconds`; `cpu` in processor seconds by kind of process; `share` of the full load."""

    name: str
    """`idle`, `gates`, `events` or `filings`."""
    share: float
    gates: int
    seconds: float
    events: int
    filings: int
    cpu: Mapping[str, float]
    processes: int
    backlog: int = 0
    """Events waiting at its end: not 0 if the machine could not carry this load."""
    streams: int = 0
    memory: Mapping[str, int] = field(default_factory=dict)
    """Bytes at its end, by kind of process."""

    def a_second(self, kind: str) -> float:
        return self.cpu[kind] / self.seconds


@dataclass(frozen=True, slots=True)
class Rate:
    """Processor seconds per unit; `error` is that of the sum over all kinds."""

    by_kind: Mapping[str, float]
    error: float
    by_share: Mapping[float, float]
    """The sum at each level."""

    @property
    def total(self) -> float:
        return sum(self.by_kind.values())


@dataclass(frozen=True, slots=True)
class Costs:
    """The cost of one idle cell in cores, and of a gate·hour, an event and an added pass in processor seconds."""

    idle_cores: Mapping[str, float]
    """For all cells together."""
    gate_hour: Rate
    event: Rate
    filing: Rate | None


def costs(windows: Sequence[Window]) -> Costs:
    """Costs from the windows of one run: one `idle`, and `gates` and `events` at each level.

    Raises KeyError if one is missing.
    """
    of = {(one.name, one.share): one for one in windows}
    idle = of["idle", 0.0]
    shares = sorted(share for name, share in of if name == "gates")
    gate = {s: _gate_hour(of["gates", s], idle) for s in shares}
    event = {s: _each(of["events", s], of["gates", s], of["events", s].events) for s in shares}
    filing = of.get(("filings", 1.0))
    hours = {s: of["gates", s].gates * of["gates", s].seconds / 3600 for s in shares}
    one_gate = of["gates", 1.0]
    return Costs(
        idle_cores={kind: idle.a_second(kind) for kind in idle.cpu},
        gate_hour=_rate(gate, {s: _ticks_s(of["gates", s], idle) / max(hours[s], 1e-9) for s in shares}),
        event=_rate(
            event, {s: _ticks_s(of["events", s], of["gates", s]) / max(1, of["events", s].events) for s in shares}
        ),
        filing=None if filing is None else _rate(
            {1.0: _each(filing, one_gate, filing.filings)}, {1.0: _ticks_s(filing, one_gate) / max(1, filing.filings)}
        ),
    )  # fmt: skip


def _gate_hour(window: Window, idle: Window) -> dict[str, float]:
    return {kind: (window.a_second(kind) - idle.a_second(kind)) / max(1, window.gates) * 3600 for kind in window.cpu}


def _each(window: Window, below: Window, count: int) -> dict[str, float]:
    return {kind: (window.cpu[kind] - below.a_second(kind) * window.seconds) / max(1, count) for kind in window.cpu}


def _ticks_s(window: Window, below: Window) -> float:
    """Maximum error of the readings of the window and of the one subtracted from it, scaled to the same time."""
    times = window.seconds / below.seconds
    readings = 4 * (window.processes + below.processes * times * times)  # two moments, user and system time
    return SPREADS * TICK_S * math.sqrt(readings / 12)


def _rate(levels: Mapping[float, Mapping[str, float]], ticks: Mapping[float, float]) -> Rate:
    sums = {share: sum(by_kind.values()) for share, by_kind in levels.items()}
    apart = abs(sums[COMPARED] - sums[1.0]) - ticks[COMPARED] if COMPARED in sums else 0.0
    return Rate(levels[1.0], max(ticks[1.0], apart), sums)


@dataclass(frozen=True, slots=True)
class Fleet:
    """The fleet to extrapolate to."""

    gates: int
    events_per_s: float
    passes: int
    pass_days: float
    """Days until a pass is added anew, which determines the rate of additions."""

    @property
    def filings_per_s(self) -> float:
        return self.passes / self.pass_days / 86_400


@dataclass(frozen=True, slots=True)
class Extrapolated:
    """Cores, and their error due to the measurement."""

    gates: float
    events: float
    filings: float
    error: float
    by_kind: Mapping[str, float]

    @property
    def cores(self) -> float:
        return self.gates + self.events + self.filings


def extrapolate(found: Costs, fleet: Fleet) -> Extrapolated:
    """Linear in gates, events and added passes; idle cells are excluded, because their number is a choice."""
    parts = [(found.gate_hour, fleet.gates / 3600), (found.event, fleet.events_per_s)]
    if found.filing is not None:
        parts.append((found.filing, fleet.filings_per_s))
    cores = [rate.total * times for rate, times in parts] + [0.0]
    kinds = found.gate_hour.by_kind
    return Extrapolated(
        *cores[:3],
        error=sum(rate.error * times for rate, times in parts),
        by_kind={kind: sum(rate.by_kind[kind] * times for rate, times in parts) for kind in kinds},
    )
