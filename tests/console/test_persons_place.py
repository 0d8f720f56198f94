"""The users of the page move where no service can write them: nobody is lost on the way, nor by a program of before."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edge.config import load
from edge.doctor import units
from edge.doctor.persons import persons as examined
from edge.persons import Persons, PersonsUnread, Role
from edge.persons_place import BEFORE, FILE_NAME, Old, PersonsNotOurs, old_of, place_of, settle
from edge.store.archive import read_archive, write_archive
from tests.commands import in_this_process
from tests.configs import write_config

PIN = "482913"
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Cut(BaseException):
    """The power went."""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The state folder of a box with two users of the page, as a version before has left it."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o750)
    persons = Persons(folder)
    persons.put("Иван", Role.GUARD, PIN)
    persons.put("Анна", Role.TECHNICIAN, "длинный пароль")
    return folder


def found_before(state: Path) -> list[str]:
    """Whom a program of before finds: it knows one place."""
    return [one["name"] for one in json.loads((state / FILE_NAME).read_bytes())]


def changed_before(state: Path, change: Callable[[list[Any]], list[Any]]) -> None:
    """A program of before changes them: a file beside, and a rename over what is there."""
    new = state / ".new"
    new.write_text(json.dumps(change(json.loads((state / FILE_NAME).read_bytes()))), encoding="utf-8")
    new.replace(state / FILE_NAME)


def names(state: Path) -> list[str]:
    return [one.name for one in Persons(state).all()]


def test_they_move_with_their_secrets(state: Path) -> None:
    """After it the file is in a folder of its own, read by the group, and the page that has been running sees it there."""
    running = Persons(state)
    before = running.all()
    assert Old.SAME is settle(state)
    place = place_of(state)
    assert (True, state.with_name("state-users")) == (place.apart, place.folder)
    assert (0o750, 0o640) == (stat.S_IMODE(place.folder.stat().st_mode), stat.S_IMODE(place.file.stat().st_mode))
    assert state.stat().st_gid == place.file.stat().st_gid
    assert before == running.all()
    assert running.admitted("Иван", PIN) is not None
    assert Old.LINK is old_of(state)
    assert Old.LINK is settle(state)


@pytest.mark.parametrize("step", range(30))
def test_a_power_cut_at_each_step_loses_nobody(state: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Whatever of the move was done, both programs find everybody, and the next try finishes it."""
    left = [step]

    def cut(name: str, whole: Any) -> Any:
        def done(*given: Any, **named: Any) -> Any:
            if not left[0]:
                raise Cut(name)
            left[0] -= 1
            return whole(*given, **named)

        return done

    with monkeypatch.context() as patch:
        for name in ("mkdir", "rename", "replace", "symlink_to", "chmod", "unlink"):
            patch.setattr(Path, name, cut(name, getattr(Path, name)))
        for name in ("fsync", "chown", "fchmod"):
            patch.setattr(os, name, cut(name, getattr(os, name)))
        try:
            settle(state)
        except Cut:
            assert step < 15
        else:
            assert step > 8
    assert {"Анна", "Иван"} == set(names(state)) == set(found_before(state))
    settle(state)
    assert Old.LINK is old_of(state)
    assert {"Анна", "Иван"} == set(names(state)) == set(found_before(state))
    assert [] == [one for one in (*state.parent.iterdir(), *state.iterdir()) if one.name.endswith((".part", ".link"))]


def test_a_program_of_before_sees_what_was_changed_meanwhile(state: Path) -> None:
    """It reads through the link: a new PIN is new, who was removed is gone."""
    settle(state)
    persons = Persons(state)
    persons.put("Пётр", Role.GUARD, "771305")
    persons.remove("Анна")
    assert {"Иван", "Пётр"} == set(found_before(state))


def test_what_a_program_of_before_has_changed_is_told_and_not_believed(state: Path) -> None:
    """A service can write that place as well: it is taken when root says so, and what was in force is kept beside it."""
    config = write_config(state.parent)
    settle(state)
    changed_before(state, lambda found: [one for one in found if one["name"] != "Анна"])
    assert (["Иван"], ["Анна", "Иван"]) == (found_before(state), names(state))
    done = in_this_process("console", "user", "settle", config=config)
    assert (1, True) == (done.returncode, "--take-old" in done.stderr)
    assert ["Анна", "Иван"] == names(state)
    assert "--take-old" in in_this_process("console", "user", "list", config=config).stderr
    done = in_this_process("console", "user", "settle", "--take-old", config=config)
    assert (0, ["Иван"]) == (done.returncode, names(state)), done.stderr
    assert Old.LINK is old_of(state)
    kept = place_of(state).folder / BEFORE
    assert 0o600 == stat.S_IMODE(kept.stat().st_mode)
    assert "Анна" in kept.read_text(encoding="utf-8")


