"""Threads: a death is told, a hang is noticed, one of everything."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest

from edge.runtime.lock import AlreadyRunning, InstanceLock, StateDirUnusable
from edge.runtime.supervisor import Supervisor
from edge.runtime.worker import Worker, WorkerStuck
from tests.patience import PATIENCE_S


class Told:
    """What the service manager would hear."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def supervisor(self) -> Supervisor:
        return Supervisor(
            ready=lambda: self.words.append("ready"),
            alive=lambda: self.words.append("alive"),
            stopping=lambda: self.words.append("stopping"),
        )


def until_stopped(stop: threading.Event) -> None:
    stop.wait()


def test_asked_to_stop_ends_with_zero() -> None:
    """A signal ends every worker and the run, in good order."""
    told = Told()
    supervisor = told.supervisor()
    worker = Worker("one", until_stopped, silent_s=60, on_death=supervisor.died)
    supervisor.add(worker)
    supervisor.ask_to_stop()
    assert 0 == supervisor.run(each_look=lambda: None, stop_order=(("one",),))
    assert not worker.alive
    assert ["ready", "stopping"] == told.words


def test_the_first_death_ends_all(caplog: pytest.LogCaptureFixture) -> None:
    """A worker that dies takes the others with it, and the run ends with 1; what killed it is logged."""

    def dies(_stop: threading.Event) -> None:
        raise RuntimeError("no more")

    supervisor = Told().supervisor()
    other = Worker("other", until_stopped, silent_s=60, on_death=supervisor.died)
    supervisor.add(other)
    supervisor.add(Worker("dies", dies, silent_s=60, on_death=supervisor.died))
    assert 1 == supervisor.run(each_look=lambda: None, stop_order=())
    assert not other.alive
    assert "no more" in caplog.text


def test_a_silent_worker_starves_the_watchdog(caplog: pytest.LogCaptureFixture) -> None:
    """A worker whose heartbeat is overdue ends the run: a deadlock must not look alive."""
    told = Told()
    supervisor = told.supervisor()
    supervisor.add(Worker("silent", until_stopped, silent_s=-1, on_death=supervisor.died))
    assert 1 == supervisor.run(each_look=lambda: None, stop_order=())
    assert ["ready", "stopping"] == told.words
    assert "silent" in caplog.text


def test_a_thread_that_does_not_end_is_told() -> None:
    """A join has its time; a thread beyond it raises."""
    release = threading.Event()
    worker = Worker("stubborn", lambda _stop: release.wait() and None, silent_s=60, on_death=lambda _: None)
    worker.start()
    with pytest.raises(WorkerStuck, match="stubborn"):
        worker.join(0.01)
    release.set()
    worker.join(PATIENCE_S)


def test_one_gate_for_one_folder(tmp_path: Path) -> None:
    """The second one is told who is first; after its release the folder is free."""
    first = InstanceLock(tmp_path / "state")
    with pytest.raises(AlreadyRunning, match=r"pid \d+"):
        InstanceLock(tmp_path / "state")
    first.close()
    InstanceLock(tmp_path / "state").close()


def test_a_full_disk_keeps_no_gate_from_starting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock holds without the number in it."""

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    lock = InstanceLock(tmp_path)
    with pytest.raises(AlreadyRunning):
        InstanceLock(tmp_path)
    lock.close()


def test_a_folder_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    """A state_dir below a file is told with the reason."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StateDirUnusable, match=f"{tmp_path}/file/state"):
        InstanceLock(tmp_path / "file" / "state")
