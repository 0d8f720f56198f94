"""Secrets: where they may lie, and that nothing shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigError
from edge.config import load
from edge.config.describe import show

TEXT = """\
[[lane]]
name = "entry"
direction = "entry"
camera = "rtsp://10.0.0.1/main"
camera_user = "gate"
{password}
barrier = "main"

[[barrier]]
name = "main"
driver = "simulated"
"""


def config_with(tmp_path: Path, password: str) -> Path:
    file = tmp_path / "gate.toml"
    file.write_text(TEXT.format(password=password))
    return file


def test_password_from_a_file_of_its_own(tmp_path: Path) -> None:
    """KEY_file names a file, relative to the config; its first line is the secret, quoted into the address."""
    (tmp_path / "camera.secret").write_text("пар@ль/1\n")
    config = load(config_with(tmp_path, 'camera_password_file = "camera.secret"'))
    assert "rtsp://gate:%D0%BF%D0%B0%D1%80%40%D0%BB%D1%8C%2F1@10.0.0.1/main" == config.lanes[0].camera


@pytest.mark.parametrize("name", ["lane.entry.camera_password", "secrets_lane.entry.camera_password"])
def test_password_from_a_systemd_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A credential `lane.NAME.camera_password`, alone or from a loaded folder, needs no key in the file at all."""
    (tmp_path / name).write_text("s3cret")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert "rtsp://gate:s3cret@10.0.0.1/main" == load(config_with(tmp_path, "")).lanes[0].camera


def test_by_hand_the_credentials_beside_the_config_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`sudo gate check` and the installer find the secrets where our units load them from, without systemd's help."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "console.password").write_text("s3cret")
    file = tmp_path / "gate.toml"
    file.write_text(TEXT.format(password="") + '[console]\nhost = "0.0.0.0"\n')

    assert "s3cret" == load(file).console.password


def test_show_hides_passwords(tmp_path: Path) -> None:
    """`gate config show` and a repr in a log give no secret away."""
    config = load(config_with(tmp_path, 'camera_password = "s3cret"\n'))
    assert "s3cret" not in "\n".join(show(config))
    assert "s3cret" not in repr(config)
    file = tmp_path / "console.toml"
    file.write_text(TEXT.format(password="") + '[console]\npassword = "s3cret"\n')
    console = load(file).console
    assert "s3cret" == console.password
    assert "s3cret" not in repr(console)


def test_missing_secret_file_is_told(tmp_path: Path) -> None:
    """A secret file that cannot be read is a problem of its key."""
    with pytest.raises(ConfigError, match=r"gate.toml:6: lane.camera_password_file: файл \S+/nofile не прочитать"):
        load(config_with(tmp_path, 'camera_password_file = "nofile"'))


def test_page_for_the_network_needs_a_password(tmp_path: Path) -> None:
    """A page that others can reach does not start without a password."""
    file = tmp_path / "gate.toml"
    file.write_text(TEXT.format(password="") + '[console]\nhost = "0.0.0.0"\n')
    with pytest.raises(ConfigError, match=r"gate.toml:13: console.host: "):
        load(file)
