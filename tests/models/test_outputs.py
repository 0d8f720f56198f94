"""Places that results go to."""

from __future__ import annotations

import pytest

from core.errors import FileUnusable
from models.training.outputs import prepare_empty_folder, prepare_folder


def test_a_folder_is_made_for_results(tmp_path):
    """A folder that is not yet there is made, and nothing is left in it."""
    prepare_folder(tmp_path / "a" / "b", files=("report.json",))
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_folder_in_the_place_of_a_file_is_told(tmp_path):
    """What would break the writing at the end is told at the start."""
    (tmp_path / "report.json").mkdir()
    with pytest.raises(FileUnusable, match=r"report\.json: a folder stands"):
        prepare_folder(tmp_path, files=("report.json",))


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path):
    """A file is no folder to write into."""
    (tmp_path / "out").touch()
    with pytest.raises(FileUnusable, match="out: nothing can be written there"):
        prepare_folder(tmp_path / "out")


def test_nothing_is_written_over(tmp_path):
    """A folder for pictures that are made may be there, but empty."""
    prepare_empty_folder(tmp_path)
    (tmp_path / "manifest.csv").touch()
    with pytest.raises(FileUnusable, match=r"not empty: manifest\.csv"):
        prepare_empty_folder(tmp_path)
