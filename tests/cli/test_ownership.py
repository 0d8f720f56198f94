"""Who may not look into the state folder is told so, and nothing about what is in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.errors import FileUnusable
from edge.cli import main
from edge.cli.ownership import load_with_access
from tests.configs import write_config

STRANGERS = (
    ["status"],
    ["check"],
    ["events"],
    ["passes", "list"],
    ["passes", "add", "A123BC77"],
)


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings whose state folder belongs to another account, asked by somebody who is neither that nor root."""
    config = write_config(tmp_path)
    (tmp_path / "state").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: (tmp_path / "state").stat().st_uid + 1)
    monkeypatch.setattr(os, "access", lambda folder, _mode: Path(folder).name != "state")
    return config


@pytest.mark.parametrize("words", STRANGERS, ids=" ".join)
def test_a_stranger_is_sent_to_sudo(closed: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    """One line that says what is needed: no "the gate does not answer", no "the list is damaged", no cure for what is well."""
    with pytest.raises(SystemExit) as ended:
        main([*words, "--config", str(closed)])
    told = capsys.readouterr()
    assert (ended.value.code, told.out) == (1, "")
    assert told.err == f"{closed.parent / 'state'}: нет прав; запустите с sudo\n"


def test_owner_and_whoever_may_look_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing has run yet, in one's own folder also when the disk is read-only, and with the folder's rights."""
    config = write_config(tmp_path)
    load_with_access(config)
    (tmp_path / "state").mkdir()
    monkeypatch.setattr(os, "access", lambda *_: False)
    load_with_access(config)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(FileUnusable):
        load_with_access(config)
    monkeypatch.setattr(os, "access", lambda *_: True)
    load_with_access(config)
