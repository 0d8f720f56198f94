"""«Объекты»: renaming an object everywhere, and giving it its own limit of passes."""

from __future__ import annotations

from starlette.responses import Response

from cloud.domain import object_register
from cloud.domain.errors import Invalid
from cloud.domain.objects import object_key, read_object
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.routing import Pages

pages = Pages()

MOST_QUOTA, MOST_SHOWN = 10_000, 50


@pages.get("/t/{code}/objects", Access.MANAGER)
def overview(page: Context) -> Response:
    return _overview(page)


def _overview(page: Context, *, error: Invalid | None = None) -> Response:
    rows = object_register.objects_of(page.session, page.territory, now=page.now)
    text = page.query("q", longest=64)
    key = object_key(text)
    rows = [row for row in rows if key in row.key] if key else rows
    more = len(rows) > MOST_SHOWN
    return page.refuse(
        "objects.html",
        error,
        rows=rows[:MOST_SHOWN],
        more=more,
        text=text,
        failed=object_key(page.form.text("key")) if error else "",
    )


@pages.post("/t/{code}/objects", Access.MANAGER)
def save(page: Context) -> Response:
    key, typed = object_key(page.form.text("key", longest=120)), page.form.text("most", longest=6).strip()
    rows = object_register.objects_of(page.session, page.territory, now=page.now)
    old = next((row for row in rows if row.key == key), None)
    if old is None:
        return page.missing()
    try:
        label = read_object(page.form.text("object"))
        object_register.set_quota(page.session, page.territory, key, _quota(typed))
        if label != old.label:
            object_register.rename(page.session, page.territory, key, label)
    except Invalid as error:
        return _overview(page, error=error)
    page.audit("object-changed", f"{old.label} → {label}" if label != old.label else f"{label}: {typed or '—'}")
    return page.go(f"{page.base}/objects", "settings-saved")


def _quota(typed: str) -> int | None:
    if typed and not (typed.isdecimal() and 1 <= int(typed) <= MOST_QUOTA):
        raise Invalid("most", "Введите число от {low} до {high}.", low=1, high=MOST_QUOTA)
    return int(typed) if typed else None
