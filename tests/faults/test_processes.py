"""What may befall the processes of a gate: each one's failure stays its own."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.events import Reason
from edge.runtime.supervisor import Supervisor
from edge.runtime.worker import Worker
from tests.faults.conftest import CONFIG, Site, until
from tests.patience import PATIENCE_S

EXIT_LANE = '\n[[lane]]\nname = "exit"\ndirection = "exit"\ncamera = "file:car.mp4"\nbarrier = "main"\n'


def car_clip(path: Path) -> None:
    """A dark box as large as a car drives into an empty road and stays."""
    rng = np.random.default_rng(2)
    road = rng.integers(90, 110, (240, 426, 3), np.uint8)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (426, 240))
    for number in range(120):
        picture = road + rng.integers(0, 3, road.shape, np.uint8)
        left = min(140, 10 * (number - 30))
        if number > 30:
            picture[90:210, max(0, left) : left + 150] = (30, 20, 25)
        writer.write(np.asarray(picture, np.uint8))
    writer.release()


@pytest.mark.long
def test_damaged_weights_cost_the_plates_only(site: Site, tmp_path: Path) -> None:
    """`gate run` alone on damaged weights: relay up, the barrier opens by hand, exits open by presence, alarm told."""
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "manifest.json").write_text("{}")
    site.env["OKTER_GATE_WEIGHTS"] = str(weights)
    car_clip(tmp_path / "car.mp4")
    site.config.write_text(CONFIG + EXIT_LANE)
    site.run()
    site.up()

    assert site.opens()
    assert until(lambda: "exit_free" in site.gate("events", "--json").stdout)
    assert {"vision_dead"} == site.alarms()


@pytest.mark.long
def test_a_gate_that_cannot_start_leaves_the_relay(site: Site) -> None:
    """When the vision stack cannot even be imported, `gate run` ends with 1 and the relay process goes on."""
    broken = site.config.parent / "broken"
    broken.mkdir()
    (broken / "cv2.py").write_text("raise ImportError('a broken wheel')\n")
    site.env["PYTHONPATH"] = f"{broken}:{os.environ.get('PYTHONPATH', Path.cwd())}"
    assert 1 == site.run().wait(60)
    assert until(site.relay_pid)
    assert "done" == site.relay.open(lane="entry", reason=Reason.CONSOLE).outcome.value

    site.env.clear()
    pid = site.relay_pid()
    process = site.run()
    assert pid == site.up().relay_pid  # taken over, with its mark
    process.terminate()
    assert 0 == process.wait(PATIENCE_S)
    assert until(lambda: site.relay_pid() is None)


@pytest.mark.long
def test_a_pause_of_ones_own_is_no_hang(site: Site) -> None:
    """`gate run` stopped for longer than any thread may be silent goes on when continued, and so does the relay."""
    process = site.run()
    relay = site.up().relay_pid
    until(lambda: (found := site.status()) and found.up_s > 3)  # past its start
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(17)  # more than SILENT_S: the real thing
    os.kill(process.pid, signal.SIGCONT)

    assert until(lambda: "процесс стоял" in site.log.read_text())
    after = site.up()
    assert (process.pid, relay) == (after.pid, after.relay_pid)


def test_a_worker_that_hangs_is_found_after_a_pause_too() -> None:
    """What a pause excuses is the pause alone: a thread that stays silent afterwards ends the process all the same."""
    now = [0.0]
    supervisor = Supervisor(ready=lambda: None, alive=lambda: None, stopping=lambda: None, clock=lambda: now[0])
    worker = Worker(
        "deaf", lambda stop: stop.wait() and None, silent_s=15, on_death=lambda _: None, clock=lambda: now[0]
    )
    supervisor.add(worker)
    steps = iter([0.5, 20.0, *[0.5] * 60])

    def look() -> None:
        now[0] += next(steps)

    class Waked:
        def wait(self, _s: float) -> None:
            look()

    supervisor._wake = Waked()  # type: ignore[assignment]
    assert 1 == supervisor.run(each_look=lambda: None, stop_order=())
    assert 20.5 + 14 < now[0] < 20.5 + 17


@pytest.mark.long
def test_a_relay_process_without_its_note_is_found_again(site: Site) -> None:
    """relay.own lost, gate run restarted, the relay killed: another one is there within seconds."""
    first = site.run()
    pid = site.up().relay_pid
    first.kill()
    first.wait()
    (site.state_dir / "relay.own").unlink()
    site.run()
    assert pid == site.up().relay_pid
    os.kill(pid, signal.SIGKILL)
    assert until(lambda: site.relay_pid() not in {None, pid})


@pytest.mark.long
def test_a_relay_process_of_somebody_else_is_replaced_when_it_is_gone(site: Site) -> None:
    """One started in a terminal is used; when it dies and nobody brings it back, `gate run` starts its own."""
    import subprocess
    import sys

    other = subprocess.Popen([sys.executable, "-m", "edge", "relay", "--config", str(site.config)])
    until(site.relay_pid)
    process = site.run()
    assert other.pid == site.up().relay_pid
    other.kill()
    other.wait()
    assert until(lambda: site.relay_pid() not in {None, other.pid})
    process.terminate()
    assert 0 == process.wait(PATIENCE_S)
    assert until(lambda: site.relay_pid() is None)
