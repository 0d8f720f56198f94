"""The response when something fails that nobody foresaw: what happened to the input, and what to do now.

A page if one can be drawn; if the drawing itself fails, a file of two languages. Programs get JSON.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from cloud.db.models import utc_now
from cloud.public_api.problems import Code, by_status, is_public
from cloud.web.context import Context
from cloud.web.forms import Form
from cloud.web.language import read_language
from cloud.web.portal import Portal
from cloud.web.routing import Page
from cloud.web.templates import templates

AGAIN_S = 10
"""Retry-After, in seconds, while the database does not answer."""
MOVES_BARRIER = (
    "/t/{code}/gates/{gate_id}/{kind}",
    "/t/{code}/calls/{call_id}/open",
    "/t/{code}/guests/{event_id}/admit",
)
TYPED: Mapping[str, str] = {
    "plate": "Номер автомобиля",
    "names": "Кто придёт",
    "people": "Сколько человек",
    "who": "Кто приедет",
    "digits": "Последние цифры номера",
    "object": "Идентификатор объекта",
    "owner_text": "Для кого",
    "hours": "По каким дням и в какие часы",
    "note": "Примечание",
    "text": "Примечание",
    "name": "Имя или название",
    "phone": "Телефон",
    "email": "Почта",
    "url": "Адрес",
}
"""What people type themselves, by the name of its field. Secrets are not among them."""
log = logging.getLogger(__name__)


def is_away(error: Exception) -> bool:
    """Whether the database did not answer, as opposed to a fault of ours."""
    return isinstance(error, OperationalError | InterfaceError | PoolExhausted)


def is_ours(portal: Portal, request: Request) -> bool:
    """Whether the browser says that the form was sent from a page of ours, or says nothing."""
    origin = request.headers.get("origin")
    if origin and origin != "null":
        try:
            sender = urlsplit(origin).netloc
        except ValueError:
            return False
        return sender in {request.headers.get("host", ""), urlsplit(portal.settings.public_url).netloc}
    return request.headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}


def failed_page(portal: Portal, request: Request, form: Form, page: Page, error: Exception) -> Response:
    """The answer to a person whose request to `page` failed. Call it in the `except` block: it logs the traceback."""
    number = _noted(page.method, page.path, error)  # the declared path: the real one may hold a secret link
    # The token may not have been looked at yet: another site must not have its own words shown on a page of ours.
    shown = TYPED if is_ours(portal, request) else {}
    typed = [(label, form.text(name)) for name, label in shown.items() if form.text(name).strip()]
    return _drawn(portal, request, error, number=number, typed=typed, form=form, page=page)


def failure(portal: Portal, request: Request, error: Exception) -> Response:
    """The answer to a request that failed outside of any page."""
    if is_public(request):
        if is_away(error):
            return by_status(request, 503, code=Code.AWAY, retry_after_s=AGAIN_S)
        return by_status(request, 500)
    if request.url.path.startswith("/api/"):
        if is_away(error):
            away = {"Retry-After": str(AGAIN_S), "Cache-Control": "no-store"}
            return JSONResponse({"error": "the database does not answer"}, 503, headers=away)
        return JSONResponse({"error": "internal error"}, 500, headers={"Cache-Control": "no-store"})
    return _drawn(portal, request, error, number="", typed=[], form=Form(), page=None)


def _noted(method: str, path: str, error: Exception) -> str:
    """Logs the failure under a number that its victim can name."""
    number = secrets.token_hex(4)
    if is_away(error):
        log.error("%s %s: the database does not answer (%s); told as %s", method, path, type(error).__name__, number)
    else:
        log.error("%s %s failed; told as %s", method, path, number, exc_info=error)
    return number


def _drawn(
    portal: Portal,
    request: Request,
    error: Exception,
    *,
    number: str,
    typed: list[tuple[str, str]],
    form: Form,
    page: Page | None,
) -> Response:
    status = 503 if is_away(error) else 500
    headers = (
        {"Retry-After": str(AGAIN_S), "Cache-Control": "no-store"} if status == 503 else {"Cache-Control": "no-store"}
    )
    try:
        response = _stranger(portal, request, form).render(
            "failure.html",
            status=status,
            away=status == 503,
            number=number,
            typed=typed,
            opens=page is not None and page.method == "POST" and page.path in MOVES_BARRIER,
            operator=portal.settings.operator,
        )
        response.headers.update(headers)
    except Exception:
        log.exception("the page of a failure failed too")
        return HTMLResponse(templates.get_template("failure_plain.html").render(), status, headers=headers)
    return response


def _stranger(portal: Portal, request: Request, form: Form) -> Context:
    """A context that asks the database nothing: it may be what failed."""
    return Context(
        request=request,
        portal=portal,
        now=utc_now(),
        language=read_language(request.cookies.get("okter_language")),
        csrf="",
        form=form,
        address="",
        theme=request.cookies.get("okter_theme", ""),
    )
