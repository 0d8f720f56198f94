"""PostgreSQL's plans for every page of the portal: every statement of every page, explained, with many tenants.

    python -m benchmarks.portal_plans --database postgresql://… [--territories 200] [--visits 1000000] [--passes 1000000]
                                      [--filled CODE] [--plans FILE]

`--database` names an empty database, which is first filled in bulk (`portal_tenants`; timings go to stderr), or with
`--filled` one that was filled before, by the code of its first tenant. A statement is foreign if a scan of a table of
many tenants is neither by index nor bound to one territory, pass, gate or id, so that it reads other tenants' rows.
Prints a table with time and 8 kB blocks of all statements of each page, writes the plan of each page's slowest one;
exits with 1 if any is foreign.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import delete, event

from benchmarks.portal_tenants import TOKEN, fill
from cloud.api.list_pages import Wanted
from cloud.api.passes import build_page
from cloud.api.requests import find_caller
from cloud.app import create_app
from cloud.db.chores import Chore
from cloud.db.engine import Database, database_url
from cloud.db.migrate import migrate
from cloud.db.models import GateEvent, Membership, Pass
from cloud.settings import Settings
from cloud.sweeper import sweep_if_due
from cloud.web.access import Access
from cloud.web.pages import ALL_PAGES

LARGE = ("gate_events", "passes", "memberships", "audit", "visit_days", "accounts")
"""Gates and territories are small, one row per tenant: the planner may read them all to join a few hundred visits."""
OWN = ("territory_id", "pass_id", "gate_id", "owner_id", "account_id", "id = ", "id)::text = ", "hash", "email")
ASKED = [
    "passes?q=777", "passes?q=77777", "passes?q=Участок+7", "passes?show=ended", "check?plate=A777AA77",
    "people/find?q=Житель", "journal?plate=777", "journal?plate=X000XX00", "journal?object=Участок+7", "journal?object=nowhere",
    "journal?reason=no_pass&decision=refuse", "reports?by=object", "reports?by=reason",
]  # fmt: skip
"""Besides every page as it opens: the pages with typical searches."""
LINE = 300
"""Line length of a written plan."""
PUBLIC = ["passes", "visits", "visits?after={after}"]
"""Requests of other programs."""


@dataclass(frozen=True, slots=True)
class PageCost:
    """One page: number of statements, total time, the plan of the slowest, and the foreign ones."""

    page: str
    statements: int
    ms: float
    blocks: int
    foreign: tuple[str, ...]
    slowest: str


def scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "Relation Name" in plan or plan["Node Type"] == "Bitmap Index Scan":
        yield plan
    for below in plan.get("Plans", ()):
        yield from scans(below)


def foreign(plan: dict[str, Any]) -> list[str]:
    """Scans of a large table that are not bound to one tenant."""
    found = []
    bitmaps = " ".join(
        str(scan.get("Index Cond", "")) for scan in scans(plan) if scan["Node Type"] == "Bitmap Index Scan"
    )
    for scan in scans(plan):
        if scan["Node Type"] == "Bitmap Index Scan" and not any(
            word in str(scan.get("Index Cond", "")).lower() for word in OWN
        ):
            found.append(f"Bitmap Index Scan {scan['Index Name']}")  # even beside another one that is bound
        if scan.get("Relation Name") not in LARGE:
            continue
        bound = " ".join((str(scan.get("Index Cond", "")), str(scan.get("Recheck Cond", "")), bitmaps)).lower()
        if scan["Node Type"] == "Seq Scan" or not any(word in bound for word in OWN):
            found.append(f"{scan['Node Type']} {scan['Relation Name']}")
    return found


class Explainer:
    """Explains every SELECT executed while it watches."""

    def __init__(self, database: Database) -> None:
        self._asked: dict[str, Any] = {}
        self._engine = database.engine
        event.listen(self._engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            self._asked.setdefault(statement, parameters)

    def cost_of(self, page: str) -> PageCost:
        """The statements since the last call."""
        asked, self._asked = self._asked, {}
        found: list[tuple[float, int, list[str], str]] = []
        raw = self._engine.raw_connection()
        try:
            with raw.cursor() as cursor:
                for statement, parameters in asked.items():
                    if "FOR UPDATE" not in statement:
                        found.append(_explained(cursor, statement, parameters))
        finally:
            raw.rollback()
            raw.close()
        slowest = max(found, default=(0.0, 0, [], ""))[3]
        strange = tuple(one for _, _, some, _ in found for one in some)
        return PageCost(page, len(asked), sum(one[0] for one in found), sum(one[1] for one in found), strange, slowest)


def _explained(cursor: Any, statement: str, parameters: Any) -> tuple[float, int, list[str], str]:
    cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement, parameters)
    answer = cursor.fetchone()[0]
    (found,) = json.loads(answer) if isinstance(answer, str) else answer
    plan = found["Plan"]
    cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + statement, parameters)
    lines = [line for (line,) in cursor.fetchall()]
    asked = " ".join(statement.split())
    words = "\n".join(
        line if len(line) <= LINE else f"{line[:LINE]} …" for line in (asked[asked.find(" FROM ") + 1 :], *lines)
    )
    return found["Execution Time"], plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], foreign(plan), words


def addresses(base: Database, code: str) -> list[str]:
    """Every page that a manager may open, with objects of the first tenant in its path; then typical searches."""
    with base.read() as session:
        place = session.query(Membership.territory_id).filter_by(account_id=1).scalar()
        known = {
            "code": code,
            "gate_id": place,
            "event_id": session.query(GateEvent.id).filter_by(territory_id=place).order_by(GateEvent.placed_at).first()[0],
            "pass_id": session.query(Pass.id).filter_by(territory_id=place).order_by(Pass.created_at).first()[0],
            "member_id": session.query(Membership.id).filter_by(territory_id=place).order_by(Membership.id).all()[1][0],
            "kind": "open",
        }  # fmt: skip
    found = []
    for page in ALL_PAGES:
        if page.method == "GET" and page.access is not Access.PUBLIC:
            with suppress(KeyError):  # for objects that do not exist here: a call, an export
                found.append(page.path.format(**known))
    return [*found, *(f"/t/{code}/{page}" for page in ASKED)]


async def pages(app: Any, code: str, explainer: Explainer) -> list[PageCost]:
    transport = httpx.ASGITransport(app=app)
    rows = []
    found = addresses(app.state.database, code)
    with app.state.database.read() as session:
        newest = session.query(GateEvent.id).order_by(GateEvent.id.desc()).first()[0]
    explainer.cost_of("")
    async with httpx.AsyncClient(
        transport=transport, base_url="http://bench", cookies={"okter": TOKEN}, timeout=600
    ) as client:
        for path in found:
            answer = await client.get(path)
            assert answer.status_code in {200, 303, 403, 404}, (path, answer.status_code)
            seen = "" if answer.status_code == 200 else f" ({answer.status_code})"
            rows.append(explainer.cost_of(path.replace(f"/t/{code}/", "") + seen))
        for query in PUBLIC:
            path = f"/api/v1/{query.format(after=newest - 1000)}"
            answer = await client.get(path, headers={"Authorization": f"Bearer {TOKEN}"})
            assert answer.status_code == 200, (path, answer.text)
            rows.append(explainer.cost_of(path))
    return rows


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--database", required=True)
    asked.add_argument("--territories", type=int, default=200)
    asked.add_argument("--visits", type=int, default=1_000_000)
    asked.add_argument("--passes", type=int, default=1_000_000)
    asked.add_argument("--filled", metavar="CODE", default="")
    asked.add_argument("--plans", type=Path)
    told = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = database_url(Path(folder), told.database)
        database = Database(url)
        migrate(database.engine)
        code = told.filled or fill(database, told.territories, told.visits, told.passes)
        app = create_app(Settings(Path(folder), url, "http://bench", b"bench" * 8))
        base: Database = app.state.database
        explainer = Explainer(base)
        rows = asyncio.run(pages(app, code, explainer))
        find_caller(base, "1")
        rows.append(explainer.cost_of("a gate's poll"))
        build_page(base, Wanted(1, "", hours=True))
        rows.append(explainer.cost_of("a gate's list, first page"))
        with base.write() as session:
            session.execute(delete(Chore))  # from an earlier run
        explainer.cost_of("")
        sweep_if_due(app.state.portal)
        app.state.portal.jobs.do_due()
        rows.append(explainer.cost_of("the hourly sweep, nothing due"))
        base.close()
        database.close()
    print(f"{told.territories} territories, {told.visits:,} visits, {told.passes:,} passes, PostgreSQL")
    print(f"{'page':44} {'statements':>10} {'ms in all':>10} {'blocks':>8}  foreign")
    for row in rows:
        print(f"{row.page:44} {row.statements:10} {row.ms:10.1f} {row.blocks:8}  {', '.join(row.foreign) or '-'}")
    if told.plans is not None:
        told.plans.write_text("\n\n".join(f"== {row.page}\n{row.slowest}" for row in rows) + "\n", encoding="utf-8")
    return int(any(row.foreign for row in rows[:-1]))  # the sweep covers all tenants by design


if __name__ == "__main__":
    sys.exit(main())
