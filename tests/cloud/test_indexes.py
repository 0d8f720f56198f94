"""What is read often is found by an index that begins at whose it is, or at what is due; a database tells how it would look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from cloud.db.engine import Database
from cloud.db.models import ApiToken, Territory, utc_now
from cloud.domain import endings
from cloud.public_api.routes import read_visits
from tests.cloud.places import place_in

MANY_VISITS = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)
INSERT INTO gate_events (gate_id, territory_id, event_id, kind, at, clock_trusted, received_at, placed_at, lane, body, conflict)
SELECT CASE WHEN n % 500 = 0 THEN :gate ELSE :other_gate END, CASE WHEN n % 500 = 0 THEN :mine ELSE :other END,
       CAST(n AS TEXT), 'visit', :now, true, :now, :now, '', '{}', false
FROM numbers
"""


def plan(database: Database, ask: Callable[[], object]) -> str:
    """How the last SELECT that `ask` makes is looked for: where an index can be used, it is."""
    asked: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, *_) -> None:
        asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    ask()
    event.remove(database.engine, "before_cursor_execute", note)
    statement, parameters = [one for one in asked if one[0].lstrip().startswith("SELECT")][-1]
    raw = database.engine.raw_connection()
    try:
        cursor = raw.cursor()
        if not database.is_sqlite:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(("EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN ") + statement, parameters)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())
    finally:
        raw.rollback()
        raw.close()


@pytest.fixture
def territory(database) -> Territory:
    """One of two that are busy at the same time: of five hundred visits it has one."""
    with database.write() as session:
        other, mine = place_in(session, "e1"), place_in(session, "e2")
        place = mine.territory
        session.execute(
            text(MANY_VISITS),
            {"now": "2026-11-30 12:00:00+00:00", "mine": place.id, "gate": int(mine.ids["gate_id"]),
             "other": other.territory.id, "other_gate": int(other.ids["gate_id"])},
        )  # fmt: skip
    with database.engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    return place


def test_visits_are_read_on_by_their_territory_and_id(database, territory):
    """A page of `/visits?after=` begins at the territory's first visit after that id: nobody else's, and not all of its own."""
    caller = ApiToken(territory_id=territory.id)
    found = plan(database, lambda: read_visits(database, caller, 1000))

    if database.is_sqlite:
        assert "ix_gate_events_territory_id_id (territory_id=? AND id>?)" in found
        assert "ORDER BY" not in found
    else:
        assert "Index Scan using ix_gate_events_territory_id_id" in found
        assert f"Index Cond: ((territory_id = {territory.id}) AND (id > '1000'::bigint))" in found
        assert "Sort" not in found


def test_passes_about_to_end_are_found_by_when_they_do(database, territory):
    """Every hour among everybody's passes: those that end within a day and whose owner has not been told, and no others."""

    def ask() -> None:
        with database.write() as session:
            endings.tell_endings(session, lambda *_: None, now=utc_now() + timedelta(days=400))

    found = plan(database, ask)

    if database.is_sqlite:
        assert "ix_passes_valid_until_untold (valid_until>? AND valid_until<?)" in found
    else:
        assert "ix_passes_valid_until_untold" in found
        assert "Index Cond: ((valid_until > " in found
