"""A gate to be broken: a real process on a state folder of its own, and ways to harm what it stands on."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.runtime.control import ControlClient, GateAbsent
from edge.runtime.status import GateStatus
from edge.store import place
from edge.store.local_passes import local_pass
from edge.store.passes import PassStore
from relay.client import RelayClient
from relay.errors import RelayError
from tests.commands import in_this_process
from tests.patience import PATIENCE_S, until

CONFIG = """\
[site]
name = "Тест"
timezone = "Europe/Moscow"
state_dir = "state"

[[lane]]
name = "entry"
direction = "entry"
camera = "file:road.mp4"
barrier = "main"

[[barrier]]
name = "main"
driver = "simulated"
min_gap_s = 0.5

[store]
ballast_mb = 1
free_floor_mb = 1
"""


class Site:
    """A config, its state folder, and the processes that were started on it."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "gate.toml"
        self.state_dir = folder / "state"
        self.state_dir.mkdir()
        self.log = folder / "log"
        self.wrap: tuple[str, ...] = ()
        """What a command runs under: a mount namespace in which the state folder is read-only, for one."""
        self.env: dict[str, str] = {}
        self.view = self.state_dir
        """The state folder as the started processes see it."""
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def relay(self) -> RelayClient:
        return RelayClient(self.view, timeout_s=5)

    def add_pass(self, plate: str) -> None:
        with PassStore(self.state_dir / "passes.db") as store:
            store.local.add([local_pass(plate, None, None)], at=_now())
            store.keep_good_copy()

    def run(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `gate run`; its log can be read in `log`."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*self.wrap, sys.executable, "-m", "edge", "run", *arguments, "--config", str(self.config)],
                stdout=subprocess.DEVNULL,
                stderr=log,
                env={**os.environ, **self.env},
            )
        self._processes.append(process)
        return process

    def gate(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One command, to its end: in a process of its own where that is another world, else here, which is quicker."""
        if not (self.wrap or self.env or arguments[0] == "run"):
            return in_this_process(*arguments, config=self.config)
        return subprocess.run(
            [*self.wrap, sys.executable, "-m", "edge", *arguments, "--config", str(self.config)],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            env={**os.environ, **self.env},
        )

    def status(self) -> GateStatus | None:
        """What the running gate tells of itself; None while it does not answer."""
        with contextlib.suppress(GateAbsent):
            return ControlClient(self.view).status()
        return None

    def relay_pid(self) -> int | None:
        with contextlib.suppress(RelayError):
            return self.relay.status().pid
        return None

    def up(self) -> GateStatus:
        """Wait until gate and relay answer."""
        return until(lambda: (found := self.status()) and found.relay_pid and found)

    def alarms(self) -> set[str]:
        found = self.status()
        return set() if found is None else {alarm.code for alarm in found.alarms}

    def opens(self) -> bool:
        """Whether the barrier can be opened by hand now: after what it is doing already, and at once where it does nothing."""
        asked_until = time.monotonic() + PATIENCE_S
        while True:
            done = self.gate("open", "entry", "--json")
            told = json.loads(done.stdout or "{}")
            if told.get("why") != "busy" or time.monotonic() > asked_until:
                return done.returncode == 0 and told["outcome"] == "done"
            time.sleep(0.1)

    def end(self) -> None:
        """Whatever was started on this site ends."""
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self._processes:
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        pid = self.relay_pid()
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            until(lambda: self.relay_pid() is None)
        if self.wrap:
            place._forget(self.state_dir)


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)


@pytest.fixture(scope="session")
def road(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of an empty road with the noise of a sensor."""
    return film(tmp_path_factory.mktemp("clips") / "road.mp4")


def film(path: Path) -> Path:
    """The same, into `path`."""
    rng = np.random.default_rng(1)
    picture = rng.integers(60, 120, (240, 426, 3), np.uint8)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (426, 240))
    for _ in range(20):
        writer.write(np.asarray(picture + rng.integers(0, 3, picture.shape, np.uint8), np.uint8))
    writer.release()
    return path


@pytest.fixture
def site(tmp_path: Path, road: Path) -> Iterator[Site]:
    """One entry lane with a simulated barrier."""
    shutil.copy(road, tmp_path / "road.mp4")
    (tmp_path / "gate.toml").write_text(CONFIG, encoding="utf-8")
    made = Site(tmp_path)
    yield made
    made.end()


@pytest.fixture
def read_only(site: Site) -> Site:
    """The site on a state folder that takes no writing, for what is started from now on."""
    script = f'mount --bind {site.state_dir} {site.state_dir} && mount -o remount,ro,bind {site.state_dir} && exec "$@"'
    namespace = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    site.wrap = (*namespace, "sh", "-c", script, "gate")
    if subprocess.run([*site.wrap, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no mount namespaces here")
    return site


@pytest.fixture
def small_disk(site: Site) -> Iterator[Site]:
    """The site on a disk of two megabytes, with what lies in its state folder so far; fill it with `filler`."""
    own = site.state_dir
    script = f"cp -a {own} {own}.was && mount -t tmpfs -o size=2m none {own} && echo ready && exec sleep 600"
    namespace = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    holder = subprocess.Popen([*namespace, "sh", "-c", script], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    if holder.stdout.readline().strip() != "ready":
        pytest.skip("no mount namespaces here")
    site.wrap = ("nsenter", "--mount", "-t", str(holder.pid), f"--wd={own.parent}")
    site.view = Path(f"/proc/{holder.pid}/root{own}")
    yield site
    site.end()
    holder.kill()
    holder.wait()
    holder.stdout.close()


def fill(folder: Path) -> None:
    """Not a byte of room is left."""
    with contextlib.suppress(OSError), (folder / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
