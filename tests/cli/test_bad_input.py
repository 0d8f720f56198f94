"""Bad input at the command line is one line in the reader's language."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.cli import main
from tests.configs import write_config


@pytest.mark.parametrize(
    "argv",
    [
        ["backup", "{folder}/none/x.tar"],
        ["restore", "{folder}/none.tar"],
        ["check", "--program", "--bundle", "{folder}/none/x.tar.gz"],
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_russian(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str]
) -> None:
    """Not in the words of the system, which are English wherever the gate stands."""
    config = write_config(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main([argv[0], "--config", str(config), *(one.format(folder=tmp_path) for one in argv[1:])])
    told = capsys.readouterr().err
    assert ended.value.code == 1
    assert told.endswith(": нет такого файла или папки\n")


def test_an_update_where_nothing_is_installed_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that is not there is not called the work of an earlier installer."""
    config = write_config(tmp_path)
    file = tmp_path / "x.update"
    file.write_bytes(b"x")
    with pytest.raises(SystemExit) as ended:
        main(["update", str(file), "--config", str(config), "--prefix", str(tmp_path / "none")])
    assert ended.value.code == 1
    assert not (tmp_path / "none").exists()
    assert "ничего не установлено" in capsys.readouterr().err


def test_a_list_of_nobody_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Silence could as well be a list that was not read."""
    with pytest.raises(SystemExit) as ended:
        main(["console", "user", "list", "--config", str(write_config(tmp_path))])
    assert ended.value.code == 0
    assert "Никто не записан" in capsys.readouterr().out


def test_a_video_that_is_none_has_no_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing was seen, so nothing is summed up: one line that says why, and no "0 visits" beside it."""
    video = tmp_path / "notes.txt"
    video.write_text("no film")
    with pytest.raises(SystemExit) as ended:
        main(["replay", "--config", str(write_config(tmp_path)), "--lane", "entry", str(video)])
    told = capsys.readouterr()
    assert ended.value.code == 1
    assert told.out == ""
    assert "notes.txt" in told.err
    assert len(told.err.splitlines()) == 1
