"""The narrow way into gate.toml: a page that may not write the file gets one key of its own written, and nothing else."""

from __future__ import annotations

import io
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigError
from edge.config import load
from edge.config.describe import all_keys
from edge.config.edit import set_value
from edge.config.narrow import MOST_BYTES, PageSettings, Question, answered, serve
from edge.config.page_keys import guard, on_page
from tests.configs import SMALL, write_config


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """As installed: the name people know is a link into a folder of its own."""
    inside = tmp_path / "settings"
    inside.mkdir()
    write_config(inside, "[policy]\nopen_confidence = 0.85\n")
    (tmp_path / "gate.toml").symlink_to("settings/gate.toml")
    return tmp_path / "gate.toml"


@contextmanager
def listening(file: Path, at: Path, *, times: int = 1) -> Iterator[None]:
    """What systemd does: the program is started for each connection, the connection being its stdin and stdout."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.bind(str(at))
        door.listen()

        def doorman() -> None:
            for _ in range(times):
                line, _ = door.accept()
                with line:
                    command = [sys.executable, "-m", "edge", "config", "serve-page", "--config", str(file)]
                    subprocess.run(command, stdin=line, stdout=line, check=True)

        thread = threading.Thread(target=doorman)
        thread.start()
        try:
            yield
        finally:
            thread.join()


def test_a_key_of_the_page_is_written_by_the_other_process(file: Path, tmp_path: Path, monkeypatch) -> None:
    """Asked over the socket; comments, generations and the link stay; what does not hold comes back as its one line."""
    monkeypatch.setattr("edge.config.narrow.writable", lambda _: False)
    page = PageSettings(file, at=tmp_path / "socket")
    assert not page.may_write
    with listening(file, tmp_path / "socket", times=3):
        assert page.may_write
        assert ("0.85", "0.9") == page.set("policy.open_confidence", "0.9", expected="0.85")
        with pytest.raises(ConfigError, match=r"gate.toml:\d+: policy.open_confidence: "):
            page.set("policy.open_confidence", "7", expected="0.9")
        page.roll_back()
    assert 0.85 == load(file).policy.open_confidence
    assert file.is_symlink()


def test_settings_that_their_owner_keeps_elsewhere_are_only_shown(file: Path, tmp_path: Path, monkeypatch) -> None:
    """The account that writes has its one folder: a page must not offer what would be refused."""
    monkeypatch.setattr("edge.config.narrow.writable", lambda _: False)
    kept = tmp_path / "srv"
    kept.mkdir()
    file.unlink()
    file.symlink_to(write_config(kept))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.bind(str(tmp_path / "socket"))
        assert not PageSettings(file, at=tmp_path / "socket").may_write


def test_pins_users_addresses_and_plugins_are_written_for_nobody(file: Path) -> None:
    """Every key of the file but those of the page is refused, and the file is byte for byte what it was."""
    before = file.read_bytes()
    names = [item.name for item in all_keys() if not item.name.startswith("policy.")]
    names += ["barrier.main.pin", "lane.entry.camera", "lane.entry.barrier", "lane.entry.camera_password", "x", "lane"]
    for name in names:
        if not on_page(name):
            assert answered(file, Question(name, "1", "")).error
    assert before == file.read_bytes()
    refused = {name.partition(".")[0] for name in names if not on_page(name)}
    assert {"barrier", "input", "relay", "console", "cloud", "mqtt", "telegram", "neighbours", "camera"} <= refused
    notices = {item.name for item in all_keys() if item.table in {"telegram", "web_push"}}
    assert {"telegram.quiet", "web_push.quiet"} == {name for name in notices if on_page(name)}


def test_a_roll_back_that_would_take_back_more_is_for_root(file: Path) -> None:
    """Root has changed a pulse since: the page may not bring the one before back, root may."""
    set_value(file, "barrier.main.pulse_s", "0.9")
    told = answered(file, Question()).error
    assert "barrier.main.pulse_s" in told
    assert "sudo gate config rollback" in told
    assert 0.9 == load(file).barriers[0].pulse_s


@pytest.mark.parametrize(
    "value", ['0.9\n[relay]\nsocket_group = "x"', "0.9\r\n[neighbours]", '"""', "0.9 }", "0.9 # x", "{ a = 1 }"]
)
def test_no_value_brings_another_key_along(file: Path, value: str) -> None:
    """Whatever is sent for a value: nothing but the key of the page changes."""
    before = file.read_text()
    answered(file, Question("policy.open_confidence", value, "0.85"))
    guard(before, file.read_text())


@given(typed=st.text(max_size=80))
def test_any_text_for_a_title_is_a_title(typed: str) -> None:
    """Of a text the file is as it was or has this title and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        file = write_config(Path(folder))
        answered(file, Question("site.name", typed, '"КПП-1"'))
        guard(SMALL, file.read_text())
        load(file)


@pytest.mark.parametrize(
    "sent", [b"", b"\n", b"[]\n", b'{"key":1}\n', b'{"file":"/etc/passwd"}\n', b"[" * 60_000, b"\xff\n"]
)
def test_what_is_no_question_is_answered_and_changes_nothing(file: Path, sent: bytes) -> None:
    """Also when it never ends: no more than a bound is read."""
    before = file.read_bytes()
    goes = io.BytesIO()
    serve(file, io.BytesIO(sent), goes)
    assert json.loads(goes.getvalue())["error"]
    assert len(sent) > MOST_BYTES or before == file.read_bytes()


def test_a_link_in_the_folder_of_the_settings_is_never_written_through(file: Path, tmp_path: Path) -> None:
    """Whoever owns the folder must not have root write elsewhere: links in it are replaced, not followed."""
    aim = tmp_path / "shadow"
    aim.write_text("secret\n")
    for name in (".gate.toml.part", "gate.toml.1"):
        (file.resolve().parent / name).symlink_to(aim)
    set_value(file, "policy.open_confidence", "0.9")
    assert "secret\n" == aim.read_text()
    assert not (file.resolve().parent / "gate.toml.1").is_symlink()
    (file.resolve().parent / ".gate.toml.lock").unlink()
    (file.resolve().parent / ".gate.toml.lock").symlink_to(tmp_path / "made")
    with pytest.raises(ConfigError):
        set_value(file, "policy.open_confidence", "0.95")
    assert not (tmp_path / "made").exists()


def test_without_the_service_the_page_shows_and_does_not_write(file: Path, tmp_path: Path, monkeypatch) -> None:
    """Nobody at the socket: one line that says whom to look at; a file in the place of the link: only with sudo."""
    monkeypatch.setattr("edge.config.narrow.writable", lambda _: False)
    at = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(str(at))
    page = PageSettings(file, at=at)
    with pytest.raises(ConfigError, match="служба записи настроек не ответила"):
        page.set("policy.open_confidence", "0.9", expected="0.85")
    shutil.copy(file, tmp_path / "copy")
    (tmp_path / "copy").replace(file)
    assert not page.may_write
