"""`gate config set` and `rollback`: one line changes, comments stay, what does not hold is never written."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigError
from edge.config import load
from edge.config.describe import all_keys
from edge.config.edit import GENERATIONS, roll_back, set_value, value_in, with_value
from edge.config.keys import Key
from edge.paths import default_config
from tests.configs import write_config


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "gate.toml"
    path.write_text(default_config().read_text(encoding="utf-8"), encoding="utf-8")
    path.chmod(0o640)
    return path


def test_one_line_changes_and_its_comment_stays(file: Path) -> None:
    """Everything else is byte for byte what it was; the comment keeps its column; permissions are kept."""
    before = file.read_text().splitlines()
    assert ("0.85", "0.9") == set_value(file, "policy.open_confidence", "0.9")
    after = file.read_text().splitlines()
    (changed,) = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed[1].startswith("open_confidence = 0.9")
    assert changed[0].index("#") == changed[1].index("#")
    assert changed[0].partition("#")[2] == changed[1].partition("#")[2]
    assert 0.9 == load(file).policy.open_confidence
    assert 0o640 == file.stat().st_mode & 0o777


def test_a_key_that_was_not_there_is_added_to_its_table(file: Path) -> None:
    """Below the header of its table, or with a new table at the end."""
    set_value(file, "policy.min_frames", "3")
    set_value(file, "lane.entry.zone", "[0.1, 0.2, 0.9, 1.0]")
    set_value(file, "metrics.port", "9480")
    config = load(file)
    assert (3, 9480) == (config.policy.min_frames, config.metrics.port)
    assert (0.1, 0.2, 0.9, 1.0) == config.lanes[0].view.zone


def test_words_need_no_quotes(file: Path) -> None:
    """A text may be typed bare, with the signs that a text may have."""
    set_value(file, "site.name", 'Южный "въезд" #2')
    assert 'Южный "въезд" #2' == load(file).site.name
    set_value(file, "site.name", "КПП-2")
    assert "КПП-2" == load(file).site.name


@pytest.mark.parametrize(
    ("name", "typed", "why"),
    [
        ("policy.open_confidence", "7", "0.5"),
        ("policy.open_confidence", "сильно", "не значение"),
        ("policy.open_confidense", "0.9", "open_confidence"),
        ("polisy.open_confidence", "0.9", "таблицы"),
        ("lane.entry.camera", "192.168.1.64", "rtsp://192.168.1.64"),
        ("lane.elsewhere.zone", "[0, 0, 1, 1]", "entry"),
        ("lane.entry.name", "exit", "рукой"),
        ("console.password", "x", "password_file"),
        ("console.password_file", "no-such-file", "no-such-file"),
        ("site.timezone", "Mars/Base", "Mars/Base"),
        ("site.name", "a\nb", "одну строку"),
    ],
)
def test_what_does_not_hold_is_not_written(file: Path, name: str, typed: str, why: str) -> None:
    """One line says what is wrong; the file and its generations are untouched."""
    before = file.read_bytes()
    with pytest.raises(ConfigError, match=why):
        set_value(file, name, typed)
    assert before == file.read_bytes()
    assert [] == list(file.parent.glob("gate.toml.?"))


def test_generations_are_kept_and_the_last_comes_back(file: Path) -> None:
    """The newest five; a second roll-back undoes the first; without one there is nothing to go back to."""
    with pytest.raises(ConfigError, match="прежних"):
        roll_back(file)
    first = file.read_text()
    for number in range(GENERATIONS + 3):
        set_value(file, "policy.min_frames", str(number + 2))
    assert GENERATIONS == len(list(file.parent.glob("gate.toml.?")))
    newest = file.read_text()
    roll_back(file)
    assert str(GENERATIONS + 3) == value_in(file.read_text(), "policy.min_frames")
    roll_back(file)
    assert newest == file.read_text() != first


def test_a_file_with_a_fault_is_not_made_worse(tmp_path: Path) -> None:
    """What does not parse is left to a hand; the command says so."""
    file = write_config(tmp_path, "\n[policy]\nopen_confidence = = 1\n")
    with pytest.raises(ConfigError):
        set_value(file, "policy.min_frames", "3")
    file = write_config(tmp_path, "\n[policy]\nmin_frames = 3\nopen_confidence = = 1\n")
    with pytest.raises(ConfigError):
        set_value(file, "policy.min_frames", "3")  # nothing to change: a fault elsewhere is told all the same


def value_of(key: Key) -> str:
    """Some value of the key's type."""
    if key.kind is bool:
        return "true"
    return '"x"' if key.kind in {str, Path} else "1"


@pytest.mark.parametrize(
    "item", [one for one in all_keys() if not one.many and not one.key.secret], ids=lambda one: one.name
)
def test_every_single_key_has_its_place(item, file: Path) -> None:
    """Any key of any table can be found, set in the text and read back from it."""
    text = (
        with_value(file.read_text(), item.name, value_of(item.key)) if item.key.kind in {bool, str, int, float} else ""
    )
    if text:
        assert value_of(item.key) == value_in(text, item.name)


@pytest.mark.parametrize(
    ("camera", "cure"),
    [
        ("rtsp://admin:pa#ss@192.168.1.64/1", "camera_password_file"),
        ("rtsp://admin:pa/ss@192.168.1.64/1", "camera_password_file"),
        ("192.168.1.64", "rtsp://192.168.1.64"),
        ("192.168.1.64:554/Streaming/Channels/101", "rtsp://192.168.1.64:554/Streaming/Channels/101"),
        ("/home/pi/clip.mp4", "file:/home/pi/clip.mp4"),
        ("clip.mp4", "file:clip.mp4"),
        ("0", "/dev/video0"),
    ],
)
def test_a_cameras_address_that_is_none_names_its_cure(tmp_path: Path, camera: str, cure: str) -> None:
    """What people write, and what it should be."""
    with pytest.raises(ConfigError, match=cure):
        load(write_config(tmp_path, replacing=("file:clip.mp4", camera)))
