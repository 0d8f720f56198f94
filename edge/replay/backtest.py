"""The journal's evidence decided again under another policy: what would newly open, what would newly be refused.

What the journal keeps of a visit is its last fused reading (candidates, places, confidence), when it was decided, and how
old the list was. It does not keep every picture's own answer, so whether one picture alone bore the plate out is known
only where the decision told; where it matters and was not told, the answer here is "not known". Nor does it keep the list
of that time: both policies are asked about the list of now. Settings that say when a decision falls (frames, seconds) have
nothing to be decided again on. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import timedelta

from core.decision.decide import judge
from core.decision.record import VisitRecord
from core.decision.trace import Rule
from core.instant import Instant
from core.passes.pass_list import PassList
from core.reading.reading import Reading
from core.rules.policy import Direction, Policy

DECIDES = ("open_confidence", "false_open_budget", "near_max_characters", "list_max_age_h", "list_max_age_open_ended_h")
"""The keys of [policy] that the stored evidence can answer for."""


@dataclass(frozen=True, slots=True)
class Again:
    """One policy's answer; `opens` None: the journal does not keep what it hangs on."""

    opens: bool | None
    reason: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One visit under both."""

    record: VisitRecord
    before: Again
    after: Again

    @property
    def changed(self) -> bool:
        return None not in {self.before.opens, self.after.opens} and self.before.opens != self.after.opens


@dataclass(frozen=True, slots=True)
class Backtest:
    """All of them, sorted into what people ask for."""

    visits: int
    """At entries, with a read plate or without."""
    exits: int
    newly_open: tuple[Compared, ...]
    newly_refused: tuple[Compared, ...]
    unknown: tuple[Compared, ...]
    same: int
    agreed: int
    """Visits of which the policy before, asked again, says what was decided at the time."""
    not_asked: tuple[str, ...]
    """Keys that differ between the two policies, and of which the evidence says nothing."""


def backtest(records: Iterable[VisitRecord], passes: PassList, *, before: Policy, after: Policy) -> Backtest:
    """Decide each again. Exits are free under every policy and are only counted."""
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
    """What `policy` says of the reading that the record keeps, at its time."""
    at = record.decided or record.last
    at = Instant(at.mono, at.wall, record.clock_trusted)
    if record.list_age_s is not None and passes.fetched_at is not None:
        fetched = at.wall - timedelta(seconds=record.list_age_s)
        passes = passes.changed(gone=(), come=(), version=passes.version, fetched_at=fetched)
    told = [
        judge(reading, passes, at, direction=Direction.ENTRY, policy=policy, near=True) for reading in _readings(record)
    ]
    answers = {one.opens for one in told}
    return Again(told[0].opens if len(answers) == 1 else None, told[0].reason.value)


def _readings(record: VisitRecord) -> Iterator[Reading]:
    """The reading that was, as often as what is not kept of it may have been otherwise."""
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
    if Rule.NOT_BORNE_OUT not in rules and Rule.REGION_HIDDEN not in rules:
        yield reading
    opened = record.decision.value == "open" and record.reason.value in {"pass_valid", "local_list"}
    if not opened or Rule.NEAR_MATCH in rules:
        yield replace(reading, accepted=False, witnessed=True)
        if not opened:
            yield replace(reading, accepted=False, witnessed=False)


def _as_unused(passes: PassList) -> PassList:
    """The list with its one-time passes as they were before their car came."""
    used = [item for item in passes if item.used]
    fresh = [replace(item, used=False, revoked=False) for item in used]
    return passes.changed(gone=used, come=fresh, version=passes.version, fetched_at=passes.fetched_at)


def _not_asked(before: Policy, after: Policy) -> Iterator[str]:
    for key in fields(Policy):
        if key.name not in DECIDES and getattr(before, key.name) != getattr(after, key.name):
            yield key.name
