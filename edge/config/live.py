"""Which settings a running gate applies live, and which services must restart for the others. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from edge.config.choice import sees_no_exit
from edge.config.schema import ARRAY_TABLES, SINGLE_TABLES, GateConfig, Lane

LIVE_VIEW = ("zone", "motion_fraction", "vehicle_fraction", "min_plate_width_px", "frozen_after_s")
"""Keys of [camera] and [[lane]] that govern how pictures are analysed; the others govern how the camera is reached."""
NOTICES = ("telegram", "web_push")
"""Tables of notices to persons. All of their keys are live (ADR 206)."""
_BOTH = ("okter-gate-relay", "okter-gate")
_ALL = (*_BOTH, "okter-gate-console")
_READERS = {
    "call": ("okter-gate", "okter-gate-call"),
    "console": ("okter-gate-console",),
    "barrier": _ALL,
    "input": _BOTH,
    "relay": _BOTH,
    "site": _ALL,
    "lane": _ALL,
}


INSIDE = "policy.anti_passback_h"
"""Live, except at a gate without an exit lane: it would keep refusing those who have left."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Differences between the running config and the one in the file; key names as `gate config set` takes them."""

    live: tuple[str, ...]
    restart: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reloaded:
    """The result of a reload. `error` is empty if the file could be read; otherwise the old config stays in force."""

    live: tuple[str, ...] = ()
    """Keys in force from now on."""
    restart: tuple[str, ...] = ()
    """Keys that need a restart."""
    error: str = ""


def is_live(name: str) -> bool:
    """Whether a running gate applies a change of this key at once."""
    table, _, rest = name.partition(".")
    return table in {"policy", *NOTICES} or (table in {"camera", "lane"} and rest.rpartition(".")[2] in LIVE_VIEW)


def restarts(name: str) -> tuple[str, ...]:
    """The services that must be restarted to apply the key; for an empty name (the whole file), all of them."""
    table = name.partition(".")[0]
    return _READERS.get(table, _ALL if not table else ("okter-gate",))


def changes(running: GateConfig, read: GateConfig) -> Changes:
    """What would change, live or after a restart."""
    names = tuple(dict.fromkeys(_changed(running, read)))
    live = tuple(name for name in names if is_live(name) and not (name == INSIDE and sees_no_exit(running)))
    return Changes(live, tuple(name for name in names if name not in live))


def taken_live(running: GateConfig, read: GateConfig) -> GateConfig:
    """The running config with the live changes of `read` applied. The set of lanes stays that of the running one."""
    lanes = tuple(_with_view(lane, read) for lane in running.lanes)
    policy = read.policy
    if sees_no_exit(running):  # an exit added in the file needs the restart; until then nobody is seen leaving
        policy = replace(policy, anti_passback_h=running.policy.anti_passback_h)
    return replace(
        running, policy=policy, lanes=lanes, own_policy=read.own_policy, telegram=read.telegram, web_push=read.web_push
    )


def _with_view(lane: Lane, read: GateConfig) -> Lane:
    other = read.lane(lane.name)
    if other is None:
        return lane
    return replace(lane, view=replace(lane.view, **{name: getattr(other.view, name) for name in LIVE_VIEW}))


def _changed(running: GateConfig, read: GateConfig) -> Iterator[str]:
    for table in SINGLE_TABLES:
        if table != "camera":  # what counts is the lanes' resulting view settings
            yield from _differences(table, getattr(running, table), getattr(read, table))
    for table, attribute in zip(ARRAY_TABLES, ("lanes", "barriers", "inputs"), strict=True):
        before, after = ({one.name: one for one in getattr(config, attribute)} for config in (running, read))
        if list(before) != list(after):
            yield table
        for name in before.keys() & after.keys():
            for key in _differences(f"{table}.{name}", before[name], after[name]):
                if key.endswith(".view"):
                    yield from _differences(f"{table}.{name}", before[name].view, after[name].view)
                else:
                    yield key


def _differences(prefix: str, before: Any, after: Any) -> Iterator[str]:
    for one in fields(before):
        if getattr(before, one.name) != getattr(after, one.name):
            yield f"{prefix}.{one.name}"
