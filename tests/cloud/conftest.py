"""Databases for the portal's tests: each test has its own, on SQLite and, marked `postgres`, on a real server."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi.routing import APIRoute
from fastapi.routing import _EffectiveRouteContext as EffectiveRoute
from sqlalchemy import Engine, create_engine, event

from cloud.db import engine as engines
from cloud.db.engine import Database
from cloud.db.migrate import migrate
from cloud.domain import passwords
from tests.bot_api import BotServer, bot_server
from tests.cloud import cluster
from tests.cloud.cluster import Cluster


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
        if made.dialect.name == "sqlite":
            event.listen(made, "checkout", _hurry)
        if first := connected.get(made.dialect.name):
            made.dialect, made._compiled_cache = first.dialect, first._compiled_cache
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "create_engine", sharing)
        yield connected


def _hurry(connection: sqlite3.Connection, *_: object) -> None:
    """No test cuts the power: none has to wait, commit by commit, until its file is on the disk."""
    connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture(scope="session")
def routes_once() -> Iterator[None]:
    """What FastAPI finds out of a route of the API, it finds out once, and not for each test's own application.

    It depends on the route and on where it is included, and that is the same in each application that `create_app` makes.
    """
    find = EffectiveRoute.from_api_route
    found: dict[tuple[int, str, int], EffectiveRoute] = {}

    def once(*, original_route: APIRoute, include_context: Any) -> EffectiveRoute:
        key = (id(original_route), include_context.path_for(original_route), len(include_context.dependencies))
        if key not in found:  # what is found holds the route, whose id is nobody else's therefore
            found[key] = find(original_route=original_route, include_context=include_context)
        return found[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EffectiveRoute, "from_api_route", once)
        yield


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory, compiled_once: dict[str, Engine]) -> Path:
    """An empty, migrated SQLite file to copy: migrating anew for each test, and for each worker, would cost seconds."""
    own = tmp_path_factory.getbasetemp()
    everybodys = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    path = tmp_path_factory.mktemp("template") / "okter.db"
    with (everybodys / "migrated.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # whoever comes first makes it; a turn ends with its holder
        if not (ready := everybodys / "migrated.db").exists():
            made = path.with_suffix(".made")
            database = Database(f"sqlite:///{made}")
            migrate(database.engine)
            with database.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            database.close()
            made.rename(ready)
    shutil.copyfile(ready, path)
    database = Database(f"sqlite:///{path}")
    with database.engine.connect():
        compiled_once["sqlite"] = database.engine
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_server(compiled_once: dict[str, Engine]) -> Iterator[Cluster]:
    """A cluster of our own; its template is migrated."""
    bin_dir = cluster.programs()
    if bin_dir is None:
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL's server programs are missing: apt-get install postgresql")
        pytest.skip("PostgreSQL's server programs are not installed")
    with cluster.running(bin_dir) as server:
        server.create(cluster.TEMPLATE)
        database = Database(server.url(cluster.TEMPLATE))
        migrate(database.engine)
        database.close()
        server.seal()
        compiled_once["postgresql"] = database.engine
        yield server


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of this test's own."""
    path = tmp_path / "okter.db"
    shutil.copyfile(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_server: Cluster) -> Iterator[str]:
    """A migrated, empty PostgreSQL database of this test's own."""
    with postgres_server.lent() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated, empty database of this test's own; the test runs once on each kind."""
    found = Database(request.getfixturevalue(f"{request.param}_url"))
    yield found
    found.close()


@pytest.fixture
def bot() -> Iterator[BotServer]:
    """The Bot API as a server of its own."""
    with bot_server() as one:
        yield one
