"""gate.toml: every problem of a file is told at once, with its line, its key and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigError
from core.rules.policy import Approach
from edge.config import load
from edge.paths import config_dir
from tests.configs import SMALL, write_config


def written(tmp_path: Path, text: str | bytes) -> Path:
    file = tmp_path / "gate.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def told(tmp_path: Path, text: str | bytes) -> list[str]:
    """The problems of a text, without the folder."""
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, text))
    return [line.removeprefix(f"{tmp_path}/") for line in str(caught.value).splitlines()]


@pytest.mark.parametrize("file", sorted(config_dir().rglob("*.toml")), ids=lambda file: file.name)
def test_shipped_configs_load(file: Path) -> None:
    """Every config that is shipped is one that loads."""
    assert load(file).file == file


def test_relative_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path means the same wherever the command is started."""
    file = written(tmp_path, SMALL)
    monkeypatch.chdir("/")
    config = load(file)
    assert tmp_path / "state" == config.state_dir
    assert f"file:{tmp_path}/clip.mp4" == config.lanes[0].camera


def test_bom_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    """A file saved by Windows Notepad is read as it is meant."""
    assert load(written(tmp_path, b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())).site.name == "КПП-1"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('direction = "entry"', 'direction = "enter"', "gate.toml:8: lane.direction: "),
        ('direction = "entry"', "", "gate.toml:6: lane: нет ключа direction"),
        ('barrier = "main"', 'barrier = "main"\napproach = "sideways"', "gate.toml:11: lane.approach: "),
        ('barrier = "main"', 'barrier = "mian"', "gate.toml:10: lane.barrier: "),
        ('name = "КПП-1"', "nаme = 1", "gate.toml:2: nаme: в ключе русские буквы; такого ключа нет, есть name"),
        ('name = "КПП-1"', "name = КПП-1", "gate.toml:2: name: значение не понять"),
        ('name = "КПП-1"', 'name = "КПП-1', "gate.toml:2: name: "),
        ('name = "КПП-1"', 'nam = "КПП-1"', "gate.toml:2: site.nam: нет такого ключа; похоже на name"),
        ('"Europe/Moscow"', '"Europe/Moskow"', "gate.toml:3: site.timezone: "),
        ("file:clip.mp4", "rtps://a", "gate.toml:9: lane.camera: "),
        ('driver = "simulated"', 'driver = "simulate"', "gate.toml:14: barrier.driver: "),
        ('driver = "simulated"', 'driver = "simulated"\npulse_s = "0.7"', "gate.toml:15: barrier.pulse_s: "),
        ('driver = "simulated"', 'driver = "simulated"\npulse_s = 0,7', "gate.toml:15: pulse_s: "),
        ('driver = "simulated"', 'driver = "simulated"\npulse_s = 70', "gate.toml:15: barrier.pulse_s: "),
        ('driver = "simulated"', 'driver = "simulated"\npulse_s = nan', "gate.toml:15: barrier.pulse_s: "),
        ('driver = "simulated"', 'driver = "simulated"\nchannel = true', "gate.toml:15: barrier.channel: "),
        ("[site]", "[sight]", "gate.toml:1: sight: нет такого ключа; похоже на site"),
        ("[[lane]]", "[lane]", "gate.toml:6: lane: нужна таблица в двойных скобках"),
    ],
)
def test_one_fault_one_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """A fault is told once, on its own line, by its own key."""
    assert old in SMALL
    problems = told(tmp_path, SMALL.replace(old, new, 1))
    assert [expected] == [problem[: len(expected)] for problem in problems]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Also behind a line that is no TOML, and in the order of the file."""
    text = SMALL.replace('"КПП-1"', "КПП-1").replace('"state"', "5").replace('"simulated"', '"magic"')
    problems = told(tmp_path, text)
    assert ["gate.toml:2", "gate.toml:4", "gate.toml:14"] == [problem.split(": ")[0] for problem in problems]


def test_duplicate_names_point_at_the_first(tmp_path: Path) -> None:
    """Two barriers of one name would be one barrier too few."""
    problems = told(tmp_path, SMALL + '\n[[barrier]]\nname = "main"\ndriver = "simulated"\n')
    assert ['gate.toml:17: barrier.name: имя "main" уже есть в строке 13'] == problems


def test_what_the_relay_finds_is_told_with_its_line(tmp_path: Path) -> None:
    """Two barriers on one relay output: the second is told, on its line."""
    board = 'driver = "lcus"\nport = "/dev/ttyUSB0"\nchannel = 1\n'
    text = SMALL.replace('driver = "simulated"\n', board) + f'\n[[barrier]]\nname = "other"\n{board}'
    assert ["gate.toml:22: barrier.channel: этот выход уже занят шлагбаумом «main»"] == told(tmp_path, text)


def test_empty_file_names_what_is_needed(tmp_path: Path) -> None:
    """An empty file is told what a config needs at the least."""
    assert ["gate.toml:1: нет ни одной таблицы [[barrier]]", "gate.toml:1: нет ни одной таблицы [[lane]]"] == told(
        tmp_path, ""
    )


@pytest.mark.parametrize(
    ("content", "expected"), [(b'[site]\nname = "\xcf"\n', ":2: не UTF-8"), (b"x" * 2_000_000, ": больше 1 МБ")]
)
def test_not_a_config_at_all(tmp_path: Path, content: bytes, expected: str) -> None:
    """A file of another kind is refused in one line."""
    problems = told(tmp_path, content)
    assert 1 == len(problems)
    assert expected in problems[0]


def test_missing_file_and_folder(tmp_path: Path) -> None:
    """What cannot be read is named with the reason."""
    for path, why in ((tmp_path / "no.toml", "такого файла нет"), (tmp_path, "это папка, а нужен файл")):
        with pytest.raises(ConfigError) as caught:
            load(path)
        assert f"{path}: {why}" == str(caught.value)


def test_lane_changes_the_camera_for_itself(tmp_path: Path) -> None:
    """A key of [camera] repeated in a [[lane]] holds for that lane and leaves the others of [camera] in force."""
    text = SMALL.replace('barrier = "main"', 'barrier = "main"\nframe = 1') + "[camera]\nread_timeout_s = 7\n"
    config = load(written(tmp_path, text.replace("frame = 1", "open_timeout_s = 9")))
    assert (9.0, 7.0) == (config.lanes[0].view.open_timeout_s, config.lanes[0].view.read_timeout_s)
    assert 4.0 == config.camera.open_timeout_s


def test_a_lane_is_told_which_way_it_looks(tmp_path: Path) -> None:
    """`approach` of a [[lane]] reaches the core; without it the lane finds out by itself."""
    away = load(written(tmp_path, SMALL.replace('barrier = "main"', 'barrier = "main"\napproach = "away"', 1)))
    silent = load(written(tmp_path, SMALL))
    assert [Approach.AWAY, Approach.AUTO] == [one.core_site(run_id="r").lanes[0].approach for one in (away, silent)]


def test_search_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--config before $GATE_CONFIG before the shipped default."""
    named = written(tmp_path, SMALL)
    other = tmp_path / "other.toml"
    other.write_text(SMALL)
    monkeypatch.setenv("GATE_CONFIG", str(other))
    assert named == load(named).file
    assert other == load().file
    monkeypatch.delenv("GATE_CONFIG")
    assert load().file.name == "gate.toml"


def test_anti_passback_needs_an_exit(tmp_path: Path) -> None:
    """Who has left is not known of a site without an exit lane: told at the key."""
    with pytest.raises(ConfigError, match=r"policy\.anti_passback_h: нужен проезд"):
        load(write_config(tmp_path, "[policy]\nanti_passback_h = 12\n"))


def test_an_entrance_has_a_name(tmp_path: Path) -> None:
    """An empty one is a fault of that key, not a page without a title."""
    with pytest.raises(ConfigError, match=r"site\.name: имя пусто"):
        load(write_config(tmp_path, replacing=('name = "КПП-1"', 'name = " "')))


def test_two_lanes_are_not_called_the_same(tmp_path: Path) -> None:
    """By title, or by a title that is another's name: the guard could open the wrong one."""
    second = '[[lane]]\nname = "north"\ntitle = "entry"\ndirection = "entry"\ncamera = "file:a.mp4"\nbarrier = "main"\n'
    with pytest.raises(ConfigError, match=r'lane\.title: "entry" уже зовётся проезд из строки 7'):
        load(write_config(tmp_path, second))
