"""Rules of checking the installed config with sudo: what the services cannot read is told before they start."""

from __future__ import annotations

import errno
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import ConfigError
from edge import paths
from edge.cli import main
from edge.config import account, load

SECRET = "camera.secret"
TEXT = f"""\
[[lane]]
name = "entry"
direction = "entry"
camera = "rtsp://10.0.0.1/main"
camera_password_file = "{SECRET}"
camera_user = "gate"
barrier = "main"

[[barrier]]
name = "main"
driver = "simulated"
"""


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed config that everybody may read, with root asking; the services run as nobody."""
    if os.geteuid() != 0:
        pytest.skip("only root reads what others may not")
    folder = Path(tempfile.mkdtemp())  # not pytest's, which is closed to others
    folder.chmod(0o755)
    config = folder / "gate.toml"
    config.write_text(TEXT, encoding="utf-8")
    (folder / SECRET).write_text("s3cret", encoding="utf-8")
    for file in folder.iterdir():
        file.chmod(0o644)
    monkeypatch.setattr(account, "ACCOUNT", pwd.getpwnam("nobody").pw_name)
    monkeypatch.setattr(paths, "INSTALLED_CONFIG", config)
    yield config
    shutil.rmtree(folder)


def test_what_the_services_can_read_is_fine(installed: Path) -> None:
    """A config and a secret open to the services load for root too."""
    assert "s3cret" in load(installed, for_services=True).lanes[0].camera


def test_a_secret_closed_to_the_services_is_told_to_root(installed: Path) -> None:
    """Root can read it, the services could not start: the line of the key, and what to do."""
    (installed.parent / SECRET).chmod(0o600)
    with pytest.raises(ConfigError, match=rf"gate.toml:5: lane.camera_password_file: .*{SECRET} службам не прочитать"):
        load(installed, for_services=True)


def test_a_config_closed_to_the_services_is_told_to_root(installed: Path) -> None:
    """The same of the file itself."""
    installed.chmod(0o600)
    with pytest.raises(ConfigError, match=r"gate.toml службам не прочитать: chgrp"):
        load(installed, for_services=True)


def test_who_only_uses_the_config_is_not_kept_from_it(installed: Path) -> None:
    """The barrier is opened, and stopped, by a root whose services could not start."""
    for file in (installed, installed.parent / SECRET):
        file.chmod(0o600)
    assert "s3cret" in load(installed).lanes[0].camera


def test_a_root_that_may_not_ask_is_told_nothing(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container root may not become another user: what cannot be found out is no problem of the config."""

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), "/")

    monkeypatch.setattr("edge.config.account.subprocess.run", refused)
    assert "s3cret" in load(installed, for_services=True).lanes[0].camera


def test_a_draft_may_be_closed(installed: Path) -> None:
    """No service starts from another config than the installed one: it may lie in root's own folder."""
    draft = installed.with_name("draft.toml")
    draft.write_text(TEXT, encoding="utf-8")
    for file in (draft, installed.parent / SECRET):
        file.chmod(0o600)
    assert "s3cret" in load(draft, for_services=True).lanes[0].camera


def test_the_commands_that_check_ask_for_the_services(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`gate config check` and `gate check` refuse what only root may read; `gate config show` shows it."""
    installed.chmod(0o600)
    for command, code in ((["config", "check"], 2), (["check"], 2), (["config", "show"], 0)):
        with pytest.raises(SystemExit) as ended:
            main([*command, "--config", str(installed)])
        assert (command, code) == (command, ended.value.code or 0)
        assert ("службам не прочитать" in capsys.readouterr().err) == (code == 2)
