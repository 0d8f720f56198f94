"""The parent of several workers: a death is in the log, and a busy worker is no dead one."""

from __future__ import annotations

import logging
import signal

import pytest
import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import multiprocess

from cloud import cli, workers


class FakeProcess:
    """Stands for a worker, its system process and its end of the pipe; `answers_after_s` None = never."""

    def __init__(self, pid=2, *, answers_after_s=0.0, dies_after_s=None, exitcode=None):
        self.pid, self.exitcode = pid, exitcode
        self._answers_after_s, self._dies_after_s = answers_after_s, dies_after_s
        self.process = self.parent_conn = self

    def is_alive(self):
        return self._dies_after_s is None or Clock.now < self._dies_after_s

    def send(self, _):
        pass

    def poll(self, timeout):
        Clock.now += timeout
        return self._answers_after_s is not None and self._answers_after_s <= Clock.now

    def recv(self):
        return True

    def kill(self):
        self.exitcode = self.exitcode if self.exitcode is not None else -signal.SIGKILL

    def join(self):
        pass

    def start(self):
        pass


class Clock:
    """What the parent takes for the time; it goes on while the parent waits."""

    now = 0.0


@pytest.fixture
def parent(monkeypatch):
    """A parent process without children; the signals of the tests stay theirs."""
    Clock.now = 0.0
    monkeypatch.setattr(multiprocess, "SIGNALS", {})
    monkeypatch.setattr(workers, "Process", lambda config, sockets: FakeProcess(pid=99))
    monkeypatch.setattr(workers, "monotonic", lambda: Clock.now)
    return workers.Workers(uvicorn.Config("x:y", workers=1, log_config=None), [])


DEAD, HUNG = {"dies_after_s": 0.0}, {"answers_after_s": None}


@pytest.mark.parametrize(
    ("process", "words", "within_s"),
    [
        (FakeProcess(**DEAD, exitcode=-signal.SIGKILL), "worker 2 was killed by SIGKILL", 0),
        (FakeProcess(**DEAD, exitcode=1), "worker 2 ended with 1", 0),
        (FakeProcess(answers_after_s=None, dies_after_s=9.0, exitcode=-signal.SIGSEGV), "killed by SIGSEGV", 10),
        (FakeProcess(**HUNG), "worker 2 did not answer for 60 s", 61),
        (FakeProcess(answers_after_s=50.0), "", 51),
        (FakeProcess(), "", 1),
    ],
    ids=["killed", "ended", "dies while asked", "hung", "busy", "well"],
)
def test_a_death_is_told(parent, caplog, process, words, within_s):
    """A worker that died, or hung and was killed, is named with how it ended and replaced; a busy one is waited for."""
    parent.processes = [process]
    with caplog.at_level(logging.ERROR):
        parent.keep_subprocess_alive()

    assert words in caplog.text
    assert bool(words) == bool(caplog.records) == (parent.processes[0].pid == 99)
    assert Clock.now <= within_s


def test_a_worker_that_cannot_start_ends_the_portal(parent, caplog):
    """What fails before it serves would fail again and again: the parent ends, and says why."""
    parent.processes = [FakeProcess(**DEAD, exitcode=STARTUP_FAILURE)]

    parent.keep_subprocess_alive()

    assert parent.should_exit.is_set()
    assert "could not start" in caplog.text


def test_a_signal_is_obeyed_while_a_worker_hangs(parent):
    """Whoever stops the portal does not wait for a worker that says nothing."""
    parent.processes = [FakeProcess(**HUNG)]
    parent.signal_queue.append(signal.SIGTERM)

    parent.keep_subprocess_alive()

    assert Clock.now < 1


def test_a_busy_worker_is_given_time(monkeypatch, tmp_path):
    """`okter serve --workers` waits a minute for a worker's answer: five seconds killed those that were only busy."""
    told = []
    monkeypatch.setattr(cli, "run", told.append)
    monkeypatch.setattr(cli, "upgrade", lambda url: None)
    for name in ("OKTER_DATA", "OKTER_DATABASE_URL", "OKTER_PUBLIC_URL"):
        monkeypatch.setenv(name, "")

    arguments = ["serve", "--workers", "2", "--data", str(tmp_path), "--database", "postgresql://u@127.0.0.1/x"]
    cli.okter.main(arguments, standalone_mode=False)

    assert (2, 60) == (told[0].workers, told[0].timeout_worker_healthcheck)
