"""Kills each kind of process with SIGKILL while gates report and people add passes; restarts it seconds later."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

from sqlalchemy import select

from benchmarks.proof.account import Outage
from benchmarks.proof.servers import Server, until
from benchmarks.proof.stage import Stage
from cloud.db.models import ApiToken, Job, JobState, utc_now
from cloud.domain.journal import Search
from cloud.jobs.queue import Queue
from cloud.web.exports import JOURNAL

ORDER = ("portal-worker", "portal", "jobs", "nats", "pgbouncer", "postgres", "haproxy", "directory")
"""`portal-worker` is one process of a portal; its parent replaces it. `portal` is a whole portal with its parent, i.e. one
host of the cell: the one with the most connections."""
NO_CELL = -1
"""Stands for the directory: its absence should disturb nobody, so it excuses no delay."""
DOWN_S = 3.0
JOBS = 6


def kill_each(stage: Stage, kinds: Sequence[str], *, slot_s: float, cells: int, rounds: int, jobs: list[tuple[int, int]],
              told: Callable[[str], object] = print) -> list[Outage]:  # fmt: skip
    """One kill per time slot, in another cell each time; `jobs` receives the jobs ordered, as (cell, number)."""
    found = []
    for turn in range(rounds):
        for place, kind in enumerate(kinds):
            began, cell, load = time.monotonic(), (place + turn) % cells, os.getloadavg()[0]
            outage = replace(_killed(stage, kind, cell, jobs), load=load)
            found.append(outage)
            told(f"  {kind} of cell {cell}: answered again after {outage.ended - outage.began:.1f} s")
            time.sleep(max(0.0, slot_s - (time.monotonic() - began)))
    return found


def _killed(stage: Stage, kind: str, cell: int, jobs: list[tuple[int, int]]) -> Outage:
    if kind == "portal-worker":
        return _one_worker(stage.server("portal", cell), cell)
    server = stage.server(kind, cell)
    if kind == "jobs":
        jobs += put_jobs(stage, cell)
        _under_way(stage, cell)
    began = time.monotonic()
    server.kill()
    time.sleep(DOWN_S)
    server.begin()
    server.wait()
    return Outage(kind, NO_CELL if kind == "directory" else cell, began, time.monotonic())


def _one_worker(server: Server, cell: int) -> Outage:
    whole, began = len(server.workers()), time.monotonic()
    killed = server.kill_worker()
    until("another worker", lambda: killed not in server.workers() and len(server.workers()) == whole)
    server.wait()
    return Outage("portal-worker", cell, began, time.monotonic())


def put_jobs(stage: Stage, cell: int) -> list[tuple[int, int]]:
    """Order exports of the journal, as the page does, in the name of this cell's managers."""
    database = stage.databases[cell]
    with database.write() as session:
        keys = session.execute(select(ApiToken.territory_id, ApiToken.made_by_id).limit(JOBS)).all()
        made = []
        for place, manager in [*keys] * JOBS:
            job = Queue.put(session, JOURNAL, {"language": "ru", "search": asdict(Search())}, now=utc_now())
            job.territory_id, job.account_id = place, manager
            made.append(job)
            if len(made) == JOBS:
                break
        session.flush()
        return [(cell, job.id) for job in made]


def _under_way(stage: Stage, cell: int) -> None:
    """Wait until some process of the cell has started one of them; each looks every 15 s."""

    def begun() -> bool:
        with stage.databases[cell].read() as session:
            states = session.scalars(select(Job.state).where(Job.kind == JOURNAL)).all()
        return any(state != JobState.WAITING for state in states)

    until("a job begun", begun, within_s=30)


def job_states(stage: Stage, jobs: Sequence[tuple[int, int]]) -> dict[str, int]:
    """Number of jobs in each state; `lost` = not there."""
    found: dict[str, int] = {}
    for cell, number in jobs:
        with stage.databases[cell].read() as session:
            job = session.get(Job, number)
            state = "lost" if job is None else str(job.state)
        found[state] = found.get(state, 0) + 1
    return found
