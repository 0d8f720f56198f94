"""How PostgreSQL finds what each page of the portal shows: every statement of every page, explained, on many tenants.

    python benchmarks/portal_plans.py --database postgresql://… [--territories 200] [--visits 1000000] [--passes 1000000]

`--database` names an empty database. A statement is foreign when a scan of visits or passes is neither by index nor
bound to one territory, pass, gate or id: it reads other tenants' rows. Prints a table; ends with 1 if any is foreign.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from cloud.api.list_pages import Wanted
from cloud.api.passes import build_page
from cloud.api.requests import find_caller
from cloud.app import create_app
from cloud.db.engine import Database, database_url
from cloud.db.migrate import migrate
from cloud.db.models import Account, Device, Gate, Territory, utc_now
from cloud.domain import accounts, day_counts, territories
from cloud.domain.tokens import token_hash
from cloud.settings import Settings
from cloud.sweeper import sweep_if_due

LARGE = ("gate_events", "passes", "memberships", "audit", "visit_days")
OWN = ("territory_id", "pass_id", "gate_id", "owner_id", "account_id", "(id =", "id = any")
TOKEN = "plans"
PAGES = ["passes", "passes?q=777", "passes?q=77777", "passes?q=Участок+7", "passes?show=ended", "passes/new", "check",
         "check?plate=A777AA77", "feed", "people", "gates", "settings", "blocked", "acts", "exports", "journal", "journal?plate=777",
         "journal?plate=X000XX00", "journal?object=Участок+7", "journal?object=nowhere", "reports",
         "journal?reason=pass_valid&decision=refuse"]  # fmt: skip
FILL_VISITS = """
INSERT INTO gate_events (gate_id, territory_id, event_id, kind, at, clock_trusted, received_at, placed_at, lane, plate,
                         decision, reason, object_label, body, conflict)
SELECT g.id, g.territory_id, n::text, 'visit', t.at, true, t.at, t.at, 'in',
       'A' || lpad((n::bigint * 7919 % 1000)::text, 3, '0') || 'BC' || (10 + n * 31 % 89)::text,
       CASE WHEN n % 4 = 0 THEN 'refuse' ELSE 'open' END, 'pass_valid', 'Участок ' || n % 500, '{}', false
FROM generate_series(1, :count) AS n
JOIN gates g ON g.id = 1 + n % :places
CROSS JOIN LATERAL (SELECT now() - n * interval '60 days' / :count AS at) AS t
"""
FILL_PASSES = """
INSERT INTO passes (id, territory_id, plate, plate_display, owner_id, one_time, blocked, object_label, object_key, hours, note,
                    created_at, valid_until, rev)
SELECT gen_random_uuid()::text, 1 + n % :places, p.plate, p.plate, :owner, false, false, 'Участок ' || n % 500,
       'участок' || n % 500, '', '', now() - n * interval '300 days' / :count,
       now() + (n % 400 - 50) * interval '1 day', n
FROM generate_series(1, :count) AS n
CROSS JOIN LATERAL (SELECT 'A' || lpad((n::bigint * 7919 % 1000)::text, 3, '0') || 'BC' || (10 + n * 31 % 89)::text AS plate) AS p
"""
FILL_PEOPLE = """
INSERT INTO accounts (email, name, phone, password_hash, created_at)
SELECT 'r' || n || '@example.com', 'Житель ' || n, '+79120000000', '', now() FROM generate_series(1, :count) AS n
"""
FILL_MEMBERS = """
INSERT INTO memberships (account_id, territory_id, role, state, object_label, object_key, requested_at, household,
                         tell_arrived, tell_refused, tell_left, tell_ending, tell_joining, by_mail, by_push)
SELECT id, 1 + id % :places, 'resident', 'accepted', 'Участок ' || id % 500, 'участок' || id % 500, now(), false,
       false, true, false, true, true, true, true
FROM accounts WHERE email <> 'm@example.com'
"""
FILL_ACTS = """
INSERT INTO audit (at, territory_id, account_id, actor, action, subject, address)
SELECT now() - n * interval '1 minute', 1 + n % :places, :owner, 'M', 'pass-filed', 'A777AA77', ''
FROM generate_series(1, :count) AS n
"""


def without_indexes(session: Session, table: str) -> list[str]:
    """Drops what is no constraint; the words that make them again. Filled row by row, trigrams alone take hours."""
    told = text(
        "SELECT i.indexname, i.indexdef FROM pg_indexes i LEFT JOIN pg_constraint c ON c.conname = i.indexname "
        "WHERE i.tablename = :table AND c.conname IS NULL"
    )
    found = session.execute(told, {"table": table}).all()
    for name, _ in found:
        session.execute(text(f"DROP INDEX {name}"))
    return [words for _, words in found]


def fill(database: Database, places: int, visits: int, passes: int) -> str:
    """Equal tenants with a gate each; the first one's manager is logged in. The code of the first."""
    now = utc_now()
    with database.write() as session:
        manager = accounts.create(session, accounts.NewAccount("M", "+79120000000", "m@example.com", ""), now=now)
        session.add(Device(token_hash=token_hash(TOKEN), account_id=manager.id, expires_at=now + timedelta(days=1)))
        first = territories.create(session, name="T", zone="Europe/Moscow", account=manager, now=now)
        session.add_all(
            Territory(
                code=f"{number // 1000:03}-{number % 1000:03}", name="T", timezone="Europe/Moscow", pass_rev=passes
            )
            for number in range(2, places + 1)
        )
        session.flush()
        session.add_all(
            Gate(territory_id=number, name="gate", token_hash=str(number), lanes=[{"name": "in", "direction": "entry"}])
            for number in range(1, places + 1)
        )
        session.flush()
        first.pass_rev = passes
        owner = session.query(Account).one().id
        code = first.code
        session.execute(text(FILL_PEOPLE), {"count": 100 * places})
        session.execute(text(FILL_MEMBERS), {"places": places})
        session.execute(text(FILL_ACTS), {"count": 500 * places, "places": places, "owner": owner})
        later = [*without_indexes(session, "gate_events"), *without_indexes(session, "passes")]
        session.execute(text(FILL_VISITS), {"count": visits, "places": places})
        session.execute(text(FILL_PASSES), {"count": passes, "places": places, "owner": owner})
        session.execute(text("SET maintenance_work_mem = '512MB'"))
        for words in later:
            session.execute(text(words))
        for place in session.scalars(select(Territory)):
            day_counts.recount(session, place)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return code


def scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "Relation Name" in plan or plan["Node Type"] == "Bitmap Index Scan":
        yield plan
    for below in plan.get("Plans", ()):
        yield from scans(below)


def foreign(plan: dict[str, Any]) -> list[str]:
    """Scans of a large table that are not bound to somebody."""
    found = []
    bitmaps = " ".join(
        str(scan.get("Index Cond", "")) for scan in scans(plan) if scan["Node Type"] == "Bitmap Index Scan"
    )
    for scan in scans(plan):
        if scan.get("Relation Name") not in LARGE:
            continue
        bound = " ".join((str(scan.get("Index Cond", "")), str(scan.get("Recheck Cond", "")), bitmaps)).lower()
        if scan["Node Type"] == "Seq Scan" or not any(word in bound for word in OWN):
            found.append(f"{scan['Node Type']} {scan['Relation Name']}")
    return found


class Explainer:
    """Explains every SELECT that is asked while it watches."""

    def __init__(self, database: Database) -> None:
        self._asked: dict[str, Any] = {}
        self._engine = database.engine
        event.listen(self._engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            self._asked.setdefault(statement, parameters)

    def told(self) -> tuple[int, float, list[str]]:
        """Statements, the milliseconds PostgreSQL took for them together, and what was foreign; then begins anew."""
        asked, self._asked = self._asked, {}
        total, strange = 0.0, []
        raw = self._engine.raw_connection()
        try:
            with raw.cursor() as cursor:
                for statement, parameters in asked.items():
                    if "FOR UPDATE" in statement:
                        continue
                    cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statement, parameters)
                    answer = cursor.fetchone()[0]
                    (found,) = json.loads(answer) if isinstance(answer, str) else answer
                    total += found["Execution Time"]
                    strange += foreign(found["Plan"])
        finally:
            raw.rollback()
            raw.close()
        return len(asked), total, strange


async def pages(app: Any, code: str, explainer: Explainer) -> list[tuple[str, int, float, list[str]]]:
    transport = httpx.ASGITransport(app=app)
    rows = []
    async with httpx.AsyncClient(
        transport=transport, base_url="http://bench", cookies={"okter": TOKEN}, timeout=120
    ) as client:
        for path in ["/territories", *(f"/t/{code}/{page}" for page in PAGES)]:
            answer = await client.get(path)
            assert answer.status_code in {200, 303}, (path, answer.status_code)
            rows.append((path.replace(f"/t/{code}/", ""), *explainer.told()))
    return rows


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--database", required=True)
    asked.add_argument("--territories", type=int, default=200)
    asked.add_argument("--visits", type=int, default=1_000_000)
    asked.add_argument("--passes", type=int, default=1_000_000)
    told = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = database_url(Path(folder), told.database)
        database = Database(url)
        migrate(database.engine)
        code = fill(database, told.territories, told.visits, told.passes)
        app = create_app(Settings(Path(folder), url, "http://bench", b"bench" * 8))
        base: Database = app.state.database
        explainer = Explainer(base)
        rows = asyncio.run(pages(app, code, explainer))
        find_caller(base, "1")
        rows.append(("a gate's poll", *explainer.told()))
        build_page(base, Wanted(1, "", hours=True))
        rows.append(("a gate's list, first page", *explainer.told()))
        sweep_if_due(app.state.portal)
        app.state.portal.jobs.do_due()
        rows.append(("the hourly sweep, nothing due", *explainer.told()))
        base.close()
        database.close()
    print(f"{told.territories} territories, {told.visits:,} visits, {told.passes:,} passes, PostgreSQL")
    print(f"{'page':44} {'statements':>10} {'ms in all':>10}  foreign")
    for path, count, total, strange in rows:
        print(f"{path:44} {count:10} {total:10.1f}  {', '.join(strange) or '-'}")
    return int(any(strange for *_, strange in rows[:-1]))  # the sweep is everybody's by its nature


if __name__ == "__main__":
    sys.exit(main())
