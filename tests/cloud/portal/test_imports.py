"""Long files of passes: a job files them whole, a page tells how far it is."""

from __future__ import annotations

import threading

import pytest

from cloud.db.models import Account, AuditEntry, Job, JobFile, JobState, Membership, Pass, Role, Territory, utc_now
from cloud.domain import importing, passes
from cloud.jobs import LeaseLost, Queue, Work
from cloud.web import imports
from cloud.web.pages.imports import imports as on_page
from tests.cloud.places import place_in
from tests.cloud.portal.test_filing import passes_in, send_file


@pytest.fixture
def base(place):
    return f"/t/{place.territory.code}"


@pytest.fixture(autouse=True)
def short_files_are_long(monkeypatch):
    monkeypatch.setattr(on_page, "AT_ONCE_BYTES", 10)


def table(count, *, first=1):
    return ("plate\n" + "\n".join(f"O{number:03}OO77" for number in range(first, first + count))).encode()


def jobs(world):
    with world.database.read() as session:
        return session.query(Job).filter_by(kind=imports.IMPORT).order_by(Job.id).all()


def begun(world, *, at=None):
    """The job as a worker holds it that is killed later."""
    queue = Queue(world.database)
    job = queue.claim([imports.IMPORT], now=at or utc_now())
    return Work(
        job,
        lambda job, done: queue.report(job, done, now=at or utc_now()),
        lambda session, job, facts: queue.settle(session, job, facts, now=at or utc_now()),
    )


def test_a_long_file_is_filed_by_a_job_and_its_page_says_so_only_then(world, place, base):
    """The page shows how far the file is, is open to the territory's managers alone, and says «внесён» with the rows on the list."""
    manager = world.as_(place.manager)
    answer = send_file(manager, f"{base}/import", table(4))
    path = answer.headers["location"]
    assert (303, f"{base}/import/{jobs(world)[-1].id}") == (answer.status_code, path)
    page = manager.get(path).text
    assert ("ждёт своей очереди" in page, "внесён<" in page, passes_in(world, note="", plate="O001OO77")) == (
        True,
        False,
        [],
    )
    assert 'http-equiv="refresh"' in page  # without JavaScript too

    world.app.state.portal.jobs.do_due()

    page = manager.get(path).text
    assert ("Внесено заявок: 4" in page, 'http-equiv="refresh"' in page) == (True, False)
    assert 4 == len([row for row in passes_in(world) if row.plate in {f"O{n:03}OO77" for n in range(1, 5)}])
    assert 403 == world.as_(place.resident).get(path).status_code
    with world.database.read() as session:
        assert (0, "4") == (
            session.query(JobFile).filter_by(job_id=jobs(world)[-1].id).count(),
            session.query(AuditEntry).filter_by(action="passes-imported").one().subject,
        )


def test_the_page_tells_how_many_rows_are_checked(world, place, base, monkeypatch):
    """While a worker checks the rows, the page says of how many it has checked how many."""
    monkeypatch.setattr(importing, "TOLD_EACH", 2)
    manager, seen = world.as_(place.manager), []
    path = send_file(manager, f"{base}/import", table(5)).headers["location"]
    work = begun(world)
    report = work.report

    def tell(done):
        report(done)
        seen.append(manager.get(path).text)

    work.report = tell
    imports.make(world.app.state.portal, work)

    words = [f"Проверено строк: {n} из 5" for n in (0, 2, 4, 5)]
    assert words == [word for word in words if any(word in page for page in seen)]
    assert "вносится" in seen[-1]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"plate\nO001OO77\nO0!1OO77\n", ("не внесён: есть ошибки", "Строка 3")),
        (b"plate\n" + b"O001OO77\n" * 20_001, ("не внесён<", "больше 20000")),
    ],
)
def test_a_long_file_with_a_fault_files_nothing(world, place, base, body, words):
    """With one bad row nothing is filed; the page names the row and forgets the file."""
    manager = world.as_(place.manager)
    path = send_file(manager, f"{base}/import", body).headers["location"]

    world.app.state.portal.jobs.do_due()

    page = manager.get(path).text
    assert all(word in page for word in words)
    assert [] == passes_in(world, plate="O001OO77")
    with world.database.read() as session:
        assert 0 == session.query(JobFile).filter_by(job_id=jobs(world)[-1].id).count()


