"""Compares the final content of the cells with what was acknowledged."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select, text

from benchmarks.proof import account
from benchmarks.proof.account import Acknowledged, Events, Lists, Outage, Push
from benchmarks.proof.kills import job_states
from benchmarks.proof.stage import Stage
from cloud.db.engine import Database
from cloud.db.models import GateEvent, Pass
from cloud.directory.places import Places


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings. `good` if nothing acknowledged is lost, duplicated or misplaced, and every list is correct."""

    events: Events
    lists: Lists
    codes: int
    codes_lost: int
    jobs: dict[str, int]
    push: dict[str, Push]
    """As `account.push`."""
    refused: list[str]
    odd: list[str]

    @property
    def good(self) -> bool:
        events, lists = self.events, self.lists
        wrong = (
            events.lost + events.misplaced + events.doubled + lists.lost + lists.missing + lists.wrong + self.codes_lost
        )
        jobs_gone = self.jobs.get("lost", 0) + self.jobs.get("failed", 0)
        return not (wrong or jobs_gone or any(one.never for one in self.push.values()) or self.refused)


def revs(stage: Stage) -> dict[str, int]:
    """The newest revision of each territory's list, by `cell:place`."""
    found = {}
    for cell, database in enumerate(stage.databases):
        with database.read() as session:
            rows = session.execute(text("SELECT id, pass_rev FROM territories"))
            found |= {f"{cell}:{place}": int(rev) for place, rev in rows}
    return found


def judge(stage: Stage, acknowledged: Acknowledged, held_file: Path, outages: list[Outage],
          jobs: list[tuple[int, int]]) -> Verdict:  # fmt: skip
    kept_events: list[tuple[str, int, int]] = []
    kept: dict[tuple[int, int], set[str]] = defaultdict(set)
    rev_of: dict[str, int] = {}
    for cell, database in enumerate(stage.databases):
        with database.read() as session:
            kept_events += [
                (name, cell, gate) for name, gate in session.execute(select(GateEvent.event_id, GateEvent.gate_id))
            ]
            for name, place, rev in session.execute(
                select(Pass.id, Pass.territory_id, Pass.rev).where(Pass.deleted_at.is_(None))
            ):
                kept[cell, place].add(name)
                rev_of[name] = rev
    whole = {place: frozenset(names) for place, names in kept.items()}
    with held_file.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    held = [(row["cell"], row["place"], row["gate"], frozenset(row["ids"])) for row in rows]
    gates_of: dict[tuple[int, int], list[int]] = defaultdict(list)
    for cell, place, gate, _ in held:
        gates_of[cell, place].append(gate)
    push = account.push(acknowledged.passes, rev_of, gates_of, acknowledged.told, outages)
    return Verdict(
        account.events(acknowledged.events, kept_events), account.lists(acknowledged.passes, whole, held),
        len(acknowledged.codes), _codes_lost(stage, acknowledged), job_states(stage, jobs), push,
        acknowledged.refused, acknowledged.odd,
    )  # fmt: skip


def _codes_lost(stage: Stage, acknowledged: Acknowledged) -> int:
    opened = Database(f"sqlite:///{stage.home / 'directory' / 'directory.db'}")
    try:
        places = Places(opened)
        there = {code: places.of_code(code) for code in acknowledged.codes}
    finally:
        opened.close()
    return sum(place is None or place.cell_url != acknowledged.codes[code] for code, place in there.items())


def bytes_each(stage: Stage) -> dict[str, float]:
    """Bytes on disk of one event and one pass, with indexes; 0 where there are none."""
    sums: dict[str, list[int]] = {"gate_events": [0, 0], "passes": [0, 0]}
    for database in stage.databases:
        with database.read() as session:
            for table, counted in sums.items():
                size, rows = session.execute(
                    text(f"SELECT pg_total_relation_size('{table}'), count(*) FROM {table}")
                ).one()
                counted[0] += size
                counted[1] += rows
    return {table: size / rows if rows else 0.0 for table, (size, rows) in sums.items()}
