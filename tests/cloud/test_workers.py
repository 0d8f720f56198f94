"""The parent of several workers: a death is in the log, and a busy worker is no dead one."""

from __future__ import annotations

import logging
import signal
from types import SimpleNamespace

import pytest
import uvicorn
from uvicorn.supervisors import multiprocess

from cloud import cli, workers


class FakeProcess:
    """Stands for a worker: `running` as the system sees it, `answers` to its parent."""

    def __init__(self, pid=2, *, running=True, answers=True, exitcode=None):
        self.pid, self.exitcode, self._answers = pid, exitcode, answers
        self.process = SimpleNamespace(is_alive=lambda: running)

    def is_alive(self, timeout):
        return self._answers

    def kill(self):
        self.exitcode = self.exitcode if self.exitcode is not None else -9

    def join(self):
        pass

    def start(self):
        pass


@pytest.fixture
def parent(monkeypatch):
    """A parent process without children; the signals of the tests stay theirs."""
    monkeypatch.setattr(multiprocess, "SIGNALS", {})
    monkeypatch.setattr(multiprocess, "Process", lambda config, sockets: FakeProcess(pid=99))
    return workers.Workers(uvicorn.Config("x:y", workers=1, log_config=None), [])


@pytest.mark.parametrize(
    ("process", "words"),
    [
        (FakeProcess(running=False, answers=False, exitcode=-signal.SIGKILL), "worker 2 was killed by SIGKILL"),
        (FakeProcess(running=False, answers=False, exitcode=1), "worker 2 ended with 1"),
        (FakeProcess(running=True, answers=False), "worker 2 did not answer"),
        (FakeProcess(), ""),
    ],
    ids=["killed", "ended", "hung", "well"],
)
def test_a_death_is_told(parent, caplog, process, words):
    """A worker that died, or hung and was killed, is named in the log with how it ended; one that is well is not."""
    parent.processes = [process]
    with caplog.at_level(logging.ERROR):
        parent.keep_subprocess_alive()

    assert words in caplog.text
    assert bool(words) == (parent.processes[0].pid == 99)
    assert bool(words) == bool(caplog.records)


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
