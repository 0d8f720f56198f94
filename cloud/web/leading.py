"""Pages of a territory that is not in this cell, or not at the moment: where it is, and the input so far."""

from __future__ import annotations

from urllib.parse import quote, urlencode, urlsplit

from starlette.responses import RedirectResponse, Response

from cloud.cells.departure import Elsewhere
from cloud.cells.freeze import AGAIN_S
from cloud.web.context import Context
from cloud.web.cookies import CSRF_FIELD

CARRIED = ("plate", "note")
"""Fields that the form of a pass accepts in its address."""
SECRETS = ("password", "pin")
"""Prefixes of fields that must be typed again each time."""


def moving(page: Context) -> Response:
    """It is being moved: the page keeps the input, to be sent again."""
    response = page.render("moving.html", status=503, typed=typed_of(page))
    response.headers["Retry-After"] = str(AGAIN_S)
    return response


def moved(page: Context, there: Elsewhere) -> Response:
    """It lives in another cell: a link to the same page there, with the plate that was typed."""
    typed = typed_of(page)
    carried = urlencode({name: typed[name] for name in CARRIED if name in typed})
    onward = f"{there.url}{quote(page.request.url.path)}" + (f"?{carried}" if carried else "")
    return page.render("moved.html", status=410, there=there, host=host_of(there.url), onward=onward)


def elsewhere(page: Context, code: str, url: str) -> Response:
    """Somebody wants to join a territory of another cell: links there with the code filled in, and nothing else."""
    onward = f"{url}/territories/join/{code}"
    return page.render("elsewhere.html", code=code, host=host_of(url), onward=onward)


def guest_onward(page: Context, there: Elsewhere) -> Response:
    """A guest's link needs no account, so it is redirected."""
    return RedirectResponse(f"{there.url}{quote(page.request.url.path)}", 303)


def typed_of(page: Context) -> dict[str, str]:
    """What the person typed or chose, without our own token and without secrets."""
    return {
        name: value
        for name, value in page.form.fields.items()
        if value and name != CSRF_FIELD and not name.startswith(SECRETS)
    }


def host_of(url: str) -> str:
    return urlsplit(url).netloc
