"""`gate enroll` against the real server, and the gate's worker with the real store behind it."""

from __future__ import annotations

import json
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cloud.db.engine import Database
from cloud.db.models import GateEvent
from edge.cli import main
from edge.config import load
from edge.credential import FILE_NAME, Credential, read_credential, write_credential
from edge.runtime.clock import Clock
from edge.runtime.status import GateStatus, JournalStatus, LinkStatus
from edge.runtime.syncing import CloudWorker
from edge.store.journal import Journal
from edge.store.passes import PassStore
from relay.fake import FakeRelay
from sync import wire
from tests.patience import PATIENCE_S, until

CONFIG = """
[site]
name = "КПП-1"
timezone = "{zone}"
state_dir = "state"
[[lane]]
name = "entry"
direction = "entry"
camera = "file:clip.mp4"
barrier = "main"
[[barrier]]
name = "main"
driver = "simulated"
{cloud}
"""


@pytest.fixture
def database(sqlite_url):
    """The command does not know which database the cloud has."""
    found = Database(sqlite_url)
    yield found
    found.close()


@pytest.fixture
def config(tmp_path: Path) -> Callable[..., Path]:
    def write(*, zone: str = "Europe/Moscow", cloud: str = "") -> Path:
        path = tmp_path / "gate.toml"
        path.write_text(CONFIG.format(zone=zone, cloud=cloud), encoding="utf-8")
        return path

    return write


@pytest.fixture
def gate(capsys) -> Callable[..., tuple[int, str, str]]:
    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return run


def test_binds_the_box(config, gate, server, place, tmp_path):
    """The code buys a credential that only its owner can read, and that is never printed."""
    code, out, err = gate("enroll", "--config", config(), "--url", server + "/", "--code", place.pairing_code())

    assert (0, "") == (code, err)
    path = tmp_path / "state" / FILE_NAME
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    credential = read_credential(tmp_path / "state")
    assert credential is not None
    assert (server, "Сосновый бор", "Europe/Moscow") == (credential.url, credential.territory, credential.timezone)
    assert "Сосновый бор" in out
    assert credential.token not in out + repr(credential)
    assert [path] == [found for found in path.parent.iterdir() if "credential" in found.name]


def test_json_tells_the_same(config, gate, server, place):
    """With `--json` one object comes, without the token."""
    code, out, _ = gate("enroll", "--config", config(), "--url", server, "--code", place.pairing_code(), "--json")

    assert 0 == code
    assert {"territory", "timezone", "url", "credential"} == set(json.loads(out))


def test_other_time_zone_is_remarked(config, gate, server, place):
    """A config whose zone is not the territory's is worth a word."""
    _, out, _ = gate("enroll", "--config", config(zone="Asia/Omsk"), "--url", server, "--code", place.pairing_code())

    assert "Asia/Omsk" in out


def test_no_code_is_spent_for_nothing(config, gate, server, place, tmp_path):
    """Where the credential cannot be kept the command ends before it asks: the code works when that is mended."""
    path, code = config(), place.pairing_code()
    (tmp_path / "state").write_text("a file where the folder should be")

    failed, _, err = gate("enroll", "--config", path, "--url", server, "--code", code)

    assert (1, 1) == (failed, len(err.splitlines()))
    assert str(tmp_path / "state") in err
    (tmp_path / "state").unlink()
    assert 0 == gate("enroll", "--config", path, "--url", server, "--code", code)[0]


@pytest.mark.parametrize("name", ["1", "КПП\\t1"])
def test_any_name_of_a_site_is_good_enough(config, gate, server, place, name):
    """A site whose name is a digit or holds a tab is bound all the same; the code is not blamed for it."""
    path = config()
    path.write_text(path.read_text(encoding="utf-8").replace("КПП-1", name), encoding="utf-8")

    assert 0 == gate("enroll", "--config", path, "--url", server, "--code", place.pairing_code())[0]


