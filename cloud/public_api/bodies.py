"""The bodies of the public API; read, written and published from these declarations alone (ADR 16)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from msgspec import Meta

from cloud.db.models import GateEvent

PAGE = 200
Moment = Annotated[datetime, Meta(tz=True)]
Plate = Annotated[str, Meta(min_length=1, max_length=32)]
Label = Annotated[str, Meta(max_length=120)]
Note = Annotated[str, Meta(max_length=200)]
Word = Annotated[str, Meta(max_length=64)]


@dataclass(frozen=True, slots=True)
class NewPass:
    """`POST /passes`: a car that may enter from `valid_from` until just before `valid_until`."""

    plate: Plate
    valid_until: Moment
    valid_from: Moment | None = None
    one_time: bool = False
    object: Label = ""
    note: Note = ""


@dataclass(frozen=True, slots=True)
class PassView:
    """A pass in force or to come."""

    id: Annotated[str, Meta(max_length=36)]
    plate: Word
    """Canonical: Latin capitals and digits."""
    valid_from: Moment | None
    valid_until: Moment | None
    one_time: bool
    object: Label
    note: Note
    ours: bool
    """Filed in the name of this token's manager: `DELETE` ends it."""


@dataclass(frozen=True, slots=True)
class PassPage:
    passes: Annotated[tuple[PassView, ...], Meta(max_length=PAGE)]
    more: bool
    """There are more: ask with `after` = the last id."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One thing that happened at a gate."""

    id: int
    at: Moment
    gate: Label
    lane: Word
    plate: Word | None
    decision: Word | None
    reason: Word | None
    object: Label | None
    pass_id: Annotated[str, Meta(max_length=36)] | None


@dataclass(frozen=True, slots=True)
class VisitPage:
    """Visits in the order in which the portal heard of them."""

    visits: Annotated[tuple[Visit, ...], Meta(max_length=PAGE)]
    more: bool
    """There are more: ask with `after` = the last id."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a webhook is posted: `type` is «visit», or «ping» (without a visit) when somebody tries it out."""

    type: Word
    id: Annotated[str, Meta(max_length=36)]
    """Of the message: one that comes twice has the same."""
    territory: Annotated[str, Meta(max_length=7)]
    visit: Visit | None


def visit_of(row: GateEvent) -> Visit:
    """A visit with its gate, as other programs see it."""
    return Visit(
        row.id, row.placed_at, row.gate.name, row.lane, row.plate, row.decision, row.reason, row.object_label,
        row.pass_id,
    )  # fmt: skip
