"""`okter territory move` and `okter directory register`, as an administrator calls them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cloud.cells.cell import Cell
from cloud.cells.move import Move
from cloud.cells.settings import read_cells, read_environment
from cloud.cli import main
from cloud.db.engine import Database
from cloud.db.models import Territory, utc_now
from cloud.directory.places import Places
from cloud.domain import closing
from cloud.pictures.files import FilePictures
from cloud.settings import SettingsInvalid
from tests.cloud.cells.conftest import territory_in
from tests.cloud.cells.live import signing_key
from tests.cloud.cells.moves import Killed
from tests.cloud.places import place_in


@pytest.fixture
def file(tmp_path: Path, migrated_sqlite: Path) -> Path:
    """Two SQLite cells, a directory and a key."""
    for name in ("east", "west"):
        (tmp_path / name).mkdir()
        shutil.copyfile(migrated_sqlite, tmp_path / name / "okter.db")
        lines = f"# the portal's settings\nOKTER_PUBLIC_URL='https://{name}.example.ru'\nOKTER_DATA={tmp_path / name}\n"
        (tmp_path / f"{name}.env").write_text(lines)
    key, _ = signing_key(tmp_path)
    path = tmp_path / "cells.toml"
    path.write_text(
        '[cells.east]\nenv = "east.env"\n[cells.west]\nenv = "west.env"\n'
        f'[moves]\nkey = "{key}"\ndirectory = "sqlite:///{tmp_path / "directory.db"}"\n'
    )
    path.chmod(0o600)
    return path


def cell(file: Path, name: str) -> Cell:
    folder = file.parent / name
    return Cell(name, f"https://{name}.example.ru", Database(f"sqlite:///{folder / 'okter.db'}"), FilePictures(folder))


def okter(*words: object) -> int:
    try:
        main([str(word) for word in words])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def test_register_move_and_move_again(file, capsys):
    """The directory learns what there is; a move says what it did; again it says where the territory is."""
    east, west = cell(file, "east"), cell(file, "west")
    with east.database.write() as session:
        code = place_in(session, "e1").ids["code"]
    directory = Database(f"sqlite:///{file.parent / 'directory.db'}")

    assert okter("directory", "register", "east", "--cells", file) == 0
    assert Places(directory).of_code(code).cell_url == east.url
    assert okter("territory", "move", code.replace("-", ""), "--to", "west", "--cells", file) == 0
    said = capsys.readouterr().out
    assert f"{code}: перенесена в ячейку west" in said
    assert "запись стояла" in said
    assert territory_in(west, code) is not None
    assert Places(directory).of_code(code).cell_url == west.url
    assert okter("territory", "move", code, "--to", "west", "--cells", file) == 0
    assert okter("territory", "move", code, "--to", "west", "--cells", file, "--cancel") == 1
    assert "поздно отменять" in capsys.readouterr().err
    for one in (east.database, west.database, directory):
        one.close()


def test_two_commands_at_once(file, capsys):
    """While one process moves a territory another, and --cancel, are refused in one line; the killed one is finished by the next."""
    east, west = cell(file, "east"), cell(file, "west")
    with east.database.write() as session:
        code = place_in(session, "e1").ids["code"]
    waits = [sys.executable, "-c", WAITS, code, *(str(file.parent / name / "okter.db") for name in ("east", "west"))]
    words = ("territory", "move", code, "--to", "west", "--cells", file)
    with subprocess.Popen(waits, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "frozen\n"
        for more in ((), ("--cancel",)):
            assert okter(*words, *more) == 1
            assert capsys.readouterr().err.splitlines() == [f"okter: {code}: территорию уже переносит другая команда"]
        first.kill()

    assert okter(*words) == 0
    assert territory_in(west, code) is not None
    assert territory_in(east, code) is None


WAITS = """
import sys
from pathlib import Path
from cloud.cells.cell import Cell
from cloud.cells.move import Move
from cloud.db.engine import Database
from cloud.pictures.files import FilePictures
code, *files = sys.argv[1:]
named = zip(("east", "west"), map(Path, files))
cells = [Cell(n, f"https://{n}.example.ru", Database(f"sqlite:///{f}"), FilePictures(f.parent)) for n, f in named]
Move(*cells, code, after=lambda done: done == "freeze" and (print("frozen", flush=True), sys.stdin.read())).run()
"""


def test_a_copy_without_its_territory_can_be_deleted(file, capsys, monkeypatch):
    """The command was killed while it copied, and the manager deleted the territory: the copy is named, and --cancel erases it."""
    east, west = cell(file, "east"), cell(file, "west")
    with east.database.write() as session:
        code = place_in(session, "e1").ids["code"]

    def kill(done: str) -> None:
        if done == "copy":
            raise Killed

    with pytest.raises(Killed):
        Move(east, west, code, after=kill).run()
    with east.database.write() as session:
        closing.delete(session, session.query(Territory).filter_by(code=code).one(), now=utc_now())
    words = ("territory", "move", code, "--to", "west", "--cells", file)

    assert okter(*words) == 1
    assert "--cancel удалит её" in capsys.readouterr().err
    with monkeypatch.context() as opened:  # by another command, between the look and the lock
        opened.setattr("cloud.cells.commands.erase_copy", lambda *_: False)
        assert okter(*words, "--cancel") == 1
    assert okter(*words, "--cancel") == 0
    assert territory_in(west, code) is None
    assert okter(*words) == 1
    assert "ни в одной ячейке" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("000-000", "--to", "west"), "ни в одной ячейке"),
        (("12", "--to", "west"), "из шести цифр"),
        (("000-000", "--to", "north"), "нет ячейки north"),
    ],
)
def test_a_wrong_word_is_told_in_one_line(file, capsys, words, why):
    """What is wrong, and nothing else; no traceback."""
    assert okter("territory", "move", *words, "--cells", file) in {1, 2}
    said = capsys.readouterr().err
    assert why in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[cells.east]\nenv = 'east.env'\n", "cells: нужны хотя бы две"),
        ("[cell.east]\n", "cell: такого раздела нет"),
        ("[cells.east]\nurl = 'x'\n[cells.west]\nenv = 'west.env'\n", "cells.east.url: такого ключа нет"),
        ("[cells.east]\nenv = 1\n[cells.west]\nenv = 'west.env'\n", "cells.east.env: нужен текст"),
        ("[cells.east]\nenv = 'none.env'\n[cells.west]\nenv = 'west.env'\n", "none.env"),
        ("[moves]\nkeys = ''\n[cells.east]\nenv = 'east.env'\n[cells.west]\nenv = 'west.env'\n", "moves.keys"),
        ("[cells", "cells.toml"),
    ],
)
def test_a_bad_cells_file_names_the_key(file, text, why):
    """File and key stand in the one line."""
    file.write_text(text)

    with pytest.raises(SettingsInvalid, match=why):
        read_cells(file)


def test_a_cells_file_that_all_may_read_is_refused(file):
    """It leads to passwords of databases."""
    file.chmod(0o644)

    with pytest.raises(SettingsInvalid, match="chmod 600"):
        read_cells(file)


def test_a_cell_without_tls_is_no_cell(file):
    """A gate follows to https:// alone; the command says so before anything has moved."""
    env = file.parent / "west.env"
    env.write_text(env.read_text().replace("https://west", "http://west"))

    with pytest.raises(SettingsInvalid, match="https://"):
        read_cells(file)


def test_an_environment_file_is_read_as_the_service_reads_it(tmp_path):
    """Comments, quotes and blanks; a line that is none is named by its number."""
    path = tmp_path / "okter.env"
    path.write_text("; a\n\nA=1\nB=\"two words\"\nC='x'\nD=a=b\n")
    assert read_environment(path) == {"A": "1", "B": "two words", "C": "x", "D": "a=b"}
    path.write_text("A=1\nnothing\n")
    with pytest.raises(SettingsInvalid, match="строка 2"):
        read_environment(path)