def test_the_last_one_removed_by_a_program_of_before(state: Path) -> None:
    """It takes the link away; who is in force stays in force, and the link is put back."""
    settle(state)
    (state / FILE_NAME).unlink()
    assert Old.NOTHING is settle(state)
    assert {"Анна", "Иван"} == set(names(state)) == set(found_before(state))


@pytest.mark.parametrize("kind", ["link", "second name", "pipe", "long", "nonsense"])
def test_what_a_service_lays_there_is_not_read_by_root(state: Path, tmp_path: Path, kind: str) -> None:
    """Neither through a link, nor a file that has another name elsewhere, a pipe, a file too long, or no list of persons."""
    config = write_config(state.parent)
    settle(state)
    old, other = state / FILE_NAME, tmp_path / "secret"
    other.write_text("[]")
    old.unlink()
    {
        "link": lambda: old.symlink_to(other),
        "second name": lambda: old.hardlink_to(other),
        "pipe": lambda: os.mkfifo(old),
        "long": lambda: old.write_bytes(b" " * (1 << 17)),
        "nonsense": lambda: old.write_bytes(b"{"),
    }[kind]()
    assert Old.OTHER is old_of(state)
    done = in_this_process("console", "user", "settle", "--take-old", config=config)
    assert 0 != done.returncode
    assert ["Анна", "Иван"] == names(state)


def test_a_strange_link_is_called_one(state: Path, tmp_path: Path) -> None:
    """Nobody is sent to take what cannot be taken: list, settle, --take-old and `gate check` say that it is a link, and what to do."""
    config = write_config(state.parent)
    settle(state)
    old = state / FILE_NAME
    old.unlink()
    old.symlink_to(tmp_path / "elsewhere")
    said = [
        in_this_process("console", "user", *words, config=config).stderr
        for words in (("list",), ("settle",), ("settle", "--take-old"))
    ]
    (told,) = examined(load(config))

    for words in (*said, told.text + told.cure):
        assert "ссылка" in words
        assert "--take-old" not in words
        assert "symbolic" not in words

    old.unlink()
    assert 0 == in_this_process("console", "user", "settle", config=config).returncode


def test_a_box_without_persons_gets_the_folder_all_the_same(tmp_path: Path) -> None:
    """Nobody is wanted before and after; whoever is named then is named there, and found by a program of before."""
    state = tmp_path / "state"
    state.mkdir()
    settle(state)
    persons = Persons(state)
    assert not persons.wanted
    persons.put("Иван", Role.GUARD, PIN)
    assert ["Иван"] == found_before(state)
    assert persons.remove("Иван")
    assert not persons.wanted
    assert not Persons(state).all()


def test_persons_who_are_lost_let_nobody_in(state: Path) -> None:
    """A state folder whose persons lay on another card: the link leads nowhere, the page is closed, nothing is made of it."""
    settle(state)
    for file in (place_of(state).file, place_of(state).folder):
        file.unlink() if file.is_file() else file.rmdir()
    persons = Persons(state)
    assert persons.wanted
    assert persons.admitted("Иван", PIN) is None
    with pytest.raises(PersonsUnread):
        persons.all()
    with pytest.raises(PersonsNotOurs):
        settle(state)


def test_persons_who_are_missing_from_the_folder_let_nobody_in(state: Path) -> None:
    """A file that a bad card lost is no list without persons: the page is closed, and the check says what is missing."""
    settle(state)
    place_of(state).file.unlink()
    persons = Persons(state)
    assert persons.wanted
    assert persons.admitted("Иван", PIN) is None
    with pytest.raises(PersonsUnread, match="пропал"):
        persons.all()


