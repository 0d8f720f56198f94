"""Passes from a file: a short one is filed while its page waits, a long one by a background job that a page shows.

A long file is stored with its job; the person gets a page of its own at once, which can be closed. The job reads and
checks without a transaction and reports how far it is; then one transaction files all rows and notes the outcome in the job
(`Work.settle`). So a killed worker's file is either filed and said to be, or begun anew by another worker; nobody files twice
and no half of a file is ever filed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.db.models import Account, Job, JobState, Territory, utc_now
from cloud.domain import audit, importing, passes
from cloud.domain.errors import Invalid
from cloud.jobs import Work, files
from cloud.jobs.queue import LEASE
from cloud.web.context import Context
from cloud.web.exports import manages

if TYPE_CHECKING:
    from cloud.web.portal import Portal

IMPORT = "passes-import"
AT_ONCE_BYTES = 48 * 1024
"""A longer file is done by a job: reading, checking and filing the several hundred rows of a shorter one takes tenths of a second."""
SHOWN = 5
QUIET = timedelta(seconds=15)
"""Silence of a worker after which the page says what may have happened to it."""


class Stage(StrEnum):
    """How far a file is. Only `FILED` means that rows were filed; it is written together with them."""

    WAITING = "waiting"
    READING = "reading"
    CHECKING = "checking"
    FILING = "filing"
    AGAIN = "again"
    FILED = "filed"
    PROBLEMS = "problems"
    REFUSED = "refused"
    FAILED = "failed"


ENDED = frozenset({Stage.FILED, Stage.PROBLEMS, Stage.REFUSED, Stage.FAILED})


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one file. `silent_for` is set if its worker has not reported for longer than usual."""

    job: Job
    stage: Stage
    by: str
    rows: int | None
    checked: int
    facts: Mapping[str, Any]
    silent_for: timedelta | None

    @property
    def ended(self) -> bool:
        return self.stage in ENDED


def under_way(page: Context) -> Standing | None:
    """The file of this territory that is being filed now, whoever has sent it."""
    busy = Job.state.in_([JobState.WAITING, JobState.RUNNING])
    return next((standing_of(page, job) for job in _newest(page, busy)), None)


def newest(page: Context) -> list[Standing]:
    """The territory's newest files, of all its managers."""
    return [standing_of(page, job) for job in _newest(page)]


def find(page: Context, number: str) -> Job | None:
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    return next(iter(_newest(page, Job.id == int(number))), None)


def order(page: Context, content: bytes, *, sure: bool) -> Job:
    """Store the file and queue its job, in the page's transaction."""
    body = {"sure": sure, "zone": page.territory.timezone, "address": page.address}
    job = page.portal.jobs.put(page.session, IMPORT, body)
    job.territory_id, job.account_id = page.territory.id, page.me.id
    page.session.flush()
    files.hand_in(page.session, job.id, content)
    return job


def cancel(page: Context, job: Job) -> bool:
    """Stop a file before it is filed; False if it was filed, or ended otherwise, already. Its worker then files nothing."""
    locked = page.session.scalar(
        select(Job).where(Job.id == job.id).with_for_update().execution_options(populate_existing=True)
    )
    if locked is None or standing_of(page, locked).ended:
        return False
    page.session.delete(locked)
    return True


def make(portal: Portal, work: Work) -> None:
    """The job. Nothing is filed for somebody who no longer manages the territory."""
    if "outcome" in work.body:
        return  # filed by a worker that was killed before it could say so
    with portal.database.read() as session:
        job = session.get(Job, work.id)
        if job is None:
            return
    zone, begun = ZoneInfo(work.body["zone"]), utc_now()
    work.report(0)  # an earlier try may have come further

    def told(checked: int, rows: int) -> None:
        if checked == 0:
            with portal.database.write() as session:
                work.settle(session, {"rows": rows})
        work.report(checked)

    try:
        content = files.whole(portal.database, work.id)
        wanted, problems = importing.read_passes(content, zone, now=begun, sure=work.body["sure"], told=told)
        if problems:
            _end(portal, work, Stage.PROBLEMS, {"problems": [_plain(one) for one in problems]})
            return
        work.report(len(wanted))
        with portal.database.write() as session:
            _file(session, job, work, wanted, now=begun)
    except Invalid as error:
        _end(portal, work, Stage.REFUSED, {"text": error.text, "facts": _texts(error.facts)})


def _file(session: Session, job: Job, work: Work, wanted: Sequence[passes.PassRequest], *, now: datetime) -> None:
    """All rows and the word that they are filed, in one transaction."""
    if not manages(session, job):
        raise Invalid("", "Вы больше не управляете этой территорией.")
    territory, owner = session.get_one(Territory, job.territory_id), session.get_one(Account, job.account_id)
    added = passes.file_all(session, territory, wanted, owner=owner, now=now)
    address = work.body["address"]
    audit.record(session, "passes-imported", actor=owner, territory=territory, subject=str(added), address=address)
    work.settle(session, {"outcome": Stage.FILED, "added": added, "rows": len(wanted)})
    files.drop(session, work.id)


def _end(portal: Portal, work: Work, stage: Stage, facts: dict[str, Any]) -> None:
    with portal.database.write() as session:
        work.settle(session, {"outcome": stage, **facts})
        files.drop(session, work.id)


def _plain(problem: importing.Problem) -> dict[str, Any]:
    return {
        "line": problem.line, "column": problem.column, "text": problem.text, "facts": _texts(problem.facts),
        "cell": problem.cell,
    }  # fmt: skip


def _texts(facts: Mapping[str, object]) -> dict[str, Any]:
    """Values for a text, as JSON holds them."""
    return {name: value if isinstance(value, int) else str(value) for name, value in facts.items()}


def _newest(page: Context, *which: Any) -> list[Job]:
    query = select(Job).where(Job.kind == IMPORT, Job.territory_id == page.territory.id, *which)
    return list(page.session.scalars(query.order_by(Job.id.desc()).limit(SHOWN)))


def standing_of(page: Context, job: Job) -> Standing:
    """What the job's row says, and how old that is."""
    by = page.session.get(Account, job.account_id)
    silent = _silence(job, page.now)
    rows = job.body.get("rows")
    return Standing(job, _stage(job, rows), "" if by is None else by.name, rows, job.done, job.body, silent)


def _stage(job: Job, rows: int | None) -> Stage:
    if outcome := job.body.get("outcome"):
        return Stage(outcome)
    if job.state in (JobState.FAILED, JobState.DONE):
        return Stage.FAILED
    if job.state == JobState.WAITING:
        return Stage.AGAIN if job.error else Stage.WAITING
    if rows is None:
        return Stage.READING
    return Stage.CHECKING if job.done < rows else Stage.FILING


def _silence(job: Job, now: datetime) -> timedelta | None:
    if job.state != JobState.RUNNING or job.leased_until is None:
        return None
    silent = now - (job.leased_until - LEASE)
    return silent if silent > QUIET else None