def test_another_cloud_wants_a_restart(config, gate, server, place, tmp_path):
    """A running gate keeps to the cloud it began with: bound to another one, the technician is told to restart it."""
    write_credential(tmp_path / "state", Credential("https://old.example", "Старая", "UTC", "x" * 40))

    _, out, _ = gate("enroll", "--config", config(), "--url", server, "--code", place.pairing_code())
    assert "systemctl restart okter-gate" in out

    _, out, _ = gate("enroll", "--config", config(), "--url", server, "--code", place.pairing_code())
    assert "restart" not in out


def test_failures_are_one_line(config, gate, server, place, tmp_path):
    """A used code, no cloud, somebody else's server, a wrong address, another cloud in the config: one line each."""
    path = config()
    tried = {
        "wrong code": (1, gate("enroll", "--config", path, "--url", server, "--code", "ZZZZ-ZZZZ")),
        "no cloud": (1, gate("enroll", "--config", path, "--url", "http://127.0.0.1:9", "--code", "ZZZZ-ZZZZ")),
        "not the cloud": (1, gate("enroll", "--config", path, "--url", f"{server}/x", "--code", "ZZZZ-ZZZZ")),
        "plain http": (2, gate("enroll", "--config", path, "--url", "http://okter.example", "--code", "ZZZZ-ZZZZ")),
        "no code": (2, gate("enroll", "--config", path, "--url", server, "--code", "")),
        "other cloud": (
            2,
            gate(
                "enroll",
                "--config",
                config(cloud='[cloud]\nurl = "https://okter.example"'),
                "--url",
                server,
                "--code",
                "ZZZZ-ZZZZ",
            ),
        ),
    }

    assert {name: code for name, (code, _) in tried.items()} == {name: told[0] for name, (_, told) in tried.items()}
    assert {1} == {told[2].strip().count("\n") + 1 for _, told in tried.values()}
    assert all(told[1] == "" for _, told in tried.values())
    assert read_credential(tmp_path / "state") is None


def gate_status() -> GateStatus:
    return GateStatus(
        site="КПП-1",
        version="1",
        pid=1,
        up_s=1.0,
        relay_pid=1,
        cameras=(),
        barriers=(),
        passes=0,
        list_version="",
        list_age_s=None,
        wall="",
        clock_trusted=True,
        cloud=LinkStatus(configured=True),
        journal=JournalStatus(0, 0, ""),
        disk=None,
        temperatures_c=(41.5,),
        memory_mb=1.0,
        queue=0,
        state_dir="",
        config="",
    )


def test_worker_syncs_from_the_moment_of_enrolment(config, gate, server, place, database, tmp_path):
    """A running gate that is enrolled meanwhile gets its list into the store and its journal into the cloud."""
    path = config()
    changed, stop = threading.Event(), threading.Event()
    worker = CloudWorker(
        load(path), clock=Clock(), relay=FakeRelay(), passes_changed=changed.set, gate_status=gate_status
    )
    assert "none" == worker.status().state
    thread = threading.Thread(target=worker.run, args=(stop,), name="sync")
    thread.start()
    try:
        place.add_pass("A777AA77")
        assert 0 == gate("enroll", "--config", path, "--url", server, "--code", place.pairing_code())[0]
        assert changed.wait(PATIENCE_S)
        with PassStore(tmp_path / "state" / "passes.db") as store:
            assert 1 == len(store.load().for_plate("A777AA77"))
        told = wire.GateEvent(
            id="00000000-0000-4000-8000-000000000001", kind="visit", at=Clock().now().wall, clock_trusted=True
        )
        with Journal(tmp_path / "state" / "journal.db") as journal:
            journal.outbox.put(told)
        worker.poke()

        def arrived() -> bool:
            with database.read() as session:
                return session.query(GateEvent).count() == 1

        deadline = time.monotonic() + PATIENCE_S
        while not arrived():
            assert time.monotonic() < deadline, worker.status()
            stop.wait(0.02)
        until(
            lambda: worker.status().state == "linked"
        )  # the cloud may have the event before the worker has its answer
    finally:
        stop.set()
        thread.join(PATIENCE_S)
    assert not thread.is_alive()