def test_a_killed_workers_file_is_filed_once(world, place, base, monkeypatch):
    """Killed before the commit, nothing is filed and another worker begins anew; killed after it, nobody files again."""
    manager = world.as_(place.manager)
    path = send_file(manager, f"{base}/import", table(3)).headers["location"]
    old = utc_now() - imports.LEASE * 2
    with world.database.write() as session:
        session.query(Job).filter_by(id=jobs(world)[-1].id).update({"next_at": old})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passes, "file_all", killed)
        with pytest.raises(SystemExit):
            imports.make(world.app.state.portal, begun(world, at=old))
    assert [] == passes_in(world, plate="O001OO77")
    page = manager.get(path).text
    assert "Обработчик молчит" in page
    assert "внесён<" not in page

    with world.database.write() as session:  # time passes
        session.query(Job).filter_by(id=jobs(world)[-1].id).update({"leased_until": old})
    imports.make(world.app.state.portal, begun(world, at=old))  # and is killed before it can finish the job
    assert "Внесено заявок: 3" in manager.get(path).text
    with world.database.write() as session:
        session.query(Job).filter_by(id=jobs(world)[-1].id).update({"leased_until": old})
    world.app.state.portal.jobs.do_due()

    assert (1, JobState.DONE) == (len(passes_in(world, plate="O001OO77")), jobs(world)[-1].state)
    assert "Внесено заявок: 3" in manager.get(path).text


def killed(*_, **__):
    raise SystemExit


def test_a_cancelled_file_files_nothing(world, place, base):
    """Who cancels before the commit has nothing on the list, also when a worker was about to file; after it, it is said to be too late."""
    manager = world.as_(place.manager)
    path = send_file(manager, f"{base}/import", table(3)).headers["location"]
    work = begun(world)
    report = work.report

    def cancelled_when_checked(done):
        report(done)
        if done == 3:
            assert 303 == manager.post(f"{path}/cancel").status_code

    work.report = cancelled_when_checked
    with pytest.raises(LeaseLost):
        imports.make(world.app.state.portal, work)

    assert "из него ничего не внесено" in manager.get(f"{base}/import").text
    assert [] == passes_in(world, plate="O001OO77")
    path = send_file(manager, f"{base}/import", table(3)).headers["location"]
    world.app.state.portal.jobs.do_due()
    assert path == manager.post(f"{path}/cancel").headers["location"]
    assert "Отменить уже нельзя" in manager.get(path).text


def test_of_two_files_at_once_the_second_is_told_to_wait(world, place, base):
    """A territory's second file is not taken while the first is not filed, and its sender is told so and shown the first."""
    manager = world.as_(place.manager)
    path = send_file(manager, f"{base}/import", table(3)).headers["location"]

    assert path == send_file(manager, f"{base}/import", table(3, first=50)).headers["location"]

    assert "ваш не принят" in manager.get(path).text
    assert 1 == len([job for job in jobs(world) if job.state == JobState.WAITING])


def test_who_manages_no_more_files_nothing(world, place, base):
    """Between the sending and the filing the territory may have got another manager: then nothing is filed."""
    send_file(world.as_(place.manager), f"{base}/import", table(3))
    with world.database.write() as session:
        session.query(Membership).filter_by(account_id=place.manager.id).one().role = Role.RESIDENT

    world.app.state.portal.jobs.do_due()

    assert ("refused", []) == (jobs(world)[-1].body["outcome"], passes_in(world, plate="O001OO77"))


def test_a_file_that_is_given_up_is_never_filed_later(world, place, base, monkeypatch):
    """After the last try the page says that nothing was filed; an operator's later `okter jobs --retry` does not file it behind one's back."""
    manager = world.as_(place.manager)
    path = send_file(manager, f"{base}/import", table(3)).headers["location"]
    with world.database.write() as session:
        session.query(Job).filter_by(id=jobs(world)[-1].id).update({"attempts": 7})
    with monkeypatch.context() as patch:
        patch.setattr(passes, "file_all", lambda *_, **__: 1 / 0)
        world.app.state.portal.jobs.do_due()
    assert "не внесён: сбой портала" in manager.get(path).text

    with world.database.write() as session:
        session.query(Job).filter_by(id=jobs(world)[-1].id).update(
            {"state": JobState.WAITING, "attempts": 0, "next_at": utc_now()}
        )
    world.app.state.portal.jobs.do_due()

    assert [] == passes_in(world, plate="O001OO77")
    assert "не внесён" in manager.get(path).text


def test_the_same_file_filed_twice_at_once_is_one(database):
    """Of two transactions that file the same rows of one owner at the same moment, the second finds the first's."""
    with database.write() as session:
        place = place_in(session, "A")
        territory, owner = place.territory.id, place.manager.id
    with database.read() as session:
        wanted, _ = importing.read_passes(table(50), passes.zone_of(session.get(Territory, territory)), now=utc_now())
    added, gate = [], threading.Barrier(2)

    def file():
        gate.wait()
        with database.write() as session:
            who = session.get(Account, owner)
            added.append(passes.file_all(session, session.get(Territory, territory), wanted, owner=who, now=utc_now()))

    threads = [threading.Thread(target=file) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [0, 50] == sorted(added)
    with database.read() as session:
        assert 50 == session.query(Pass).filter(Pass.plate.like("O0%OO77"), Pass.owner_id == owner).count()
