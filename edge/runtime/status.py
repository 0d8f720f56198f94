"""The running gate's report on itself: values for `gate status`, the console and the cloud's health report.

Cheap to import: `gate status` uses it without loading vision or a database.
"""

from __future__ import annotations

import contextlib
import resource
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import msgspec

from edge.runtime.alarms import Alarm
from relay.input_settings import InputSettings
from relay.protocol import InputStatus, Status
from relay.settings import BarrierSettings

HOT_C = 80
LOW_DISK_MB = 200
FRAME_TOO_OLD_S = 5.0
"""A live camera sends frames far more often. An older one means that they are not sent or not processed in time."""

NOT_TAKEN = "not_taken"
"""Health and alarm of what stands in the settings and is unknown to the relay process, e.g. one started before them."""

_THERMAL = Path("/sys/class/thermal")


@dataclass(frozen=True, slots=True)
class CameraStatus:
    lane: str
    direction: str
    address: str
    """Without passwords."""
    alive: bool
    frozen: bool
    fps: float
    frame_age_s: float | None
    frames: int
    frames_read: int
    reconnects: int
    dropped: int
    vision_ms: float
    error: str

    @property
    def sees(self) -> bool:
        """Whether a vehicle that stands there would be in its pictures now."""
        fresh = self.frame_age_s is not None and self.frame_age_s <= FRAME_TOO_OLD_S
        return self.alive and not self.frozen and fresh


@dataclass(frozen=True, slots=True)
class BarrierState:
    name: str
    driver: str
    health: str
    contact: str
    doing: str
    until_s: float | None
    position: str
    alarms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JournalStatus:
    waiting: int
    lost: int
    trouble: str


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """The link to the cloud, and what waits for it."""

    configured: bool
    linked: bool = False
    state: str = "none"
    """`none` = local list only, else `starting`, `linked`, `lost`, `unknown`."""
    error: str = ""
    queue: int | None = None
    """Events and pictures waiting to be sent; None if unknown."""
    dropped: int = 0
    """Events and pictures that will never be sent: for want of room they were deleted since the start."""


@dataclass(frozen=True, slots=True)
class DiskStatus:
    free_mb: int
    total_mb: int


@dataclass(frozen=True, slots=True)
class NeighbourStatus:
    """One neighbour that is told of visits (`edge.neighbours`)."""

    name: str
    lost: int
    """Messages dropped because it could not keep up."""
    trouble: str
    refused: int = 0
    """Visits that its receiver refused for good since the start."""


@dataclass(frozen=True, slots=True)
class RulesStatus:
    """The rules in force that the portal may choose, and the origin of each (`edge.config.choice.Origin`)."""

    anti_passback_h: float
    anti_passback_from: str
    convoy: bool
    convoy_from: str
    age_s: float
    """How long these values have held, at least."""
    chosen_anti_passback_h: float | None = None
    """The portal's choice; None if none is known here."""
    chosen_convoy: bool | None = None


@dataclass(frozen=True, slots=True)
class GateStatus:
    """The whole status; `asdict` of it is the JSON of `gate status`."""

    site: str
    version: str
    pid: int | None
    """None: `gate run` does not answer; only the relay process's part is known then."""
    up_s: float
    relay_pid: int | None
    cameras: tuple[CameraStatus, ...]
    barriers: tuple[BarrierState, ...]
    passes: int | None
    """None: nobody knows, because `gate run` does not answer, or the list could not be read."""
    list_version: str
    list_age_s: float | None
    wall: str
    clock_trusted: bool | None
    cloud: LinkStatus
    journal: JournalStatus
    disk: DiskStatus | None
    temperatures_c: tuple[float, ...]
    memory_mb: float | None
    """Resident memory of `gate run`; None if unknown."""
    queue: int
    state_dir: str
    config: str
    alarms: tuple[Alarm, ...] = ()
    """Faults that the fields above do not show."""
    neighbours: tuple[NeighbourStatus, ...] = ()
    occupied: tuple[str, ...] | None = None
    """Lanes in which a vehicle is, or may be; None if unknown."""
    rules: RulesStatus | None = None
    """None if unknown."""
    inputs: tuple[InputStatus, ...] | None = None
    """Wired inputs; None if unknown."""
    relay_lost: int | None = None
    """Events that the relay process dropped because nobody journalled them; None if unknown."""

    def values(self) -> dict[str, Any]:
        """As JSON-serialisable values."""
        return asdict(self)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `values`. Ignores keys of a newer version. Raises ValueError if the shape is different."""
        return msgspec.convert(values, cls)


def barrier_states(relay: Status, wanted: Iterable[BarrierSettings]) -> tuple[BarrierState, ...]:
    """The relay process's report on its barriers, as `gate status` shows it. Those of `wanted` are never left out."""
    told = tuple(
        BarrierState(
            name=one.name,
            driver=one.driver,
            health=one.health,
            contact=one.contact,
            doing=one.doing,
            until_s=one.until_s,
            position=one.position,
            alarms=one.alarms,
        )
        for one in relay.barriers
    )
    known = {one.name for one in told}
    missing = (one for one in wanted if one.name not in known)
    return told + tuple(
        BarrierState(one.name, one.driver, NOT_TAKEN, "unknown", "unknown", None, "unknown", (NOT_TAKEN,))
        for one in missing
    )


def input_states(relay: Status, wanted: Iterable[InputSettings]) -> tuple[InputStatus, ...]:
    """The relay process's report on its inputs. Those of `wanted` are never left out."""
    known = {one.name for one in relay.inputs}
    missing = (one for one in wanted if one.name not in known)
    return relay.inputs + tuple(
        InputStatus(one.name, one.kind, one.barrier, one.lane or None, "unknown", (NOT_TAKEN,)) for one in missing
    )


def disk(folder: Path) -> DiskStatus | None:
    """Disk space where `folder` lies."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return DiskStatus(free_mb=usage.free >> 20, total_mb=usage.total >> 20)


def temperatures_c() -> tuple[float, ...]:
    """Readings of the kernel's thermal zones; empty if there are none."""
    found = []
    for zone in sorted(_THERMAL.glob("thermal_zone*/temp")):
        with contextlib.suppress(OSError, ValueError):
            found.append(round(int(zone.read_text(encoding="ascii")) / 1000, 1))
    return tuple(found)


def memory_mb(statm: Path = Path("/proc/self/statm")) -> float | None:
    """Resident memory of this process; None if the kernel does not tell."""
    try:
        pages = int(statm.read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return round(pages * resource.getpagesize() / 1e6, 1)  # 16 KiB on a Raspberry Pi 5
