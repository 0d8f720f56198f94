"""The bodies of `POST /health`, part of the sync contract: the gate's state, and the cloud's wishes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from sync.codec import Moment, in_utc, many, number, text
from sync.wire_fields import Count, Cursor, LaneName, Line, Release, Slug

Hours = Annotated[float, number(0, 168)]


@dataclass(frozen=True, slots=True)
class CameraHealth:
    lane: LaneName
    alive: bool


@dataclass(frozen=True, slots=True)
class AlarmTold:
    """One active alarm of the gate: its code, and its lane if it has one."""

    code: Slug
    lane: LaneName | None = None


@dataclass(frozen=True, slots=True)
class UpdateTold:
    """The state of the gate's own updates."""

    from_cloud: bool
    """Whether its owner lets the cloud deliver them."""
    running: Release = ""
    """The build in use; empty = not from a bundle."""
    state: Slug = "idle"
    """State of `release`: `idle`, `downloading`, `waiting` (for a quiet moment, for space), `trying`, `done`, `failed`
    (refused or not installed: nothing was changed), `returned` (tried, not healthy, the old program is back).
    Others: unknown."""
    release: Release = ""
    detail: Line = ""


@dataclass(frozen=True, slots=True)
class RulesChosen:
    """The manager's choice for this gate (ADR 170). The gate's own file takes precedence."""

    anti_passback_h: Hours
    """0 = off."""
    convoy: bool


@dataclass(frozen=True, slots=True)
class RulesTold:
    """The values in force of the rules that a manager may choose. Sending it means that the gate accepts choices."""

    anti_passback_h: Hours
    anti_passback_from: Slug
    """`file` (the gate's own, takes precedence), `cloud`, `default`, `no_exit` (chosen, but cannot hold: no lane of
    this gate is an exit). Others: unknown."""
    convoy: bool
    convoy_from: Slug
    age_s: Count
    """Minimum time these values have been in force, without a change or a restart of the gate."""
    chosen: RulesChosen | None = None
    """The newest choice that the gate has received; null = none."""


@dataclass(frozen=True, slots=True)
class HealthAnswer:
    """Body of 200 to `POST /health`: the cloud's wishes; 204 without a body = none."""

    rotate_token: bool = False
    """Fetch a new device token (`POST /token`) and use it."""
    rules: RulesChosen | None = None
    """The choice, sent to a gate that reported its `rules` with a different `chosen`; null = nothing new, never "no
    choice"."""


@dataclass(frozen=True, slots=True)
class UpdateWanted:
    """Answer of `GET /update`: the build that this gate should have, in pieces of `PIECE_BYTES`."""

    release: Release
    size: Annotated[int, number(1, 2**32)]
    """bytes"""
    sha256: Annotated[str, text(64, 64, r"[0-9a-f]{64}")]
    """Hash of the whole file. Only its signature decides whether it may be used."""


@dataclass(frozen=True, slots=True)
class Health:
    """`POST /health`: the state of the gate. Unknown values are null, and so are those an older gate does not send."""

    version: Annotated[str, text(1, 40)]
    clock: Moment
    clock_trusted: bool
    uptime_s: Count
    cameras: Annotated[tuple[CameraHealth, ...], many(32)]
    relay_alive: bool | None
    disk_free_bytes: Count | None
    queue_events: Count
    queue_snapshots: Count
    dropped: Count
    """Events and snapshots discarded for lack of space since the start."""
    list_cursor: Cursor
    list_count: Count
    list_age_s: Annotated[float, number(0, 2**40)] | None
    temperature_c: Annotated[float, number(-100, 200)] | None = None
    disk_total_bytes: Count | None = None
    weights: Annotated[str, text(1, 64)] | None = None
    """Which networks are in use: the beginning of the SHA-256 of their manifest."""
    alarms: Annotated[tuple[AlarmTold, ...], many(64)] | None = None
    update: UpdateTold | None = None
    rules: RulesTold | None = None

    def __post_init__(self) -> None:
        in_utc(self, "clock")
