"""A gate short of something: of descriptors, of a folder of its own, of a place for temporary files, of one size of frames."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from camera.frame import Frame
from camera.look import Attention, LaneView
from camera.scripted import ScriptedReader
from camera.settings import CameraSettings
from edge.store import place
from tests.faults.conftest import Site, until
from tests.patience import PATIENCE_S


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give the folder to another")
@pytest.mark.parametrize("mode", [0o755, 0o700])
def test_a_state_folder_of_somebody_else(site: Site, mode: int) -> None:
    """Whether it can be read or not: gate and relay run, the barrier opens, the alarm is told, nothing is left there."""
    site.add_pass("A123BC77")
    for path in (site.state_dir, *site.state_dir.iterdir()):
        os.chown(path, 65534, 65534)
        path.chmod(mode if path.is_dir() else 0o644)
    site.wrap = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner", "--")
    if subprocess.run([*site.wrap, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no setpriv here")
    before = {path.name for path in site.state_dir.iterdir()}
    process = site.run()
    status = site.up()
    closed = mode == 0o700  # which is not empty: neither the list nor what the portal chose is known
    told = {"state_read_only", "list_lost", "rules_unread"} if closed else {"state_read_only"}
    assert told == site.alarms()
    assert site.opens()
    assert (None if closed else 1) == status.passes
    assert until(lambda: "console" in site.gate("events", "--json").stdout)
    assert before == {path.name for path in site.state_dir.iterdir()}
    process.terminate()
    assert 0 == process.wait(PATIENCE_S)


@pytest.mark.long
def test_out_of_descriptors(site: Site) -> None:
    """While not one file or socket can be opened nothing ends; afterwards all works on, in the same two processes."""
    process = site.run()
    status = site.up()
    in_use = len([*Path(f"/proc/{process.pid}/fd").iterdir()])
    soft, hard = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (in_use, hard))
    assert site.opens()
    time.sleep(
        3
    )  # the clip ends and cannot be opened again; the journal, the relay and the status are asked for in vain
    assert process.poll() is None
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (soft, hard))
    after = site.up()
    assert (status.pid, status.relay_pid) == (after.pid, after.relay_pid)
    assert until(lambda: (found := site.status()) and found.cameras[0].alive)
    assert until(lambda: "console" in site.gate("events", "--json").stdout)


def test_nowhere_to_put_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unwritable /tmp stops no gate, not even one whose disk takes no writing either."""

    def none() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    monkeypatch.setattr(place, "_closed", lambda folder: "closed" if folder == tmp_path else "")
    found = place.settle(tmp_path)
    assert "closed" == found.why
    assert found.passes != tmp_path
    assert found == place.StorePlace(found.passes, found.journal, "closed")
    place._forget(tmp_path)


def test_a_camera_that_changes_its_size() -> None:
    """Each picture is looked at as it comes, whatever the size of the one before; odd, tiny and huge ones too."""
    view = LaneView(ScriptedReader({}), settings=CameraSettings())
    rng = np.random.default_rng(1)
    for number, (height, width) in enumerate([(720, 1280), (480, 640), (481, 639), (8, 8), (2160, 3840), (720, 1280)]):
        picture = rng.integers(0, 255, (height, width, 3), np.uint8)
        sight = view.look(Frame(picture, number * 0.2, number, "entry"), attention=Attention.UNREAD)
        assert not sight.frozen
