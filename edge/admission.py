"""Would this plate be let in now? The gate's answer for whoever asks without a camera: `gate passes check`, the page.

The same rule (`core.standing`), the same list, thresholds and clock as the running gate's: its clock is asked where it
runs, and else made as it would make it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.instant import Instant
from core.passes import PassList
from core.standing import PlateStanding, stand_of
from edge.config import GateConfig
from edge.runtime.clock import Clock, newest_record
from edge.runtime.control import ControlClient, GateAbsent
from edge.store.passes import FILE_NAME, PassStore


@dataclass(frozen=True, slots=True)
class Admission:
    """What the list says of a plate, and the moment for which it says it."""

    plate: str
    """Canonical."""
    at: Instant
    standing: PlateStanding


def admission(config: GateConfig, plate: str) -> Admission:
    """The answer for the canonical `plate`. Raises StoreError where the list cannot be read."""
    passes, at = load_list(config.state_dir), gate_time(config.state_dir)
    return Admission(plate, at, stand_of(plate, passes, at, policy=config.policy))


def load_list(state_dir: Path) -> PassList:
    """The list on this disk; a file that is not there is not made."""
    if not (state_dir / FILE_NAME).exists():
        return PassList()
    with PassStore(state_dir / FILE_NAME) as store:
        return store.load()


def gate_time(state_dir: Path) -> Instant:
    """Now, by the running gate's clock, which the cloud may have set; without one by this machine's, above the floor."""
    try:
        status = ControlClient(state_dir).status()
        wall = datetime.fromisoformat(status.wall)
    except (GateAbsent, ValueError):
        return Clock(floor=newest_record(state_dir)).now()
    return Instant(0.0, wall, wall_trusted=bool(status.clock_trusted))
