"""`gate` itself: help without imports, one-line errors, exit codes."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge.cli import COMMANDS, main
from edge.config import find
from edge.config.describe import all_keys
from relay.process.outputs_in_use import remember, remembered
from relay.settings import BarrierSettings, RelayPlan
from tests.configs import write_config

HEAVY = ("cv2", "numpy", "onnxruntime", "httpx", "sqlite_utils", "sqlite3", "starlette", "jinja2")


def outcome(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(argv)
    captured = capsys.readouterr()
    return stopped.value.code, captured.out, captured.err


def imported_by(statement: str) -> set[str]:
    """The heavy packages that a fresh interpreter has after `statement`."""
    code = f"import sys\n{statement}\nprint(*(set(sys.modules) & set({HEAVY!r})))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.splitlines()[-1].split()) if done.stdout.strip() else set()


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Every command stands in the help with its sentence."""
    code, out, _ = outcome(capsys, "--help")
    assert 0 == code
    assert [] == [name for name, (_, ru, _) in COMMANDS.items() if f"  {name} " not in out or ru[:20] not in out]


def test_help_and_config_import_nothing_heavy() -> None:
    """`gate --help` and reading a config stay light: the relay process starts through them."""
    assert set() == imported_by("import edge.cli, edge.config; edge.config.load()")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command of the table can be loaded and explains itself."""
    code, out, _ = outcome(capsys, name, "--help")
    assert 0 == code
    assert f"gate {name}" in out


@pytest.mark.parametrize(
    "argv", [("opne",), ("run", "--nonsense"), ("read", "--crop", "--live", "a.jpg"), ("config", "explain", "pulses")]
)
def test_wrong_arguments_are_one_line(argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped command, option or key: one line on stderr and exit code 2."""
    code, out, err = outcome(capsys, *argv)
    assert (2, "", 1) == (code, out, len(err.splitlines()))


def test_mistyped_command_names_the_near_one(capsys: pytest.CaptureFixture[str]) -> None:
    """The command that was probably meant is named."""
    assert "похоже на open" in outcome(capsys, "opne")[2]


def test_bad_config_ends_with_two(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bad config ends with 2 and lines an editor can jump to."""
    file = tmp_path / "gate.toml"
    file.write_text("[site]\nname = 5\n")
    code, _, err = outcome(capsys, "config", "check", "--config", str(file))
    assert 2 == code
    assert f"{file}:2: site.name: " in err


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("barrier", "barrier.pulse_s"),
        ("[[barrier]]", "barrier.driver"),
        ("lane", "lane.approach"),
        ("lane.zone", "camera.zone"),
        ("lane.entry.zone", "camera.zone"),
        ("console.password_file", "console.password"),
        ("lane.camera_password_file", "lane.camera_password"),
        ("token_file", "telegram.token"),
    ],
)
def test_explain_of_a_table_tells_its_keys(name: str, key: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A table's name means its keys, also where a key is called the same; a key is found as the file or `set` names it."""
    assert key in outcome(capsys, "config", "explain", name)[1]


def test_explain_tells_type_range_and_default(capsys: pytest.CaptureFixture[str]) -> None:
    """`gate config explain` tells what a key is, what it may be and what it is if left out."""
    code, out, _ = outcome(capsys, "config", "explain", "barrier.pulse_s")
    assert 0 == code
    assert "число от 0.2 до 5 с; по умолчанию 0.7" in out


def test_english_on_request(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """GATE_LANG=en gives the English words."""
    monkeypatch.setenv("GATE_LANG", "en")
    assert "did you mean open?" in outcome(capsys, "opne")[2]


def test_explain_writes_bounds_and_units_as_people_do(capsys: pytest.CaptureFixture[str]) -> None:
    """Bounds stand as they would in the file, never as 1e+06, and units are Russian words."""
    keys = [item.key for item in all_keys()]

    assert [] == [key.name for key in keys if "e+" in key.allowed]
    assert [] == [key.name for key in keys if key.unit and key.allowed.endswith(f" {key.unit}")]
    assert "от 1 до 3650 дней" in outcome(capsys, "config", "explain", "store.keep_days")[1]


def test_explain_names_the_file_that_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The list of keys begins with the file that holds: the one of --config."""
    config = write_config(tmp_path)

    assert str(config) == outcome(capsys, "config", "explain", "--config", str(config))[1].splitlines()[0]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can leave files of its own in another's folder")
@pytest.mark.parametrize("words", ["relay-test", "check", "passes add A777AA77"])
def test_root_leaves_the_state_folder_to_the_service(
    words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `sudo gate …` makes in the state folder belongs to the folder's owner, who has to open it later."""
    state = tmp_path / "state"
    state.mkdir()
    os.chown(state, 65534, 65534)
    (tmp_path / "foreign").write_text("")
    os.link(tmp_path / "foreign", state / "linked")

    outcome(capsys, *words.split(), "--config", str(write_config(tmp_path)))

    assert [state / "linked"] == [path for path in state.iterdir() if path.stat().st_uid != 65534]
    assert words.startswith("check") or 1 < len(list(state.iterdir()))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can leave files of its own in another's folder")
def test_what_roots_relay_has_left_stays_roots(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`sudo gate status` beside a relay that root runs: were its record given away, root would not switch off by it any more."""
    state = tmp_path / "state"
    state.mkdir()
    os.chown(state, 65534, 65534)
    remember(RelayPlan(state_dir=str(state), barriers=(BarrierSettings(name="main"),)))

    outcome(capsys, "passes", "list", "--config", str(write_config(tmp_path)))

    assert remembered(state) is not None


@pytest.mark.parametrize("words", ["passes list", "passes check A777AA77", "passes export"])
def test_looking_at_the_list_leaves_nothing_behind(
    words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command that only looks makes no file, not even on a box that has no list yet."""
    outcome(capsys, *words.split(), "--config", str(write_config(tmp_path)))
    assert [] == [path for path in (tmp_path / "state").glob("*") if path.is_file()]


class ClosedPath(type(Path())):
    """A path in a folder that may not be looked into."""

    def stat(self, **facts: object) -> os.stat_result:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    def open(self, *how: object, **facts: object) -> object:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))


def test_an_installed_config_that_may_not_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without sudo the installed config is named in one line; the shipped default does not silently take its place."""
    monkeypatch.setattr(find, "INSTALLED_CONFIG", ClosedPath("/etc/okter-gate/gate.toml"))
    monkeypatch.delenv("GATE_CONFIG", raising=False)

    code, out, err = outcome(capsys, "config", "check")

    assert (2, "", 1) == (code, out, len(err.splitlines()))
    assert "/etc/okter-gate/gate.toml" in err
    assert "sudo" in err


@pytest.mark.parametrize("command", ["events", "why x"])
def test_a_state_folder_that_is_closed_is_one_line(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without sudo the journal of an installed gate is refused in one line that says so, never by a traceback."""
    config = write_config(tmp_path)
    real = Path.stat

    def closed(self: Path, **facts: object) -> os.stat_result:
        return ClosedPath(self).stat() if self.name == "journal.db" else real(self, **facts)

    monkeypatch.setattr(Path, "stat", closed)

    code, _, err = outcome(capsys, *command.split(), "--config", str(config))

    assert (1, 1) == (code, len(err.splitlines()))
    assert "sudo" in err
