"""Would this plate be let in now? The gate's answer to questions without a camera: `gate passes check`, the page.

It uses the same rule (`core.decision.standing`), list, thresholds and clock as the running gate. If the gate does not
run, the clock is made as the gate would make it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.decision.record import VisitRecord
from core.decision.standing import PlateStanding, standing_of
from core.instant import Instant
from core.passes.pass_list import Pass, PassList
from edge.config import GateConfig
from edge.runtime.known_time import now_of
from edge.store.errors import StoreError
from edge.store.place import find
from edge.store.read_only import read_list


@dataclass(frozen=True, slots=True)
class Admission:
    """What the list says about a plate, and the moment for which it says so."""

    plate: str
    """Canonical."""
    at: Instant
    standing: PlateStanding
    from_copy: bool = False
    """The list itself is lost or damaged; the answer comes from its last good copy."""


def admission(config: GateConfig, plate: str) -> Admission:
    """The answer for the canonical `plate`. Raises StoreError if the list cannot be read."""
    read, at = read_list(find(config.state_dir).passes_file), now_of(config.state_dir)
    standing = standing_of(plate, read.passes, at, policy=config.policy)
    return Admission(plate, at, standing, from_copy=read.from_copy)


def whose_pass(config: GateConfig, record: VisitRecord) -> Pass | None:
    """The pass that decided a visit, as the list has it now; None if it is gone or cannot be read."""
    if record.pass_id is None or record.plate is None:
        return None
    try:
        held = load_list(config.state_dir).for_plate(record.plate)
    except StoreError:
        return None
    return next((one for one in held if one.id == record.pass_id), None)


def load_list(state_dir: Path) -> PassList:
    """The list on this disk, or its good copy. Nothing is written."""
    return read_list(find(state_dir).passes_file).passes
