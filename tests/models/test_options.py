"""Options that the commands of a training share."""

from __future__ import annotations

import argparse

import pytest

from models.training.options import command_line, folder, frame_side, positive, report_name, seed, share


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


@pytest.mark.parametrize(
    ("option", "text"),
    [
        (seed, "-1"),
        (seed, str(1 << 32)),
        (share, "1"),
        (share, "nan"),
        (positive, "0"),
        (positive, "inf"),
        (frame_side, "721"),
        (frame_side, "62"),
        (command_line, "gate 'read"),
        (command_line, ""),
    ],
)
def test_what_no_training_can_use_is_refused(option, text):
    """A number out of its range, or a command that no shell would take, is told before any work is done."""
    with pytest.raises(argparse.ArgumentTypeError):
        option(text)


def test_the_ends_of_a_range_are_in_it():
    """The smallest and the largest value of each option are taken."""
    assert (seed("0"), seed(str((1 << 32) - 1))) == (0, (1 << 32) - 1)
    assert (share("0"), positive("1e-9"), frame_side("64")) == (0.0, 1e-9, 64)
    assert command_line("gate read 'a b'") == ("gate", "read", "a b")
