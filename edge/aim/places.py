"""Saves zone and mask as drawn: into gate.toml if the page may write it, otherwise as a draft until root applies it.

A draft that the page may not write itself (ADR 155) is applied by `sudo gate aim --apply`, through the code of
`gate config set` with its checks and generations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import msgspec

from core.errors import ConfigError, FileUnusable
from edge.aim.record import LaneFiles, files_of, read, write
from edge.config import GateConfig, load
from edge.config.edit import set_value, value_in
from edge.config.narrow import PageSettings
from edge.config.schema import Lane
from edge.config.text import read_text

MOST_TEXT = 600
Numbers = tuple[float, ...]


class Saved(StrEnum):
    """Where the drawing was saved."""

    SET = "set"
    """In gate.toml; `gate run` reads it when it restarts."""
    DRAFT = "draft"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Places:
    """The part of the picture that is looked at, and what is masked in it: `lane.zone` and `lane.mask`."""

    zone: Numbers
    mask: Numbers


def typed(text: str) -> Numbers:
    """Parse comma-separated shares of the picture, rounded to a thousandth. Raises ConfigError."""
    try:
        numbers = tuple(round(float(part), 3) for part in text[:MOST_TEXT].split(",")) if text.strip() else ()
    except ValueError:
        raise ConfigError("zone, mask: 0.1, 0.3, 0.9, 1.0") from None
    if not all(0 <= one <= 1 for one in numbers):
        raise ConfigError("zone, mask: 0 … 1")
    return numbers


def save(config: GateConfig, lane: Lane, places: Places) -> Saved:
    """Raises ConfigError for an invalid zone or mask, AcceptanceUnsaved if not even a draft can be saved."""
    changed = replace(lane.view, zone=places.zone, mask=places.mask)
    wrong = changed.problems()
    if wrong:
        raise ConfigError("; ".join(f"{key}: {why}" for key, why in wrong))
    now = written(config, lane)
    if now == places:
        _forget(files_of(config.state_dir, lane.name))
        return Saved.SAME
    settings = PageSettings(config.file)
    if not settings.may_write:
        write(files_of(config.state_dir, lane.name).draft, msgspec.json.encode(places))
        return Saved.DRAFT
    for name, value in _differing(lane, now, places):
        settings.set(name, value, expected=value_in(read_text(config.file), name))
    _forget(files_of(config.state_dir, lane.name))  # an earlier draft must not be applied over this one
    return Saved.SET


def written(config: GateConfig, lane: Lane) -> Places:
    """What gate.toml says now; the page itself keeps the config that it was started with."""
    try:
        found = load(config.file).lane(lane.name) or lane
    except ConfigError:
        found = lane
    return Places(found.view.zone, found.view.mask)


def put(file: Path, lane: Lane, places: Places) -> None:
    """Write the differences into gate.toml, which this process may write. Raises ConfigError."""
    for name, value in _differing(lane, Places(lane.view.zone, lane.view.mask), places):
        set_value(file, name, value)


def _differing(lane: Lane, now: Places, places: Places) -> Iterator[tuple[str, str]]:
    if places.zone != now.zone:
        yield f"lane.{lane.name}.zone", _toml(places.zone)
    if places.mask != now.mask:
        yield f"lane.{lane.name}.mask", _toml(places.mask)


def draft(state_dir: Path, lane: str) -> Places | None:
    """The draft that waits to be applied. Raises FileUnusable."""
    place = files_of(state_dir, lane)
    data = read(place.draft)
    if data is None:
        return None
    try:
        return msgspec.json.decode(data, type=Places)
    except (msgspec.MsgspecError, ValueError) as error:
        raise FileUnusable(place.draft, str(error)) from error


def apply(config: GateConfig) -> tuple[str, ...]:
    """Write every draft into gate.toml; returns the lanes that had one. Raises ConfigError, FileUnusable."""
    done = []
    for lane in config.lanes:
        waiting = draft(config.state_dir, lane.name)
        if waiting is not None:
            put(config.file, lane, waiting)
            _forget(files_of(config.state_dir, lane.name))
            done.append(lane.name)
    return tuple(done)


def _forget(place: LaneFiles) -> None:
    place.draft.unlink(missing_ok=True)


def _toml(numbers: Sequence[float]) -> str:
    return "[" + ", ".join(f"{number:g}" for number in numbers) + "]"
