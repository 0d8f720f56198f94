"""The tests' own server: what it lends a second time is as new."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from cloud.db.engine import Database
from cloud.db.migrate import newest_version
from cloud.db.models import Gate, Territory

pytestmark = pytest.mark.postgres


def fill(url: str) -> int:
    """A territory with a gate; the number it got."""
    database = Database(url)
    with database.write() as session:
        place = Territory(code="123-456", name="СНТ", timezone="Europe/Moscow")
        session.add(place)
        session.flush()
        session.add(Gate(territory_id=place.id, name="КПП", token_hash="h"))
        number = place.id
    database.close()
    return number


def test_a_database_that_was_used_is_lent_again_as_new(postgres_server):
    """The next borrower gets the same database without a row, migrated, its keys counted from one."""
    with postgres_server.lent() as first:
        assert 1 == fill(first)
    with postgres_server.lent() as second:
        assert first == second
        database = Database(second)
        assert (newest_version(),) == database.one("SELECT version_num FROM alembic_version", {})
        assert (0, 0) == database.one("SELECT (SELECT count(*) FROM territories), (SELECT count(*) FROM gates)", {})
        database.close()
        assert 1 == fill(second)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE gates ALTER name DROP NOT NULL",
        "CREATE INDEX more ON gates (name)",
        "DROP TABLE letters",
        "CREATE TRIGGER no BEFORE INSERT ON gates FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "CREATE FUNCTION no() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_a_database_of_another_shape_is_lent_to_nobody(postgres_server, change):
    """Whatever a test did to tables, columns, indexes, triggers or functions: the next borrower gets another database."""
    with postgres_server.lent() as first:
        database = Database(first)
        with database.write() as session:
            session.execute(text(change))
        database.close()
    with postgres_server.lent() as second:
        assert first != second


def test_a_database_that_somebody_still_uses_is_lent_to_nobody(postgres_server):
    """As long as a connection is open on it, a thread or process that is left over might write."""
    with postgres_server.lent() as first:
        left = Database(first)
        with left.read() as session:
            session.execute(text("SELECT 1"))
    with postgres_server.lent() as second:
        assert first != second
    left.close()
