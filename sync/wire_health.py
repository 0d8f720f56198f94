"""The bodies of `POST /health`, part of the sync contract: how a gate says that it is, and what the cloud would like."""

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
    """One alarm that is on at the gate: its code, and the lane where it is of one."""

    code: Slug
    lane: LaneName | None = None


@dataclass(frozen=True, slots=True)
class UpdateTold:
    """How the gate stands with its own updates."""

    from_cloud: bool
    """Its owner lets the cloud bring them."""
    running: Release = ""
    """The build in use; empty = not from a bundle."""
    state: Slug = "idle"
    """Of `release`: `idle`, `downloading`, `waiting` (for a quiet moment, for room), `trying`, `done`, `failed` (refused
    or not installed: nothing was changed), `returned` (tried, not well, the old program is back). Others: unknown."""
    release: Release = ""
    detail: Line = ""


@dataclass(frozen=True, slots=True)
class RulesChosen:
    """What the manager has chosen for this gate (ADR 170). What stands in the gate's own file is stronger."""

    anti_passback_h: Hours
    """0 = off."""
    convoy: bool


@dataclass(frozen=True, slots=True)
class RulesTold:
    """What holds at the gate of the rules that a manager may choose; telling it says that a choice is taken."""

    anti_passback_h: Hours
    anti_passback_from: Slug
    """`file` (the gate's own, stronger than a choice), `cloud`, `default`, `no_exit` (chosen, and cannot hold: no lane of this
    gate is an exit). Others: unknown."""
    convoy: bool
    convoy_from: Slug
    age_s: Count
    """For so long have these values held, at the least: since then they have not changed and the gate was not started anew."""
    chosen: RulesChosen | None = None
    """The newest choice that the gate has heard of; null = none."""


@dataclass(frozen=True, slots=True)
class HealthAnswer:
    """Body of 200 to `POST /health`: what the cloud would like; 204 without a body = nothing."""

    rotate_token: bool = False
    """Fetch a new device token (`POST /token`) and use it."""
    rules: RulesChosen | None = None
    """The choice, to a gate that has told its `rules` and another `chosen`; null = nothing new, and never "none"."""


@dataclass(frozen=True, slots=True)
class UpdateWanted:
    """Answer of `GET /update`: the build this gate should have, in pieces of `PIECE_BYTES`."""

    release: Release
    size: Annotated[int, number(1, 2**32)]
    """bytes"""
    sha256: Annotated[str, text(64, 64, r"[0-9a-f]{64}")]
    """Of the whole file. Whether it may be used, its signature says, and nothing else."""


@dataclass(frozen=True, slots=True)
class Health:
    """`POST /health`: how the box is; unknown values are null, and so is what an older gate does not tell."""

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
    """Events and snapshots given up for want of space since the start."""
    list_cursor: Cursor
    list_count: Count
    list_age_s: Annotated[float, number(0, 2**40)] | None
    temperature_c: Annotated[float, number(-100, 200)] | None = None
    disk_total_bytes: Count | None = None
    weights: Annotated[str, text(1, 64)] | None = None
    """Which networks read: the beginning of the SHA-256 of their manifest."""
    alarms: Annotated[tuple[AlarmTold, ...], many(64)] | None = None
    update: UpdateTold | None = None
    rules: RulesTold | None = None

    def __post_init__(self) -> None:
        in_utc(self, "clock")
