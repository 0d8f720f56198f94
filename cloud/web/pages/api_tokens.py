"""«Ключи API»: keys for other programs, with scopes, each shown once."""

from __future__ import annotations

from starlette.responses import Response

from cloud.db.models import Scope
from cloud.domain import api_tokens
from cloud.domain.errors import Invalid
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.pages.account import check_password
from cloud.web.routing import Pages

pages = Pages()


@pages.get("/t/{code}/api", Access.MANAGER)
def overview(page: Context) -> Response:
    return _overview(page)


def _overview(page: Context, *, error: Invalid | None = None, token: str = "") -> Response:
    rows = api_tokens.of(page.session, page.territory)
    return page.refuse("api_tokens.html", error, rows=rows, token=token, values=page.form.fields)


@pages.post("/t/{code}/api", Access.MANAGER, own_transaction=True)
def issue(page: Context) -> Response:
    """Requires the password, because a stolen session must not become a key for a year. Shows the token itself."""
    database = page.portal.database
    try:
        check_password(page)
        scopes = {scope for scope in Scope if page.form.ticked(scope.value)}
        with database.write() as session:
            page.use(session)
            row, token = api_tokens.issue(
                session, page.territory, page.form.text("name", longest=200), scopes, by=page.me, now=page.now
            )
            page.audit("api-token-made", f"{row.name}: {row.scopes}")
    except Invalid as error:
        with database.read() as session:
            page.use(session)
            return _overview(page, error=error)
    with database.read() as session:
        page.use(session)
        return _overview(page, token=token)


@pages.post("/t/{code}/api/{token_id}/revoke", Access.MANAGER)
def revoke(page: Context) -> Response:
    row = api_tokens.find(page.session, page.territory, page.path("token_id"))
    if row is None:
        return page.missing()
    api_tokens.revoke(row, now=page.now)
    page.audit("api-token-revoked", row.name)
    return page.go(f"{page.base}/api", "api-token-revoked")
