"""Migrations, on both databases, from the first version on."""

from __future__ import annotations

import pytest
from alembic import command
from sqlalchemy import inspect, text

from cloud.db.engine import Database
from cloud.db.migrate import alembic_config, current_version, downgrade, migrate, newest_version
from cloud.db.models import Account, Base, Registration, Territory, utc_now


def test_the_migrations_make_the_tables_of_the_program(database):
    """A migrated database differs in nothing from what the mapped classes say."""
    command.check(alembic_config(database.engine))

    assert newest_version() == current_version(database.engine)


def test_migrating_twice_changes_nothing(database):
    """`okter serve` migrates at each start; data stay."""
    with database.write() as session:
        session.add(Territory(code="123-456", name="СНТ", timezone="Europe/Moscow"))

    migrate(database.engine)

    with database.read() as session:
        assert ["СНТ"] == [row.name for row in session.query(Territory)]


def test_down_to_nothing_and_up_again(database):
    """Every migration can be taken back, and made again."""
    downgrade(database.engine, "base")
    assert {"alembic_version"} == set(inspect(database.engine).get_table_names())

    migrate(database.engine)

    assert set(Base.metadata.tables) <= set(inspect(database.engine).get_table_names())


def test_territories_of_the_first_version_get_epochs_of_their_own(database):
    """Epochs were counted from 1 once: after the upgrade no cursor of one territory fits another."""
    downgrade(database.engine, "0001")
    with database.engine.execution_options(immediate=True).begin() as connection:
        for number in range(3):
            connection.exec_driver_sql(
                "INSERT INTO territories "
                "(code, name, timezone, created_at, retention_days, pass_rev, pass_epoch, pass_floor) "
                f"VALUES ('123-45{number}', 'СНТ', 'UTC', '2026-11-29 00:00:00', 90, 0, 1, 0)"
            )

    migrate(database.engine)

    with database.read() as session:
        assert 4 == len({1, *(row.pass_epoch for row in session.query(Territory))})


def test_whoever_waits_for_their_letter_still_gets_in_by_it(database):
    """A registration of before version 4 becomes one that waits; its link and its password stay what they were."""
    downgrade(database.engine, "0003")
    with database.engine.execution_options(immediate=True).begin() as connection:
        values = "'a@b.ru', 'A', '1', 'hash', '2026-11-29 00:00:00'"
        connection.exec_driver_sql(
            f"INSERT INTO accounts (id, email, name, phone, password_hash, created_at) VALUES (7, {values})"
        )
        connection.exec_driver_sql(
            "INSERT INTO mail_tokens (token_hash, account_id, purpose, created_at, expires_at) "
            "VALUES ('token', 7, 'confirm', '2026-11-29 00:00:00', '2026-12-02 00:00:00')"
        )

    migrate(database.engine)

    with database.read() as session:
        assert 0 == session.query(Account).count()
        (row,) = session.query(Registration)
        assert ("a@b.ru", "hash", "token") == (row.email, row.password_hash, row.token_hash)


def test_moments_are_utc_on_both_databases(database):
    """A moment comes back as the same aware moment, whatever the database knows of zones."""
    now = utc_now()
    with database.write() as session:
        session.add(Account(email="a@example.com", name="A", phone="1", password_hash="", created_at=now))

    with database.read() as session:
        found = session.query(Account).one().created_at
        stored = session.execute(text("SELECT count(*) FROM accounts")).scalar()

    assert (now, 1) == (found, stored)
    assert found.tzinfo is not None


def test_a_migration_that_would_lose_a_reference_changes_nothing(sqlite_url):
    """A row whose owner is no more stops the upgrade before its commit, and the connection goes back with its keys awake."""
    database = Database(sqlite_url)
    downgrade(database.engine, "0016")
    with database.engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute(
            text(
                "INSERT INTO gates (territory_id, name, lanes, version, created_at) VALUES (77, 'КПП', '[]', '', :now)"
            ),
            {"now": "2026-01-01 00:00:00"},
        )
        connection.commit()
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")

    with pytest.raises(RuntimeError, match="gates"):
        migrate(database.engine)

    assert current_version(database.engine) == "0016"
    with database.engine.connect() as connection:
        assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
    database.close()
