"""«Таблицы»: long journal tables that are being made, and those ready for download."""

from __future__ import annotations

from starlette.responses import Response, StreamingResponse

from cloud.jobs import files
from cloud.jobs.queue import DONE_KEPT
from cloud.web import exports
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.routing import Pages
from cloud.web.xlsx_table import KIND

pages = Pages()


@pages.get("/t/{code}/exports", Access.MANAGER)
def overview(page: Context) -> Response:
    return page.render("exports.html", jobs=exports.ordered(page), kept=DONE_KEPT)


@pages.get("/t/{code}/exports/{job_id}/journal.xlsx", Access.MANAGER, own_transaction=True)
def fetch(page: Context) -> Response:
    """The finished table, read from the database piece by piece."""
    database = page.portal.database
    with database.read() as session:
        page.use(session)
        job = exports.finished(page, page.path("job_id"))
    if job is None or not (length := files.size(database, job.id)):
        with database.read() as session:
            page.use(session)
            return page.missing()
    name = f'attachment; filename="journal-{page.territory.code}.xlsx"'
    headers = {"Content-Disposition": name, "Content-Length": str(length), "Cache-Control": "no-store"}
    return StreamingResponse(files.pieces(database, job.id), media_type=KIND, headers=headers)
