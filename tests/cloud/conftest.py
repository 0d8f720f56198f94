"""Databases for the portal's tests: each test has its own, on SQLite and, marked `postgres`, on a real server."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, create_engine

from cloud.db import engine as engines
from cloud.db.engine import Database
from cloud.db.migrate import migrate
from cloud.domain import passwords

NUMBERS = count()


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """A log-in costs what everything else costs; what a guess costs a stranger is `test_a_password_costs_what_owasp_asks`."""
    passwords._nobody.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield
    passwords._nobody.cache_clear()


@pytest.fixture(scope="session")
def compiled_once() -> Iterator[dict[str, Engine]]:
    """By the name of its dialect, an engine that has been connected: what SQLAlchemy compiled for it serves all engines.

    Each test has a database of its own and so an engine of its own, which would compile every statement anew: two fifths
    of what a test of the portal costs. A statement's key names the dialect, hence engines share that too.
    """
    connected: dict[str, Engine] = {}

    def sharing(*where: object, **options: object) -> Engine:
        made = create_engine(*where, **options)
        if first := connected.get(made.dialect.name):
            made.dialect, made._compiled_cache = first.dialect, first._compiled_cache
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "create_engine", sharing)
        yield connected


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory, compiled_once: dict[str, Engine]) -> Path:
    """An empty, migrated SQLite file to copy: migrating anew for each test would cost seconds."""
    path = tmp_path_factory.mktemp("template") / "okter.db"
    database = Database(f"sqlite:///{path}")
    migrate(database.engine)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    compiled_once["sqlite"] = database.engine
    return path


@pytest.fixture(scope="session")
def postgres_server(compiled_once: dict[str, Engine]) -> Iterator[str]:
    """Conninfo of a cluster of our own, on a Unix socket only; its database `template_okter` is migrated."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL's server programs are missing: apt-get install postgresql")
        pytest.skip("PostgreSQL's server programs are not installed")
    bin_dir = programs[-1].parent
    # The server refuses to run as root.
    runner = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    home = Path(tempfile.mkdtemp(prefix="okter-pg-"))
    try:
        if runner:
            os.chown(home, pwd.getpwnam("postgres").pw_uid, -1)
        options = ["-A", "trust", "-U", "okter", "-E", "UTF8", "--no-sync", "--no-locale"]
        subprocess.run(
            [bin_dir / "initdb", "-D", home / "data", *options], **runner, check=True, capture_output=True, cwd=home
        )
        settings = f"-c listen_addresses= -c unix_socket_directories={home} -c fsync=off -c max_connections=200"
        control = [bin_dir / "pg_ctl", "-D", home / "data", "-w", "-s"]
        subprocess.run([*control, "-l", home / "log", "-o", settings, "start"], **runner, check=True, cwd=home)
        try:
            conninfo = f"postgresql://okter@/postgres?host={home}"
            with psycopg.connect(conninfo, autocommit=True) as connection:
                connection.execute("CREATE DATABASE template_okter")
            database = Database(_url(conninfo, "template_okter"))
            migrate(database.engine)
            database.close()
            compiled_once["postgresql"] = database.engine
            yield conninfo
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **runner, check=True, cwd=home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of this test's own."""
    path = tmp_path / "okter.db"
    shutil.copyfile(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """A migrated PostgreSQL database of this test's own."""
    name = f"okter_{next(NUMBERS)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template_okter")
    return _url(postgres_server, name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated, empty database of this test's own; the test runs once on each kind."""
    found = Database(request.getfixturevalue(f"{request.param}_url"))
    yield found
    found.close()


def _url(conninfo: str, name: str) -> str:
    return conninfo.replace("postgresql://", "postgresql+psycopg://", 1).replace("/postgres?", f"/{name}?", 1)
