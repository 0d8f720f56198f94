"""All gates on one page: worst first, nobody else's, in three statements whatever their number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, insert

from cloud.db.models import Account, Gate, Membership, MemberState, Role, Territory
from cloud.fleet import overview
from cloud.fleet.overview import FleetSearch
from cloud.fleet.standing import WORST_FIRST, Standing
from sync import wire
from tests.cloud.fleet.test_standing import WELL

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def fill(database, territories: int, gates: int) -> None:
    """Two accounts; the first manages all territories but the last, and is only a guard there."""
    report = wire.parse(wire.encode(WELL))
    with database.write() as session:
        session.execute(
            insert(Account),
            [{"email": f"{n}@x.ru", "name": "N", "phone": "1", "password_hash": "x"} for n in range(2)],
        )
        session.execute(
            insert(Territory),
            [{"code": f"{n // 1000:03}-{n % 1000:03}", "name": f"T{n}", "timezone": "UTC"} for n in range(territories)],
        )
        session.execute(
            insert(Membership),
            [
                {
                    "account_id": 1,
                    "territory_id": n + 1,
                    "role": Role.MANAGER if n + 1 < territories else Role.OPERATOR,
                    "state": MemberState.ACCEPTED,
                }
                for n in range(territories)
            ],
        )
        session.execute(
            insert(Gate),
            [
                {
                    "territory_id": n % territories + 1,
                    "name": f"G{n}",
                    "lanes": [],
                    "version": f"0.{n % 3}.0",
                    "token_hash": f"{n}" if n % 10 else None,
                    "last_seen_at": NOW - timedelta(seconds=n % 360),
                    "grade": (None, 0, 0, 0, 1, 2)[n % 6],
                    "health": report,
                    "list_cursor": "1-0",
                }
                for n in range(gates)
            ],
        )


def walk(session, search: FleetSearch) -> list[overview.FleetGate]:
    found: list[overview.FleetGate] = []
    while True:
        page = overview.look(session, search, now=NOW)
        assert len(page.gates) <= overview.PAGE
        found += page.gates
        if not page.next:
            return found
        search = FleetSearch(search.account_id, search.territory, search.version, search.standing, page.next)


def test_the_pages_together_are_all_gates_worst_first_and_once(database):
    """Every gate of the territories that the account manages is shown once, in the order of standings."""
    fill(database, 7, 500)
    with database.read() as session:
        found = walk(session, FleetSearch(1))
        counts = overview.look(session, FleetSearch(1), now=NOW).counts

    assert len(found) == len({gate.id for gate in found}) == sum(n % 7 != 6 for n in range(500))
    places = [WORST_FIRST.index(gate.standing) for gate in found]
    assert places == sorted(places)
    assert counts == {one: sum(gate.standing is one for gate in found) for one in Standing}
    assert all(counts.values())


def test_who_manages_nothing_sees_nothing(database):
    """A guard of a territory, and a stranger, see none of its gates."""
    fill(database, 1, 10)
    with database.read() as session:
        for account in (1, 2):
            page = overview.look(session, FleetSearch(account), now=NOW)
            assert (0, ()) == (page.total, page.gates)


def test_the_whole_portal_is_the_commands(database):
    """Without an account every gate is there."""
    fill(database, 3, 60)
    with database.read() as session:
        assert 60 == len(walk(session, FleetSearch()))


@pytest.mark.parametrize(
    ("search", "holds"),
    [
        (FleetSearch(1, territory="000-002"), lambda gate: gate.territory_code == "000-002"),
        (FleetSearch(1, version="0.1.0"), lambda gate: gate.version == "0.1.0"),
        (FleetSearch(1, standing=Standing.FAULT), lambda gate: gate.standing is Standing.FAULT),
    ],
)
def test_a_filter_shows_those_it_names(database, search, holds):
    """All that hold and none that does not."""
    fill(database, 7, 300)
    with database.read() as session:
        everything, found = walk(session, FleetSearch(1)), walk(session, search)
    assert found
    assert [gate.id for gate in everything if holds(gate)] == [gate.id for gate in found]


@pytest.mark.parametrize("after", ["x", "1.2.3", "9999999999.0.1", "-1.0.0", "99999999999999.9.9", "0.0.0"])
def test_an_odd_cursor_begins_anew(database, after):
    """One typed, of the future or of long ago is none."""
    fill(database, 2, 60)
    with database.read() as session:
        first = overview.look(session, FleetSearch(1), now=NOW)
        assert first == overview.look(session, FleetSearch(1, after=after), now=NOW)


def test_a_page_costs_three_statements_and_reads_no_other_tenant(database):
    """With two thousand gates as with twenty; and the plan goes by indexes to the account's own rows."""
    fill(database, 40, 2000)
    statements: list[tuple[str, object]] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def remember(_connection, _cursor, statement, parameters, *_):
        if statement.startswith("SELECT"):
            statements.append((statement, parameters))

    with database.read() as session:
        overview.look(session, FleetSearch(1), now=NOW)
    event.remove(database.engine, "before_cursor_execute", remember)

    assert 3 == len(statements)
    if database.is_sqlite:
        with database.engine.connect() as connection:
            for statement, parameters in statements:
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                plan = " ".join(str(row[3]) for row in rows)
                assert "SCAN gates" not in plan, plan
                assert "SCAN memberships" not in plan, plan


@pytest.mark.parametrize(
    ("cursor", "lag"), [("5-7", 3), ("5-10", 0), ("4-10", None), ("", None), ("x", None), ("5-99", 0)]
)
def test_how_far_a_list_is_behind(cursor, lag):
    """By changes of the same list; another list, or none, is no number."""
    assert lag == overview.lag(cursor, Territory(pass_epoch=5, pass_rev=10))
