"""Jobs: one suite over both databases, and workers of real processes that are killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest

from cloud import jobs
from cloud.db.engine import Database
from cloud.db.jobs import Job, JobState
from cloud.db.models import utc_now
from cloud.jobs import JobWorker
from cloud.jobs.queue import FIRST_DELAY, LEASE, MOST_ATTEMPTS, Queue
from tests.patience import PATIENCE_S, until


class Clock:
    """Moves only when it is moved."""

    def __init__(self):
        self.now = utc_now()

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def put(database, worker, kind="act", **body):
    with database.write() as session:
        worker.put(session, kind, body)


def rows(database):
    with database.read() as session:
        return session.query(Job).order_by(Job.id).all()


def test_a_job_is_done_once_and_only_if_its_transaction_commits(database, clock):
    """What is put with a change that is taken back is never done; the other is, with its body."""
    done = []
    worker = JobWorker(database, {"act": lambda work: done.append(work.body)}, clock=clock)
    with database.write() as session:
        worker.put(session, "act", {"n": 1})
        session.flush()
        session.rollback()
    put(database, worker, n=2)

    assert [1, 0] == [worker.do_due(), worker.do_due()]
    assert [{"n": 2}] == done
    assert [JobState.DONE] == [row.state for row in rows(database)]


def test_a_failure_waits_longer_each_time_and_ends(database, clock):
    """A task that raises is tried again after half a minute, doubling; after the last try it has failed and says how."""
    tries = []

    def act(work):
        tries.append(clock.now)
        raise OSError("what nobody may read")

    worker = JobWorker(database, {"act": act}, clock=clock)
    put(database, worker)
    for _ in range(MOST_ATTEMPTS + 1):
        worker.do_due()
        clock.now += FIRST_DELAY
        worker.do_due()
        clock.now += timedelta(hours=1)

    (row,) = rows(database)
    assert (JobState.FAILED, "OSError", MOST_ATTEMPTS) == (row.state, row.error, len(tries))
    assert FIRST_DELAY == tries[1] - tries[0]
    assert tries[3] - tries[2] > tries[1] - tries[0]


def test_a_job_under_way_is_nobody_elses_until_its_lease_runs_out(database, clock):
    """While its worker tells how far it is a job is left alone; a worker that slept too long finds it gone and changes nothing."""
    ends = []
    other = JobWorker(database, {"act": lambda work: ends.append("other")}, clock=clock)

    def act(work):
        for done in range(3):
            clock.now += LEASE * 0.9
            work.report(done)
            assert 0 == other.do_due()
        assert 2 == rows(database)[0].done
        clock.now += LEASE * 1.1
        assert 1 == other.do_due()
        work.report(4)
        ends.append("first")

    worker = JobWorker(database, {"act": act}, clock=clock)
    put(database, worker)

    assert 0 == worker.do_due()
    (row,) = rows(database)
    assert (["other"], JobState.DONE, 2) == (ends, row.state, row.attempts)


def test_a_job_of_a_clock_that_was_set_back_is_taken_up_again(database, clock):
    """A worker began a job by a clock an hour ahead and died: another does it when the clock is right, and waits no hour."""
    queue = Queue(database)
    with database.write() as session:
        queue.put(session, "count", now=clock())
    assert queue.claim({"count"}, now=clock() + 2 * LEASE + timedelta(hours=1)) is not None

    assert queue.claim({"count"}, now=clock()) is not None


def test_what_kills_its_workers_is_given_up(database, clock):
    """A job whose workers never come back is tried only so often."""
    queue = jobs.Queue(database)
    with database.write() as session:
        queue.put(session, "act", now=clock.now)
    for _ in range(MOST_ATTEMPTS):
        assert queue.claim(["act"], now=clock.now) is not None
        clock.now += LEASE

    assert queue.claim(["act"], now=clock.now) is None
    assert [(JobState.FAILED, "its workers died")] == [(row.state, row.error) for row in rows(database)]


def test_a_stop_gives_the_job_back(database, clock):
    """A worker that is told to stop leaves its job at the next word, for another at once, and the try does not count."""
    entered = threading.Event()

    def act(work):
        entered.set()
        while True:
            work.report(1)

    worker = JobWorker(database, {"act": act}, clock=clock)
    worker.start()
    put(database, worker)
    assert entered.wait(PATIENCE_S)
    worker.stop()
    until(lambda: not worker.alive)

    (row,) = rows(database)
    assert (JobState.WAITING, 0, None) == (row.state, row.attempts, row.lease)
    assert 1 == JobWorker(database, {"act": lambda work: None}, clock=clock).do_due()


def test_of_many_workers_one_does_each(database):
    """Thirty jobs and four workers at once: each job is done by one."""
    done = []
    workers = [JobWorker(database, {"act": lambda work: done.append(work.body["n"])}) for _ in range(4)]
    for number in range(30):
        put(database, workers[0], n=number)

    threads = [threading.Thread(target=worker.do_due) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert list(range(30)) == sorted(done)


def test_what_ended_long_ago_is_forgotten(database, clock):
    """Done jobs stay a day, failed ones a month; the standing counts what is there."""
    for state, age in ((JobState.DONE, 2), (JobState.DONE, 0), (JobState.FAILED, 2), (JobState.FAILED, 31)):
        with database.write() as session:
            session.add(Job(kind="act", state=state, ended_at=clock.now - timedelta(days=age)))
    with database.write() as session:
        jobs.Queue.put(session, "act", now=clock.now - timedelta(seconds=9))

    with database.write() as session:
        jobs.sweep(session, now=clock.now)
        standing = jobs.standing(session, now=clock.now)

    assert (1, 9.0, 0, 1) == (standing.waiting, standing.oldest_s, standing.running, standing.failed)
    assert 3 == len(rows(database))


WORKER = """
import sys, time
from datetime import timedelta
from cloud.db.engine import Database
from cloud.jobs import JobWorker, queue
from cloud.db.chores import Chore
from cloud.db.models import utc_now

if sys.argv[2] == "hang":
    queue.LEASE = timedelta(seconds=3)
database = Database(sys.argv[1])

def act(work):
    print("begun", work.body["n"], flush=True)
    for step in range(10):
        time.sleep(0.02)
        work.report(step)
    if sys.argv[2] == "hang":
        time.sleep(1000)
    with database.write() as session:
        session.merge(Chore(name=str(work.body["n"]), begun_at=utc_now()))

worker = JobWorker(database, {"act": act})
while True:
    worker.do_due()
    time.sleep(0.1)
"""


@pytest.mark.postgres
def test_the_jobs_of_killed_workers_are_taken_up_again(postgres_url):
    """Three processes over one PostgreSQL, two of them killed in the middle of a job: every job is done, none is lost."""
    database = Database(postgres_url)
    with database.write() as session:
        for number in range(20):
            jobs.Queue.put(session, "act", {"n": number}, now=utc_now())
    begin = [sys.executable, "-c", WORKER, postgres_url]
    hanging = [subprocess.Popen([*begin, "hang"], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    first = {process.stdout.readline() for process in hanging}
    for process in hanging:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    left = subprocess.Popen([*begin, "work"], stdout=subprocess.DEVNULL)
    try:
        until(lambda: {JobState.DONE} == {row.state for row in rows(database)})
    finally:
        left.kill()
        left.wait()

    assert 2 == len(first)
    again = [row for row in rows(database) if row.attempts > 1]
    database.close()
    assert {f"begun {row.body['n']}\n" for row in again} == first
