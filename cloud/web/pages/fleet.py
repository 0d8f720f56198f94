"""«Парк»: the gates of every territory that a person manages, the worst first."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from cloud.fleet import brake, overview
from cloud.fleet.overview import FleetSearch
from cloud.fleet.standing import WORST_FIRST, Standing
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.routing import Pages

pages = Pages()


@pages.get("/fleet", Access.ACCOUNT)
def fleet(page: Context) -> Response:
    """Somebody who manages no territory gets an empty overview."""
    search = _search(page)
    found = overview.look(page.session, search, now=page.now)
    asked = {"territory": search.territory, "version": search.version, "standing": search.standing or ""}
    asked = {name: value for name, value in asked.items() if value}
    values: dict[str, Any] = {
        "fleet": found,
        "updates": brake.look(page.session, page.me.id, now=page.now),
        "search": search,
        "territories": overview.territories_of(page.session, page.me.id),
        "standings": WORST_FIRST,
        "links": {one: _link(asked, standing=one) for one in WORST_FIRST},
        "everything": _link(asked, standing=""),
        "older": _link(asked, after=found.next) if found.next else "",
    }
    return page.render("fleet.html", **values)


@pages.post("/fleet/updates/stop", Access.ACCOUNT)
def stop_updates(page: Context) -> Response:
    """Has no effect for somebody who manages nothing."""
    stopped = brake.stop(page.session, page.me, now=page.now, address=page.address)
    return page.go("/fleet", "updates-stopped" if stopped else "")


@pages.post("/fleet/updates/resume", Access.ACCOUNT)
def let_updates_go(page: Context) -> Response:
    let_go = brake.let_go(page.session, page.me, address=page.address)
    return page.go("/fleet", "updates-let-go" if let_go else "")


def _search(page: Context) -> FleetSearch:
    standing = page.query("standing", longest=16)
    return FleetSearch(
        account_id=page.me.id,
        territory=page.query("territory", longest=7),
        version=page.query("version", longest=64),
        standing=Standing(standing) if standing in set(Standing) else None,
        after=page.query("after", longest=40),
    )


def _link(asked: dict[str, str], **changed: str) -> str:
    kept = {name: value for name, value in {**asked, **changed}.items() if value}
    return f"/fleet?{urlencode(kept)}" if kept else "/fleet"
