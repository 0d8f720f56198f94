"""What an earlier version left on a disk is all there in this one: list, journal, persons, settings, the portal's database.

The states were recorded by `tests/upgrade/record.py` in checkouts of those versions; none is ever made by this one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from cloud.db.engine import Database
from cloud.db.migrate import current_version, migrate, newest_version
from cloud.domain import passwords
from edge.persons import Persons
from edge.runtime.control import ControlClient, GateAbsent
from tests.commands import in_this_process
from tests.patience import PATIENCE_S, until

STATES = Path(__file__).with_name("states")
VERSIONS = sorted(path.name for path in STATES.iterdir() if path.is_dir())
FILED = {"A481MP77", "B702CX150"}
"""The plates that the recording filed with the portal."""


def restored(sql: Path, database: Path) -> None:
    """The database as that version left it."""
    with sqlite3.connect(database) as db:
        db.executescript(sql.read_text(encoding="utf-8"))
    db.close()
    database.chmod(0o600)


@pytest.fixture(params=VERSIONS)
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The settings of an older box, with its state beside them."""
    recorded, state = STATES / request.param, tmp_path / "state"
    state.mkdir(0o700)
    for name in ("passes", "journal"):
        restored(recorded / f"{name}.sql", state / f"{name}.db")
    for file in recorded.glob("*.json"):
        shutil.copy(file, state / file.name)
    return Path(shutil.copy(recorded / "gate.toml", tmp_path / "gate.toml"))


def told(config: Path, *words: str) -> list[dict[str, Any]]:
    done = in_this_process(*words, "--json", config=config)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def sql_rows(config: Path, name: str, table: str) -> list[str]:
    """The lines of the recording that fill a table."""
    version = next(v for v in VERSIONS if (STATES / v / "gate.toml").read_bytes() == config.read_bytes())
    lines = (STATES / version / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith(f'INSERT INTO "{table}"')]


def test_there_is_a_state_of_every_release() -> None:
    """Each release records its own before the next one is made (RELEASING.md); none of an earlier one is dropped in silence."""
    changelog = (Path(__file__).resolve().parents[2] / "CHANGELOG.md").read_text(encoding="utf-8")
    _newest, *before = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", changelog, re.MULTILINE)
    assert {"0.1.0", "0.2.0", *before} <= set(VERSIONS)


def test_the_settings_hold(box: Path) -> None:
    """A file of then is read without a word of complaint."""
    (box.parent / "gate.mp4").touch()
    (box.parent / "exit.mp4").touch()
    done = in_this_process("config", "check", config=box)
    assert (0, "") == (done.returncode, done.stderr)


def test_the_list_is_whole(box: Path) -> None:
    """Local passes of every kind and those of the cloud open as they did."""
    plates = {one["plate"] for one in told(box, "passes", "list")}
    assert FILED | {"A001AA77", "A002AA77"} <= plates
    if any("A005AA77" in row for row in sql_rows(box, "passes", "local_pass")):
        assert {"A003AA77", "A004AA77", "A005AA77"} <= plates
        assert in_this_process("passes", "check", "A005AA77", config=box).returncode == 1
    assert in_this_process("passes", "check", "A001AA77", config=box).returncode == 0


def test_the_journal_tells_of_every_visit(box: Path) -> None:
    """As many visits as were recorded, each with its explanation."""
    visits = told(box, "events")
    assert len(sql_rows(box, "journal", "visit")) == len(visits) >= 3
    for visit in visits:
        why = in_this_process("why", visit["id"], config=box)
        assert why.returncode == 0, why.stderr


def test_persons_get_in_with_their_secrets(box: Path) -> None:
    """Names, roles and PINs are those of then, where that version knew persons."""
    persons = Persons(box.parent / "state")
    if not (box.parent / "state" / "console-users.json").exists():
        assert not persons.wanted
        return
    assert persons.admitted("Иван Петров", "271828") is not None
    anna = persons.admitted("Анна", "314159")
    assert anna is not None
    assert anna.role.value == "technician"
    assert persons.admitted("Анна", "000000") is None


@pytest.mark.parametrize("version", VERSIONS)
def test_the_portal_is_brought_up_to_date_with_all_it_had(version: str, tmp_path: Path) -> None:
    """Migrated, it has every account with its password, the passes that were filed, the gate and its visits."""
    restored(STATES / version / "portal.sql", tmp_path / "okter.db")
    with sqlite3.connect(tmp_path / "okter.db") as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        counted = {name: db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}
    db.close()
    database = Database(f"sqlite:///{tmp_path / 'okter.db'}")
    migrate(database.engine)
    assert newest_version() == current_version(database.engine)
    with database.read() as session:
        for name in ("accounts", "territories", "passes", "gates"):
            assert counted[name] == session.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() > 0, name
        assert {(plate,) for plate in FILED} <= {
            tuple(row) for row in session.execute(text("SELECT plate FROM passes"))
        }
        hashes = [row[0] for row in session.execute(text("SELECT password_hash FROM accounts"))]
    assert all(passwords.matches(hashed, "okter demo") for hashed in hashes)
    database.close()


@pytest.mark.long
def test_a_gate_of_this_version_runs_upon_it(box: Path) -> None:
    """`gate run` starts, answers, and ends in good order; afterwards list and journal are still whole."""
    film = Path(__file__).resolve().parents[2] / "config" / "demo"
    for name in ("gate.mp4", "exit.mp4"):
        (box.parent / name).symlink_to(film / name)
    before = len(told(box, "events"))
    run = subprocess.Popen(
        [sys.executable, "-m", "edge", "run", "--config", str(box)], stderr=subprocess.PIPE, env={**os.environ}
    )
    try:
        assert until(lambda: _passes(box.parent / "state")) >= len(FILED)
    finally:
        run.terminate()
        _, errors = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 0, errors.decode()[-2000:]
    assert FILED <= {one["plate"] for one in told(box, "passes", "list")}
    assert before <= len(told(box, "events"))


def _passes(state: Path) -> int | None:
    """How many the running gate has in force; None while it does not answer."""
    try:
        return ControlClient(state).status().passes
    except GateAbsent:
        return None
