"""Moves that were cut off: the operator is told of each by name and with its cure, and of what nobody could see."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from cloud.cells.freeze import freeze, frozen
from cloud.cells.move import Move
from cloud.cells.turn import turn
from cloud.db.engine import Database
from cloud.db.models import Arrival, utc_now
from cloud.directory.places import Places
from cloud.sweeper import sweep
from tests.cloud.cells.conftest import territory_in
from tests.cloud.cells.moves import STEPS, Killed
from tests.cloud.cells.test_commands import cell, file, okter  # noqa: F401  # a fixture
from tests.cloud.cells.test_sweep import Quiet, portal  # noqa: F401  # a fixture
from tests.cloud.places import place_in

EAST = "https://east.example.ru"


@pytest.fixture
def two(file):  # noqa: F811
    """The two cells of the file."""
    cells = cell(file, "east"), cell(file, "west")
    yield cells
    for one in cells:
        one.close()


def cut_off(east, west, step):
    """The code of a territory whose move was killed after a step."""
    with east.database.write() as session:
        code = place_in(session, "e1").ids["code"]

    def kill(done: str) -> None:
        if done == step:
            raise Killed

    with pytest.raises(Killed):
        Move(east, west, code, after=kill).run()
    return code


def without_east(file: Path) -> Path:  # noqa: F811
    """The file of somebody who knows the cells west and north."""
    folder = file.parent / "north"
    folder.mkdir()
    shutil.copyfile(file.parent / "template.db", folder / "okter.db")
    env = (file.parent / "west.env").read_text().replace("west", "north")
    (file.parent / "north.env").write_text(env)
    other = file.with_name("other.toml")
    other.write_text(file.read_text().replace("east", "north"))
    other.chmod(0o600)
    return other


@pytest.mark.parametrize("step", STEPS)
def test_a_move_that_was_cut_off_is_found_and_its_cure_ends_it(file, two, capsys, step):  # noqa: F811
    """Wherever it was killed, one line names territory, cell and command; after that command nothing is left to find."""
    code = cut_off(*two, step)

    assert 1 == okter("territory", "check", "--cells", file)
    line, told = capsys.readouterr().out.splitlines()
    command = f"okter territory move {code} --to west --cells {file}"
    assert line.startswith(f"{code}: ")
    assert command in line
    assert ("запись стоит" in line) == (step in STEPS[2:5])
    assert "ячеек 2, прерванных переносов 1" == told

    assert 0 == okter(*command.split()[1:])
    capsys.readouterr()
    assert 0 == okter("territory", "check", "--cells", file)
    assert "ячеек 2, прерванных переносов 0\n" == capsys.readouterr().out


def test_a_move_that_goes_on_is_no_fault(file, two, capsys):  # noqa: F811
    """While a command has its turn, its territory is named as moving, and nothing is to be done."""
    code = cut_off(*two, "freeze")
    with turn(code, *two):
        assert 0 == okter("territory", "check", "--cells", file)

    assert f"{code}: переносится сейчас из ячейки east" in capsys.readouterr().out


@pytest.mark.parametrize("step", ["freeze", "open"])
@pytest.mark.parametrize("more", [(), ("--cancel",)])
def test_a_cell_that_the_file_does_not_name_is_asked_for(file, two, capsys, migrated_sqlite, step, more):  # noqa: F811
    """Without the cell that the territory comes from nothing is done or undone: where it may stand still is said by address."""
    east, west = two
    code = cut_off(*two, step)
    shutil.copyfile(migrated_sqlite, file.parent / "template.db")
    other = without_east(file)

    assert 1 == okter("territory", "move", code, "--to", "west", "--cells", other, *more)
    said = capsys.readouterr().err
    assert EAST in said
    assert str(other) in said
    assert 1 == said.count("\n")
    assert 1 == okter("territory", "check", "--cells", other)
    assert EAST in capsys.readouterr().out
    assert territory_in(west, code) is not None
    assert frozen(east.database)

    assert 0 == okter("territory", "move", code, "--to", "west", "--cells", file)
    assert territory_in(east, code) is None
    with west.database.read() as session:
        assert "" == session.get_one(Arrival, code).from_url


def test_the_directory_knows_a_cell_that_the_file_does_not_name(file, two, capsys, migrated_sqlite):  # noqa: F811
    """A territory of such a cell is not called missing: the line says where it is and what to write into the file."""
    east, _ = two
    with east.database.write() as session:
        code = place_in(session, "e1").ids["code"]
    directory = Database(f"sqlite:///{file.parent / 'directory.db'}")
    Places(directory).claim(code, EAST, now=utc_now())
    directory.close()
    shutil.copyfile(migrated_sqlite, file.parent / "template.db")

    assert 1 == okter("territory", "move", code, "--to", "west", "--cells", without_east(file))

    assert f"по справочнику территория в {EAST}" in capsys.readouterr().err


def test_a_cell_that_does_not_answer_is_unknown(file, two, capsys):  # noqa: F811
    """What cannot be seen is told as unknown, and is no reason to call the rest well."""
    (file.parent / "east" / "okter.db").write_bytes(b"no database" * 1000)

    assert 1 == okter("territory", "check", "--cells", file)

    assert "east: не отвечает" in capsys.readouterr().out


def test_the_portal_names_a_territory_that_nobody_moves(portal, caplog):  # noqa: F811
    """The hourly sweep says in the log which territory takes no writes and how to go on; while a command moves it, it does not."""
    with portal.database.read() as session:
        number, code = session.connection().exec_driver_sql("SELECT id, code FROM territories ORDER BY id").first()
    freeze(portal.database, number)
    with caplog.at_level(logging.ERROR), turn(code, portal):
        sweep(portal, Quiet())
    assert [] == caplog.messages

    sweep(portal, Quiet())

    (line,) = caplog.messages
    assert line.startswith(f"{code}: takes no writes")
    assert portal.settings.public_url in line
