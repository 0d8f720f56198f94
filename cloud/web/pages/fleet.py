"""«Парк»: the gates of every territory that a person manages, the worst first."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from cloud.fleet import overview
from cloud.fleet.overview import FleetSearch
from cloud.fleet.standing import WORST_FIRST, Standing
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.routing import Pages

pages = Pages()


@pages.get("/fleet", Access.ACCOUNT)
def fleet(page: Context) -> Response:
    """Whoever manages no territory sees that there is nothing to see."""
    search = _search(page)
    found = overview.look(page.session, search, now=page.now)
    asked = {"territory": search.territory, "version": search.version, "standing": search.standing or ""}
    asked = {name: value for name, value in asked.items() if value}
    values: dict[str, Any] = {
        "fleet": found,
        "search": search,
        "territories": overview.territories_of(page.session, page.me.id),
        "standings": WORST_FIRST,
        "links": {one: _link(asked, standing=one) for one in WORST_FIRST},
        "everything": _link(asked, standing=""),
        "older": _link(asked, after=found.next) if found.next else "",
    }
    return page.render("fleet.html", **values)


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
