"""Decides the journal's visits again under another policy: what would newly open, what would newly be refused.

The journal keeps with each visit the moments at which it might have been opened for, with the passes considered then
(`core.decision.chances`, ADR 205). A visit of an older version has none: its answer is "not known". Settings that determine what
is a visit and how long one is waited for cannot be evaluated again. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

from core.decision.again import Again, Missing, decided_again, opened_by_gate
from core.decision.record import VisitRecord
from core.rules.policy import Direction, Policy

DECIDES = ("open_confidence", "min_frames", "sure_confidence", "sure_width_px", "false_open_budget", "near_max_characters",
           "list_max_age_h", "list_max_age_open_ended_h")  # fmt: skip
"""The keys of [policy] that can be evaluated on the stored evidence."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One visit under both policies."""

    record: VisitRecord
    before: Again
    after: Again

    @property
    def missing(self) -> Missing | None:
        """Why one of the answers is not known; None if both are."""
        return self.before.missing or self.after.missing

    @property
    def changed(self) -> bool:
        return self.missing is None and self.before.opens != self.after.opens


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
    """Visits for which the policy before, evaluated again, gives the gate's own decision of the time."""
    known: int
    """Visits for which the policy before has an answer at all."""
    by_hand: int
    """Visits that somebody else opened for: the gate's own decision was to refuse, or not yet made."""
    not_asked: tuple[str, ...]
    """Keys that differ between the policies but cannot be evaluated on the evidence."""

    @property
    def missing(self) -> dict[Missing, int]:
        """How many answers are not known, by why, the most frequent first."""
        return dict(Counter(row.missing for row in self.unknown if row.missing is not None).most_common())


def backtest(records: Iterable[VisitRecord], *, before: Policy, after: Policy) -> Backtest:
    """Decide each visit again. Exits open under every policy and are only counted."""
    rows, exits, agreed, by_hand = [], 0, 0, 0
    for record in records:
        if record.direction is not Direction.ENTRY or not record.frames:
            exits += record.direction is Direction.EXIT
            continue
        row = Compared(record, decided_again(record, before), decided_again(record, after))
        own = opened_by_gate(record)
        by_hand += not own and record.decision.value == "open"
        agreed += row.before.opens is own
        rows.append(row)
    unknown = tuple(row for row in rows if row.missing is not None)
    changed = [row for row in rows if row.changed]
    return Backtest(
        visits=len(rows),
        exits=exits,
        newly_open=tuple(row for row in changed if row.after.opens),
        newly_refused=tuple(row for row in changed if not row.after.opens),
        unknown=unknown,
        same=len(rows) - len(changed) - len(unknown),
        agreed=agreed,
        known=sum(row.before.missing is None for row in rows),
        by_hand=by_hand,
        not_asked=tuple(_not_asked(before, after)),
    )


def _not_asked(before: Policy, after: Policy) -> Iterator[str]:
    for key in fields(Policy):
        if key.name not in DECIDES and getattr(before, key.name) != getattr(after, key.name):
            yield key.name