def test_a_folder_of_somebody_else_is_not_believed(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a state folder in everybody's folder another may lay one: only root's and the owner's counts."""
    (state.parent / "state-users").mkdir()
    assert place_of(state).apart
    real = Path.lstat

    def another(path: Path) -> os.stat_result:
        found = list(real(path))
        found[stat.ST_UID] = 12345
        return os.stat_result(found)

    monkeypatch.setattr(Path, "lstat", another)
    assert not place_of(state).apart
    assert ["Анна", "Иван"] == names(state)


@pytest.mark.parametrize("kind", ["link", "file"])
def test_a_folder_that_is_not_believed_is_not_nobody(state: Path, kind: str) -> None:
    """Who was named in it is not known: with nobody named beside it the page is closed, and `gate check` says why."""
    config = load(write_config(state.parent))
    settle(state)
    place_of(state).folder.rename(state.parent / "elsewhere")
    (state / FILE_NAME).unlink()  # a service can
    assert not Persons(state).wanted
    odd = state.parent / "state-users"
    odd.symlink_to(state.parent / "elsewhere") if kind == "link" else odd.write_text("")
    persons = Persons(state)
    assert persons.wanted
    assert persons.admitted("Иван", PIN) is None
    with pytest.raises(PersonsUnread, match="не папка root"):
        persons.all()
    with pytest.raises(PersonsNotOurs, match="не папка root"):
        settle(state)
    assert [False] == [told.well for told in examined(config)]


def test_a_pipe_is_no_empty_file(state: Path) -> None:
    """What lies at the old place and is no plain file is not moved as if nobody were named in it."""
    (state / FILE_NAME).unlink()
    os.mkfifo(state / FILE_NAME)
    with pytest.raises(PersonsNotOurs):
        settle(state)
    assert not place_of(state).apart


AS_A_SERVICE = """
cd "$1" || exit 1
grep -q Иван state/console-users.json && echo read
for try in 'echo > $users/console-users.json' 'rm -f $users/console-users.json' 'touch $users/x' 'mv $users state/x'; do
  users=state-users sh -c "$try" 2> /dev/null || echo refused
done
rm -f state/console-users.json && echo replaced
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_the_account_of_the_services_reads_and_cannot_write(tmp_path: Path) -> None:
    """It owns the state folder: it can replace what lies there, and neither the file in force nor its folder."""
    service = 54321
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # that of the test is root's alone
        Path(folder).chmod(0o755)
        state = Path(folder) / "state"
        state.mkdir(mode=0o750)
        Persons(state).put("Иван", Role.GUARD, PIN)
        for path in (state, state / FILE_NAME):
            os.chown(path, service, service)
        settle(state)
        tried = subprocess.run(
            ["/bin/sh", "-c", AS_A_SERVICE, "sh", folder],
            user=service, group=service, extra_groups=[], capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ["read", *["refused"] * 4, "replaced"] == tried.stdout.split(), tried.stderr
        assert ["Иван"] == names(state)


def test_who_is_not_root_is_told_so(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither added nor removed nor restored, in one line that says what to type; who is named stays."""
    config = write_config(state.parent)
    file = state.parent / "box.tar.gz"
    write_archive(file, state_dir=state, config=config, version="1", now=NOW)
    settle(state)
    closed = place_of(state).folder
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode, **named: path != closed and real(path, mode, **named))
    done = in_this_process("console", "user", "remove", "Анна", config=config)
    assert (1, 1) == (done.returncode, len(done.stderr.splitlines()))
    assert "sudo" in done.stderr
    before = {one.name for one in state.iterdir()}
    with pytest.raises(PersonsNotOurs):
        read_archive(file, state_dir=state, now=NOW)
    assert before == {one.name for one in state.iterdir()}
    assert ["Анна", "Иван"] == names(state)


def test_a_box_in_one_file_takes_them_from_there_and_brings_them_there(state: Path, tmp_path: Path) -> None:
    """`gate backup` reads the persons in force; `gate restore` puts them in force, keeps those of before, and leaves the link."""
    config = write_config(state.parent)
    settle(state)
    file = tmp_path / "box.tar.gz"
    assert FILE_NAME in write_archive(file, state_dir=state, config=config, version="1", now=NOW).files
    Persons(state).remove("Анна")
    read_archive(file, state_dir=state, now=NOW)
    assert ["Анна", "Иван"] == names(state)
    assert Old.LINK is old_of(state)
    (aside,) = state.glob("before-restore-*")
    assert "Анна" not in (aside / FILE_NAME).read_text(encoding="utf-8")


def test_the_doctor_says_where_they_lie(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a desk nothing; on an installed box that has not moved them, what moves them; afterwards how many, or what is odd."""
    config = load(write_config(state.parent))
    assert [] == list(examined(config))
    monkeypatch.setattr(units, "installed", lambda _: True)
    (told,) = examined(config)
    assert (False, True) == (told.well, "--units" in told.cure)
    settle(state)
    (told,) = examined(config)
    assert (True, True) == (told.well, "2" in told.text)
    changed_before(state, lambda found: found[:1])
    (told,) = examined(config)
    assert (False, True) == (told.well, "--take-old" in told.cure)
    (state / FILE_NAME).unlink()
    (told,) = examined(config)
    assert (False, "sudo gate console user settle") == (told.well, told.cure)
    place_of(state).file.write_text("{")
    (told,) = examined(config)
    assert (False, True) == (told.well, "restore" in told.cure)
