"""Zone and mask as they were drawn: into gate.toml where the page may have that written, else kept until root writes them.

What the page may not have written (ADR 155) waits as a draft, and `sudo gate aim --apply` writes it by the code of
`gate config set`, with its checks and generations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import msgspec

from core.errors import ConfigError, FileUnusable
from edge.aim.record import Kept, kept, read, write
from edge.config import GateConfig, load
from edge.config.edit import set_value, value_in
from edge.config.narrow import PageSettings
from edge.config.schema import Lane
from edge.config.text import read_text

MOST_TEXT = 600
Numbers = tuple[float, ...]


class Saved(StrEnum):
    """Where it went."""

    SET = "set"
    """Into gate.toml; `gate run` reads it when it is started anew."""
    DRAFT = "draft"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Places:
    """What is looked at, and what in it is not: as `lane.zone` and `lane.mask`."""

    zone: Numbers
    mask: Numbers


def typed(text: str) -> Numbers:
    """Numbers between commas, each a share of the picture to a thousandth. Raises ConfigError."""
    try:
        numbers = tuple(round(float(part), 3) for part in text[:MOST_TEXT].split(",")) if text.strip() else ()
    except ValueError:
        raise ConfigError("zone, mask: 0.1, 0.3, 0.9, 1.0") from None
    if not all(0 <= one <= 1 for one in numbers):
        raise ConfigError("zone, mask: 0 … 1")
    return numbers


def save(config: GateConfig, lane: Lane, places: Places) -> Saved:
    """Raises ConfigError for places that do not hold, AcceptanceUnsaved where not even a draft can be kept."""
    changed = replace(lane.view, zone=places.zone, mask=places.mask)
    wrong = changed.problems()
    if wrong:
        raise ConfigError("; ".join(f"{key}: {why}" for key, why in wrong))
    now = written(config, lane)
    if now == places:
        _forget(kept(config.state_dir, lane.name))
        return Saved.SAME
    settings = PageSettings(config.file)
    if not settings.may_write:
        write(kept(config.state_dir, lane.name).draft, msgspec.json.encode(places))
        return Saved.DRAFT
    for name, value in _differing(lane, now, places):
        settings.set(name, value, expected=value_in(read_text(config.file), name))
    _forget(kept(config.state_dir, lane.name))  # a drawing of before must not be applied over this one
    return Saved.SET


def written(config: GateConfig, lane: Lane) -> Places:
    """What stands in gate.toml now: the page lives on with the config that it was started with."""
    try:
        found = load(config.file).lane(lane.name) or lane
    except ConfigError:
        found = lane
    return Places(found.view.zone, found.view.mask)


def put(file: Path, lane: Lane, places: Places) -> None:
    """Write what differs into gate.toml, which is one's own. Raises ConfigError."""
    for name, value in _differing(lane, Places(lane.view.zone, lane.view.mask), places):
        set_value(file, name, value)


def _differing(lane: Lane, now: Places, places: Places) -> Iterator[tuple[str, str]]:
    if places.zone != now.zone:
        yield f"lane.{lane.name}.zone", _toml(places.zone)
    if places.mask != now.mask:
        yield f"lane.{lane.name}.mask", _toml(places.mask)


def draft(state_dir: Path, lane: str) -> Places | None:
    """What waits to be written. Raises FileUnusable."""
    place = kept(state_dir, lane)
    data = read(place.draft)
    if data is None:
        return None
    try:
        return msgspec.json.decode(data, type=Places)
    except (msgspec.MsgspecError, ValueError) as error:
        raise FileUnusable(place.draft, str(error)) from error


def apply(config: GateConfig) -> tuple[str, ...]:
    """Write every draft into gate.toml; the lanes that had one. Raises ConfigError, FileUnusable."""
    done = []
    for lane in config.lanes:
        waiting = draft(config.state_dir, lane.name)
        if waiting is not None:
            put(config.file, lane, waiting)
            _forget(kept(config.state_dir, lane.name))
            done.append(lane.name)
    return tuple(done)


def _forget(place: Kept) -> None:
    place.draft.unlink(missing_ok=True)


def _toml(numbers: Sequence[float]) -> str:
    return "[" + ", ".join(f"{number:g}" for number in numbers) + "]"
