"""What stands on the pictures: which rows of a manifest are scored, and what is said of those that cannot be."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.core.errors import FileUnusable
from models.training.evaluate.made import Made, write_made
from models.training.evaluate.photographs import shrunk
from models.training.evaluate.report import sections, write
from models.training.evaluate.scoring import (
    score,
)
from models.training.evaluate.truth import read_manifest, without_guessed_width

A = Path("a.jpg")


def _listed(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    """A manifest and the pictures that it names, none of them readable."""
    manifest = folder / "manifest.csv"
    manifest.write_text(text, encoding=encoding)
    for line in text.splitlines()[1:]:
        (folder / line.split(",")[0]).touch()
    return manifest


def test_manifest_rows_that_nobody_could_read_are_left_out(tmp_path: Path) -> None:
    """Illegible plates, drawings and rows without text are not scored."""
    text = (
        "file,text,country,x,y,w,h,legible,note\na.jpg,A1,RU,1,2,30,4,yes,\nb.jpg,B2,RU,1,2,3,4,partial,\n"
        "c.jpg,,RU,1,2,3,4,yes,\nd.jpg,D4,RU,1,2,3,4,yes,cg_render\n"
    )
    (row,) = read_manifest(_listed(tmp_path, text))
    assert (tmp_path / "a.jpg", "A1", 30.0) == (row.file, row.text, row.width_px)


def test_a_text_that_no_reader_answers_is_left_out(tmp_path: Path) -> None:
    """A plate that was read in part, or is not written in the reader's alphabet, is not scored as a miss."""
    text = "file,text\na.jpg,A657?C2?\nb.jpg,А123ВС77\nc.jpg,a123bc77\nd.jpg,A123BC77\n"
    assert ["A123BC77"] == [truth.text for truth in read_manifest(_listed(tmp_path, text))]


def test_a_row_that_is_there_twice_is_one_plate(tmp_path: Path) -> None:
    """A plate named twice does not weigh twice; two plates on one picture are two."""
    text = "file,text,x,y,w,h\na.jpg,A1,1,2,30,4\na.jpg,B2,1,9,30,4\na.jpg,A1,1,2,30,4\n"
    assert ["A1", "B2"] == [truth.text for truth in read_manifest(_listed(tmp_path, text))]


def test_a_picture_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A full disk ends the evaluation: pictures that are not there would count as plates not read."""
    (tmp_path / "000000.png").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        write_made(tmp_path, [Made(np.zeros((20, 40), np.uint8), "A1", "photograph")])


def test_the_width_of_a_scene_without_a_box_is_not_known(tmp_path: Path) -> None:
    """A picture's width is a plate's width only where the picture is the plate: else no table and no plot of widths."""
    cv2.imwrite(str(tmp_path / "a.png"), np.full((60, 300), 90, np.uint8))
    truths = read_manifest(_listed(tmp_path, "file,text\na.png,A123BC77\n"))
    scenes = [without_guessed_width(truth) for truth in truths]
    for given, titles in ((truths, {"by width, pixels"}), (scenes, set())):
        rows = score(given, {})
        assert titles == {part.title for part in sections(rows)} & {"by width, pixels"}
        write("one", rows, tmp_path / str(len(titles)), command="", elsewhere={})
        assert bool(titles) == (tmp_path / str(len(titles)) / "one-widths.png").exists()
        assert bool(titles) == ("widths.png" in (tmp_path / str(len(titles)) / "one.md").read_text(encoding="utf-8"))


def test_an_empty_condition_is_a_photograph(tmp_path: Path) -> None:
    """A cell that is empty, or a row that ends early, is as good as no column; a spreadsheet's byte order mark is no letter."""
    text = "file,text,condition,note\na.jpg,A1,,\nb.jpg,B2\n"
    manifest = _listed(tmp_path, text, encoding="utf-8-sig")
    assert ["photograph"] * 2 == [truth.condition for truth in read_manifest(manifest)]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file"),
        (b"", "manifest.csv:1: no column file and text"),
        (b"name,plate\n", "manifest.csv:1: no column file and text"),
        (b"file,text,x,y,w,h\na.jpg,A1,1,2,wide,4\n", "manifest.csv:2: w is no number: 'wide'"),
        (b"file,text,x,y,w,h\na.jpg,A1,1,nan,3,4\n", "manifest.csv:2: y is no number: 'nan'"),
        (b"file,text\na.jpg,\xc0\n", "UTF-8"),
        (b"file,text\ngone.jpg,A1\n", "manifest.csv:2: no picture gone.jpg"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None, why: str) -> None:
    """The error says which file, which line and what is wrong with it."""
    manifest = tmp_path / "manifest.csv"
    if content is not None:
        manifest.write_bytes(content)
    with pytest.raises(FileUnusable, match=why):
        read_manifest(manifest)


def test_a_picture_that_cannot_be_opened_is_not_shrunk(tmp_path: Path) -> None:
    """A crop whose width nobody can tell is left out."""
    assert not list(shrunk(_listed(tmp_path, "file,text\na.jpg,A1\n"), 40))
