"""«Заявки из файла»: the form, and the page of a long file that is being filed."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from cloud.domain import importing, passes
from cloud.domain.errors import Invalid
from cloud.web import imports
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.forms import LARGEST_UPLOAD
from cloud.web.routing import Pages

pages = Pages()


@pages.get("/t/{code}/import", Access.MANAGER)
def import_form(page: Context) -> Response:
    return _form(page)


def _form(page: Context, *problems: importing.Problem, error: Invalid | None = None) -> Response:
    values: dict[str, Any] = {
        "most_rows": importing.MOST_ROWS,
        "megabytes": LARGEST_UPLOAD // 2**20,
        "files": imports.newest(page),
        "problems": problems,
    }
    if problems:
        return page.render("import.html", status=422, **values)
    return page.refuse("import.html", error, **values)


def _refused(page: Context, *problems: importing.Problem, error: Invalid | None = None) -> Response:
    with page.portal.database.read() as session:
        page.use(session)
        return _form(page, *problems, error=error)


@pages.post("/t/{code}/import", Access.MANAGER, uploads=True, own_transaction=True)
def import_passes(page: Context) -> Response:
    """A short file is parsed here, outside of a transaction; a long one is stored for its job."""
    content, sure = page.form.upload or b"", page.form.ticked("sure")
    if len(content) > imports.AT_ONCE_BYTES:
        return _ordered(page, content, sure=sure)
    try:
        wanted, problems = importing.read_passes(content, page.zone, now=page.now, sure=sure)
        if problems:
            return _refused(page, *problems)
        with page.portal.database.write() as session:
            page.use(session)
            added = passes.file_all(session, page.territory, wanted, owner=page.me, now=page.now)
            page.audit("passes-imported", str(added))
            return page.go_listed(f"{page.base}/passes", "passes-imported")
    except Invalid as error:
        return _refused(page, error=error)


def _ordered(page: Context, content: bytes, *, sure: bool) -> Response:
    with page.portal.database.write() as session:
        page.use(session)
        busy = imports.under_way(page)
        job = imports.order(page, content, sure=sure) if busy is None else busy.job
    if busy is not None:
        return page.go(f"{page.base}/import/{job.id}", "import-busy")
    return page.go(f"{page.base}/import/{job.id}")


@pages.get("/t/{code}/import/{import_id}", Access.MANAGER)
def standing(page: Context) -> Response:
    job = imports.find(page, page.path("import_id"))
    if job is None:
        return page.missing()
    return page.render("import_standing.html", one=imports.standing_of(page, job))


@pages.post("/t/{code}/import/{import_id}/cancel", Access.MANAGER)
def cancel(page: Context) -> Response:
    job = imports.find(page, page.path("import_id"))
    if job is None:
        return page.missing()
    if not imports.cancel(page, job):
        return page.go(f"{page.base}/import/{job.id}", "import-too-late")
    return page.go(f"{page.base}/import", "import-cancelled")
