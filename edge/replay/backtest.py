"""Decides the journal's visits again under another policy: what would newly open, what would newly be refused.

Of a visit the journal keeps the last fused reading (candidates, places, confidence), when it was decided, and how old
the list was. It does not keep each frame's own reading. Whether a single frame alone supported the plate is known only
if the decision recorded it; where that matters and was not recorded, the answer here is "not known". Nor does it keep
the list of that time: both policies are applied to the present list. Settings that determine when a decision falls
(frames, seconds) cannot be evaluated again. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

from core.decision.decide import judge
from core.decision.record import VisitRecord
from core.decision.trace import Rule
from core.instant import Instant
from core.passes.pass_list import PassList
from core.reading.reading import Reading
from core.rules.policy import Direction, Policy

DECIDES = ("open_confidence", "false_open_budget", "near_max_characters", "list_max_age_h", "list_max_age_open_ended_h")
"""The keys of [policy] that can be evaluated on the stored evidence."""


@dataclass(frozen=True, slots=True)
class Again:
    """One policy's answer. `opens` None: the journal lacks what it depends on."""

    opens: bool | None
    reason: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One visit under both policies."""

    record: VisitRecord
    before: Again
    after: Again

    @property
    def changed(self) -> bool:
        return None not in {self.before.opens, self.after.opens} and self.before.opens != self.after.opens


@dataclass(frozen=True, slots=True)
class Backtest:
    """All visits, sorted into the groups of interest."""

    visits: int
    """Visits at entries, with or without a read plate."""
    exits: int
    newly_open: tuple[Compared, ...]
    newly_refused: tuple[Compared, ...]
    unknown: tuple[Compared, ...]
    same: int
    agreed: int
    """Visits for which the policy before, evaluated again, gives the decision made at the time."""
    not_asked: tuple[str, ...]
    """Keys that differ between the policies but cannot be evaluated on the evidence."""


def backtest(records: Iterable[VisitRecord], passes: PassList, *, before: Policy, after: Policy) -> Backtest:
    """Decide each visit again. Exits open under every policy and are only counted."""
    known = _as_unused(passes)
    rows, exits, agreed = [], 0, 0
    for record in records:
        if record.direction is not Direction.ENTRY or not record.frames:
            exits += record.direction is Direction.EXIT
            continue
        row = Compared(record, decided_again(record, known, before), decided_again(record, known, after))
        agreed += row.before.opens is (record.decision.value == "open")
        rows.append(row)
    unknown = tuple(row for row in rows if None in {row.before.opens, row.after.opens})
    changed = [row for row in rows if row.changed]
    return Backtest(
        visits=len(rows),
        exits=exits,
        newly_open=tuple(row for row in changed if row.after.opens),
        newly_refused=tuple(row for row in changed if not row.after.opens),
        unknown=unknown,
        same=len(rows) - len(changed) - len(unknown),
        agreed=agreed,
        not_asked=tuple(_not_asked(before, after)),
    )


def decided_again(record: VisitRecord, passes: PassList, policy: Policy) -> Again:
    """What `policy` says about the recorded reading, at its time."""
    at = record.decided or record.last
    at = Instant(at.mono, at.wall, record.clock_trusted)
    told = [
        judge(reading, held, at, direction=Direction.ENTRY, policy=policy, near=True)
        for held in _of_that_age(passes, record.list_age_s, at.wall)
        for reading in _readings(record)
    ]
    answers = {one.opens for one in told}
    return Again(told[0].opens if len(answers) == 1 else None, told[0].reason.value)


def _of_that_age(passes: PassList, age_s: float | None, at: datetime) -> Iterator[PassList]:
    """The list as old as it was at `at`; if that is not known, both fresh and of unknown age."""
    ages = (at - timedelta(seconds=age_s),) if age_s is not None else (at, None)
    for fetched_at in ages:
        yield passes.changed(gone=(), come=(), version=passes.version, fetched_at=fetched_at)


def _readings(record: VisitRecord) -> Iterator[Reading]:
    """The reading, in every variant that the unrecorded part of it allows."""
    best = record.candidates[0] if record.candidates else None
    rules = {step.rule for step in record.trace}
    reading = Reading(
        text=best.plate if best else "",
        masked=record.masked or "",
        display=record.display or "",
        confidence=record.confidence,
        accepted=True,
        format=best.format if best else None,
        country=record.country,
        slots=record.slots,
        candidates=record.candidates,
    )
    opened = record.decision.value == "open" and record.reason.value in {"pass_valid", "local_list"}
    # The trace is that of the whole visit: what opened in the end was borne out by then, whatever was told before.
    if opened or not {Rule.NOT_BORNE_OUT, Rule.REGION_HIDDEN} & rules:
        yield reading
    if not opened or Rule.NEAR_MATCH in rules:
        yield replace(reading, accepted=False, witnessed=True)
        if not opened:
            yield replace(reading, accepted=False, witnessed=False)


def _as_unused(passes: PassList) -> PassList:
    """The list with its one-time passes as they were before use."""
    used = [item for item in passes if item.used]
    fresh = [replace(item, used=False, revoked=False) for item in used]
    return passes.changed(gone=used, come=fresh, version=passes.version, fetched_at=passes.fetched_at)


def _not_asked(before: Policy, after: Policy) -> Iterator[str]:
    for key in fields(Policy):
        if key.name not in DECIDES and getattr(before, key.name) != getattr(after, key.name):
            yield key.name
