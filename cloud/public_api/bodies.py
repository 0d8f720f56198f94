"""The bodies of the public API. Decoding, encoding and the OpenAPI all use these declarations (ADR 16)."""

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
    """A pass that is in force or will be."""

    id: Annotated[str, Meta(max_length=36)]
    plate: Word
    """Canonical: Latin capitals and digits."""
    valid_from: Moment | None
    valid_until: Moment | None
    one_time: bool
    object: Label
    note: Note
    ours: bool
    """The manager who made this token owns the pass, so `DELETE` can end it."""


@dataclass(frozen=True, slots=True)
class PassPage:
    passes: Annotated[tuple[PassView, ...], Meta(max_length=PAGE)]
    more: bool
    """There are more. Request the next page with `after` = the last id."""


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
    """Visits in the order in which they reached the portal."""

    visits: Annotated[tuple[Visit, ...], Meta(max_length=PAGE)]
    more: bool
    """There are more. Request the next page with `after` = the last id."""


@dataclass(frozen=True, slots=True)
class Told:
    """The body posted to a webhook. `type` is «visit», or «ping» for a test message, which has no visit."""

    type: Word
    id: Annotated[str, Meta(max_length=36)]
    """The id of the message. A repeated message has the same id."""
    territory: Annotated[str, Meta(max_length=7)]
    visit: Visit | None


@dataclass(frozen=True, slots=True)
class Problem:
    """The body of every answer that is not 2xx."""

    error: Annotated[str, Meta(max_length=200)]
    """The reason for people, in one language: of `Accept-Language`, else Russian."""
    code: Word
    """The reason for programs; it never changes."""
    field: Word = ""
    """Which part of the body or query it is about, if any."""


def visit_of(row: GateEvent) -> Visit:
    """A visit with its gate, as other programs see it."""
    return Visit(
        row.id, row.placed_at, row.gate.name, row.lane, row.plate, row.decision, row.reason, row.object_label,
        row.pass_id,
    )  # fmt: skip
