"""What stands on the pictures: which rows of a manifest are scored, and what is said of those that cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.errors import FileUnusable
from models.training.evaluate.made import Made, write_made
from models.training.evaluate.photographs import shrunk, without_plates
from models.training.evaluate.report import Aside, sections, write
from models.training.evaluate.scoring import (
    score,
)
from models.training.evaluate.truth import left_out, read_manifest, without_guessed_width

A = Path("a.jpg")


def _listed(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    """A manifest and the pictures that it names, all of them grey."""
    manifest = folder / "manifest.csv"
    manifest.write_text(text, encoding=encoding)
    for line in text.splitlines()[1:]:
        (folder / line.split(",")[0]).write_bytes(_grey())
    return manifest


def _grey() -> bytes:
    return cv2.imencode(".png", np.full((20, 90), 90, np.uint8))[1].tobytes()


def test_manifest_rows_that_nobody_could_read_are_left_out(tmp_path: Path) -> None:
    """Illegible plates, drawings and rows without text are not scored."""
    text = (
        "file,text,country,x,y,w,h,legible,note\na.jpg,A1,RU,1,2,30,4,yes,\nb.jpg,B2,RU,1,2,3,4,partial,\n"
        "c.jpg,,RU,1,2,3,4,yes,\nd.jpg,D4,RU,1,2,3,4,yes,cg_render\n"
    )
    (row,) = read_manifest(_listed(tmp_path, text))
    assert (tmp_path / "a.jpg", "A1", 30.0) == (row.file, row.text, row.width_px)


def test_a_text_is_compared_as_the_gate_compares_plates(tmp_path: Path) -> None:
    """Lower case, Cyrillic letters and spaces are what people write of one plate; it is scored, not dropped."""
    text = "file,text\na.jpg,а 123 вс 77\nb.jpg,b123bc77\nc.jpg,С123ВС-77\n"
    assert ["A123BC77", "B123BC77", "C123BC77"] == [truth.text for truth in read_manifest(_listed(tmp_path, text))]


def test_rows_that_are_left_out_are_counted(tmp_path: Path) -> None:
    """A row that nobody expects to be read is no miss and does not vanish either: the report says how many and why."""
    text = (
        "file,text,legible,note\na.jpg,A1,,\nb.jpg,,,\nc.jpg,,yes,\nd.jpg,A6?,no,\ne.jpg,A1,,cg_render\nf.jpg,Ъ12,,\n"
    )
    manifest = _listed(tmp_path, text)
    why = {"without a text": 2, "not legible": 1, "no photograph": 1, "not in the reader's alphabet": 1}
    assert why == left_out(manifest)
    said = write("x", score(read_manifest(manifest), {}), tmp_path / "out", command="", aside=Aside(left_out=why))
    assert "not scored: 2 without a text, 1 not legible, 1 no photograph, 1 not in the reader's alphabet." in said
    assert why == json.loads((tmp_path / "out" / "x.json").read_text(encoding="utf-8"))["left_out"]


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
        write("one", rows, tmp_path / str(len(titles)), command="")
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
        (b"file,text,x,y,w,h\na.jpg,A1,0,0,-50,10\n", "manifest.csv:2: w is not above 0: '-50'"),
        (b"file,text,x,y,w,h\na.jpg,A1,1,1,5,0\n", "manifest.csv:2: h is not above 0: '0'"),
        (b"file,text,x,y,w,h\na.jpg,A1,-9,1,5,5\n", "manifest.csv:2: x puts the box outside its picture: '-9'"),
        (b"file,text,x,y,w,h\na.jpg,A1,,5,10,10\n", "manifest.csv:2: x is no number: ''"),
        (b"file,text,x\na.jpg,A1,5\n", "manifest.csv:2: y is no number: ''"),
        (b"file,text,x,y,w,h\na.jpg,A1,1,1,1" + b"0" * 5000 + b",5\n", "manifest.csv:2: w is no number: '10{38}$"),
        (b"file,text,x,y,w,h\na.jpg,A1,1,1,1" + b"0" * 90 + b",5\n", "manifest.csv:2: w is no number of pixels: '10+$"),
        (b"file,text,width_px\na.jpg,A1,-3\n", "manifest.csv:2: width_px is below 0: '-3'"),
        (b"file,text\na.jpg,A657?C2?\n", r"manifest.csv:2: text is no plate: 'A657\?C2\?'"),
        (b"file,text\na.jpg,\xc0\n", "UTF-8"),
        (b"file,text\n,A1\n", "manifest.csv:2: file: no picture"),
        (b"file,text\nbroken.jpg,A1\n", "manifest.csv:2: file: broken.jpg: "),
        (b"file,text\ngone.jpg,A1\n", "manifest.csv:2: file: no picture gone.jpg"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None, why: str) -> None:
    """The error says which file, which line and what is wrong with it."""
    manifest = tmp_path / "manifest.csv"
    for name in ("a.jpg", "broken.jpg"):
        (tmp_path / name).write_bytes(_grey() if name == "a.jpg" else b"no picture")
    if content is not None:
        manifest.write_bytes(content)
    with pytest.raises(FileUnusable, match=why):
        read_manifest(manifest)


@pytest.mark.parametrize("content", [None, b"", b"no picture"], ids=["missing", "empty", "broken"])
def test_a_picture_that_cannot_be_painted_over_is_named(tmp_path: Path, content: bytes | None) -> None:
    """Before the first picture is painted over, the manifest's line of one that cannot be opened is told."""
    text = "file,text,x,y,w,h\na.jpg,A1,1,2,30,4\nb.jpg,,1,2,30,4\n"
    manifest = _listed(tmp_path, text)
    (tmp_path / "b.jpg").unlink()
    if content is not None:
        (tmp_path / "b.jpg").write_bytes(content)
    with pytest.raises(FileUnusable, match=r"manifest\.csv:3: file: .*b\.jpg"):
        next(without_plates(manifest))


def test_a_picture_is_not_shrunk_to_nothing(tmp_path: Path) -> None:
    """A width at which a picture would have no height ends with the picture's name, as it would with ours and no other."""
    with pytest.raises(FileUnusable, match=r"a\.jpg: less than 8 pixels high or wide where its plate is 1 pixels wide"):
        list(shrunk(_listed(tmp_path, "file,text\na.jpg,A1\n"), 1))
