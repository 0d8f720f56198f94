"""Copies pictures of visits between the storages of two cells, before any row at the new cell refers to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.cells.inventory import TABLES
from cloud.pictures import Pictures
from cloud.pictures.seam import gate_prefix

_EVENTS = TABLES["gate_events"]


@dataclass(slots=True)
class PictureCopier:
    """Copies pictures from `source` to `target`. Their keys change: they contain the gate's number, which differs there."""

    source: Pictures
    target: Pictures
    missing: set[str] = field(default_factory=set)
    """Keys of pictures that a row names but `source` does not have."""
    _done: set[str] = field(default_factory=set)

    def carry(self, session: Session, rows: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> None:
        """Copies the pictures of `rows`: pairs of a visit's row at the old cell and the row for the new one.

        Sets `snapshot_path` of the new row. May raise PicturesAway.
        """
        wanted = {new["event_id"]: (old, new) for old, new in rows if old["snapshot_path"]}
        there = self._there(session, [new for _, new in wanted.values()])
        for old, new in wanted.values():
            old_key = old["snapshot_path"]
            new["snapshot_path"] = key = rekeyed(old_key, old["gate_id"], new["gate_id"])
            if key in there or key in self._done:
                continue
            found = self.source.get(old_key)
            if found is None or found.content is None:
                self.missing.add(old_key)
                continue
            self.target.put(key, found.content)
            self._done.add(key)

    def _there(self, session: Session, rows: Sequence[dict[str, Any]]) -> set[str]:
        """Keys that rows of the new cell already have. Their pictures are there: a picture is copied before its row."""
        named = [row["event_id"] for row in rows]
        gates = {row["gate_id"] for row in rows}
        query = select(_EVENTS.c.snapshot_path).where(_EVENTS.c.gate_id.in_(gates), _EVENTS.c.event_id.in_(named))
        return {path for path in session.scalars(query) if path}


def rekeyed(key: str, old_gate: int, new_gate: int) -> str:
    """The key of the same picture under another gate."""
    return gate_prefix(new_gate) + key.removeprefix(gate_prefix(old_gate))
