"""Long journal tables, made by a background job: ordered on a page, downloaded by a link when ready (ADR 136)."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select

from cloud.db.models import Account, Job, JobState, Membership, MemberState, Role, Territory, utc_now
from cloud.domain.journal import Search
from cloud.jobs import Work, files
from cloud.web.context import Context
from cloud.web.journal_table import sheet_of
from cloud.web.language import read_language, translate
from cloud.web.xlsx_table import write_xlsx

if TYPE_CHECKING:
    from cloud.web.portal import Portal

JOURNAL = "journal-xlsx"
MOST_KEPT = 5
"""Finished tables kept per person. Each may have a million rows and is stored in the database."""
AT_ONCE = 2
"""Tables in progress per person: the threads that make them also do everybody's chores."""


def order(page: Context, search: Search) -> bool:
    """Order the table, in the page's transaction and language; False while too many of this person's are being made.

    The oldest finished ones are deleted.
    """
    mine = Job.kind == JOURNAL, Job.account_id == page.me.id
    under_way = Job.state.in_([JobState.WAITING, JobState.RUNNING])
    if (page.session.scalar(select(func.count()).where(*mine, under_way)) or 0) >= AT_ONCE:
        return False
    made = select(Job.id).where(*mine, ~under_way).order_by(Job.id.desc()).offset(MOST_KEPT - 1)
    page.session.execute(delete(Job).where(Job.id.in_(page.session.scalars(made).all())))
    body = {"language": page.language, "search": _plain(search)}
    job = page.portal.jobs.put(page.session, JOURNAL, body)
    job.territory_id, job.account_id = page.territory.id, page.me.id
    return True


def ordered(page: Context) -> Sequence[Job]:
    """The tables that this person has ordered here, newest first."""
    return page.session.scalars(select(Job).where(*_mine(page)).order_by(Job.id.desc())).all()


def finished(page: Context, number: str) -> Job | None:
    """One of them, if it is finished."""
    if not (number.isdecimal() and len(number) < 19):
        return None
    return page.session.scalar(select(Job).where(*_mine(page), Job.id == int(number), Job.state == JobState.DONE))


def _mine(page: Context) -> tuple[Any, ...]:
    return Job.kind == JOURNAL, Job.territory_id == page.territory.id, Job.account_id == page.me.id


def make(portal: Portal, work: Work) -> None:
    """The job: writes the table and stores it. Somebody who no longer manages the territory gets none."""
    with portal.database.read() as session:
        job = session.get(Job, work.id)
        territory = None if job is None else session.get(Territory, job.territory_id)
        if job is None or territory is None or not manages(session, job):
            return
    say = functools.partial(translate, read_language(work.body["language"]))
    search = _read(work.body["search"])
    rows = 0

    def told(done: int) -> None:
        nonlocal rows
        rows = done
        work.report(done)

    with tempfile.TemporaryFile() as file:
        write_xlsx(file, sheet_of(portal.database, territory, search, say, now=utc_now(), told=told))
        files.keep(portal.database, work.id, file, lambda: work.report(rows))


def manages(session: Any, job: Job) -> bool:
    """Whether the person who ordered it may still have it."""
    row = session.scalar(
        select(Membership.id)
        .join(Account)
        .where(
            Membership.account_id == job.account_id,
            Membership.territory_id == job.territory_id,
            Membership.state == MemberState.ACCEPTED,
            Membership.role == Role.MANAGER,
        )
    )
    return row is not None


def _plain(search: Search) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, date) else value for name, value in asdict(search).items()}


def _read(plain: dict[str, Any]) -> Search:
    days = {name: None if plain[name] is None else date.fromisoformat(plain[name]) for name in ("first", "last")}
    return Search(**{**plain, **days})
