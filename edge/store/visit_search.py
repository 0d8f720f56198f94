"""A search in the journal as a SQL query over its visits. Pure; `edge.store.journal` runs it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class VisitSearch:
    """An empty field matches everything. Moments are aware; the period is half-open."""

    plate_part: str = ""
    """Part of a canonical plate, or of the masked one if the plate was not fully read."""
    since: datetime | None = None
    until: datetime | None = None
    lane: str = ""
    reason: str = ""
    opened: bool | None = None
    """Whether the decision was to open."""
    before: str = ""
    """Id of a visit: only visits before it match, for the next page."""

    def query(self, limit: int) -> tuple[str, list[Any]]:
        """The WHERE, ORDER BY and LIMIT clauses with their values, newest first."""
        found = list(self._conditions())
        where = f"WHERE {' AND '.join(text for text, _ in found)}" if found else ""
        values = [value for _, some in found for value in some]
        return f"{where} ORDER BY at DESC, rowid DESC LIMIT ?", [*values, limit]

    def _conditions(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        if self.plate_part:
            yield "instr(coalesce(plate, json_extract(record, '$.masked')), ?) > 0", (self.plate_part,)
        if self.since is not None:
            yield "at >= ?", (_sortable(self.since),)
        if self.until is not None:
            yield "at < ?", (_sortable(self.until),)
        if self.lane:
            yield "lane = ?", (self.lane,)
        if self.reason:
            yield "reason = ?", (self.reason,)
        if self.opened is not None:
            yield "decision = ?", ("open" if self.opened else "refuse",)
        if self.before:
            yield "(at, rowid) < (SELECT at, rowid FROM visit WHERE id = ?)", (self.before,)


def _sortable(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
