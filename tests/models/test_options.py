"""Options that the commands of a training share."""

from __future__ import annotations

import argparse

import pytest

from models.training.options import folder, report_name


def test_a_folder_may_be_there_or_be_made(tmp_path):
    """A folder that is there and one that is not yet there are taken, however deep."""
    assert folder(str(tmp_path)) == tmp_path
    assert folder(str(tmp_path / "a" / "b")) == tmp_path / "a" / "b"


@pytest.mark.parametrize("inside", ["", "deeper"])
def test_a_file_is_no_folder(tmp_path, inside):
    """A file where a folder is wanted, or on the way there, is named before any work is done."""
    (tmp_path / "file").touch()

    with pytest.raises(argparse.ArgumentTypeError, match="file is none"):
        folder(str(tmp_path / "file" / inside))


@pytest.mark.parametrize("name", ["", "a/b", "/a", "a/"])
def test_a_report_is_named_without_a_folder(name):
    """The name of a report leads into no other folder."""
    with pytest.raises(argparse.ArgumentTypeError, match="without a folder"):
        report_name(name)
    assert report_name("winter") == "winter"
