"""Long tables of the journal: ordered on the page, made by a job, fetched by a link by whoever ordered them."""

from __future__ import annotations

import io

import pytest

from cloud.db.models import Job, JobFile, JobState, Membership, Role
from cloud.jobs import files
from cloud.web import exports
from cloud.web.pages import journal
from tests.cloud.portal.test_reports import sheet_of


@pytest.fixture
def base(place):
    return f"/t/{place.territory.code}"


@pytest.fixture
def manager(world, place, base, monkeypatch):
    """Orders the journal at once: one visit is more than a page waits for."""
    monkeypatch.setattr(journal, "AT_ONCE", 0)
    visitor = world.as_(place.manager)
    answer = visitor.get(f"{base}/journal.xlsx?decision=open")
    assert (303, f"{base}/exports") == (answer.status_code, answer.headers["location"])
    return visitor


def newest(world):
    with world.database.read() as session:
        return session.query(Job).order_by(Job.id.desc()).first()


def test_a_long_table_is_made_by_a_job_and_fetched_by_its_link(world, place, base, manager, monkeypatch):
    """The page tells that it waits; made, it has a link that gives the very table which a page would have written."""
    assert "в очереди" in manager.get(f"{base}/exports").text
    link = f"{base}/exports/{newest(world).id}/journal.xlsx"
    assert 404 == manager.get(link).status_code

    assert 1 == world.app.state.portal.jobs.do_due()

    assert 1 == newest(world).done
    assert f'href="{link}"' in manager.get(f"{base}/exports").text
    answer = manager.get(link)
    assert len(answer.content) == int(answer.headers["content-length"])
    monkeypatch.setattr(journal, "AT_ONCE", 2000)
    direct, _ = sheet_of(manager.get(f"{base}/journal.xlsx?decision=open"))
    made, _ = sheet_of(answer)
    assert direct[3:] == made[3:]
    assert 5 == len(made)


def test_tables_of_one_person_are_few(world, place, base, manager):
    """A third is not begun while two are being made, and of those that are made the newest five are kept with their files."""
    for _ in range(3):
        manager.get(f"{base}/journal.xlsx?decision=open")
    assert "Другие таблицы ещё составляются." in manager.get(f"{base}/exports").text
    waiting = {"kind": exports.JOURNAL, "state": JobState.WAITING}
    with world.database.read() as session:
        assert 2 == session.query(Job).filter_by(**waiting).count()
    world.app.state.portal.jobs.do_due()

    for _ in range(6):
        manager.get(f"{base}/journal.xlsx?decision=open")
        world.app.state.portal.jobs.do_due()

    with world.database.read() as session:
        kept = session.query(Job).filter_by(kind=exports.JOURNAL, account_id=place.manager.id).order_by(Job.id).all()
        assert (5, [JobState.DONE] * 5) == (len(kept), [job.state for job in kept])
        assert {job.id for job in kept} == {number for (number,) in session.query(JobFile.job_id).distinct()}


def test_nobody_else_fetches_it(world, place, base, make_place, manager):
    """A table is for who ordered it, in its territory: another manager of the territory and one of another find nothing."""
    world.app.state.portal.jobs.do_due()
    number = newest(world).id
    other = make_place("B")
    with world.database.write() as session:
        session.query(Membership).filter_by(account_id=place.operator.id).one().role = Role.MANAGER

    assert 404 == world.as_(place.operator).get(f"{base}/exports/{number}/journal.xlsx").status_code
    there = f"/t/{other.territory.code}/exports/{number}/journal.xlsx"
    assert 404 == world.as_(other.manager).get(there).status_code


def test_who_manages_no_more_gets_none(world, place, base, manager):
    """Between the order and its job the territory may have got another manager: then nothing is made."""
    with world.database.write() as session:
        session.query(Membership).filter_by(account_id=place.manager.id).one().role = Role.RESIDENT
    world.app.state.portal.jobs.do_due()

    assert (JobState.DONE, 0) == (newest(world).state, files.size(world.database, newest(world).id))


def test_what_a_killed_worker_has_kept_is_replaced(world, place, manager, monkeypatch):
    """Pieces of a try that was broken off are in no later one's file."""
    monkeypatch.setattr(files, "PIECE", 4)
    number = newest(world).id
    words = []

    def broken():
        words.append(1)
        if len(words) == 3:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        files.keep(world.database, number, io.BytesIO(b"the first, broken off"), broken)
    assert 8 == files.size(world.database, number)
    files.keep(world.database, number, io.BytesIO(b"later"), lambda: None)

    assert [b"late", b"r"] == list(files.pieces(world.database, number))
