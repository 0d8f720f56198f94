"""Tables as XLSX: written row by row into a temporary file, limited in length; texts stay texts, counts are numbers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any

import xlsxwriter
from starlette.responses import StreamingResponse

Cell = str | int | date | datetime
MOST_ROWS = 50_000
"""Limit per file: seconds of work. CSV has no limit."""
CHUNK = 64 * 1024
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDTH, WIDE = 14, 28
A4 = 9


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. `about` are the lines above it: territory, days, time of making."""

    name: str
    about: Sequence[str]
    heads: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    cut: str = ""
    """Text below the last row if there were more than `MOST_ROWS`."""
    last: Sequence[Cell] = ()
    """A row of totals."""


def write_xlsx(file: IO[bytes], sheet: Sheet) -> None:
    """A workbook with one sheet, ready to print: headings on each page, territory and page number in the margins."""
    with xlsxwriter.Workbook(
        file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
    ) as book:
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        strong = book.add_format({"bold": True, "top": 1})
        formats: dict[type, Any] = {
            datetime: book.add_format({"num_format": "dd.mm.yyyy hh:mm:ss"}),
            date: book.add_format({"num_format": "dd.mm.yyyy"}),
        }
        page = book.add_worksheet(sheet.name[:31])
        page.set_landscape()
        page.set_paper(A4)
        page.fit_to_pages(1, 0)
        page.set_footer(f"&L{sheet.about[0].replace('&', '&&') if sheet.about else ''}&R&P / &N")
        for column in range(len(sheet.heads)):
            page.set_column(column, column, WIDE if column == 0 else WIDTH)
        top = 0
        for top, line in enumerate(sheet.about, 1):
            page.write_string(top - 1, 0, line)
        _write(page, top, sheet.heads, dict.fromkeys((str,), bold))
        page.freeze_panes(top + 1, 0)
        page.repeat_rows(top)
        row = top
        for count, cells in enumerate(sheet.rows):
            row += 1
            if count == MOST_ROWS:
                page.write_string(row, 0, sheet.cut)
                break
            _write(page, row, cells, formats)
        else:
            if sheet.last:
                _write(page, row + 1, sheet.last, dict.fromkeys((str, int), strong))


def _write(page: Any, row: int, cells: Sequence[Cell], formats: dict[type, Any]) -> None:
    for column, cell in enumerate(cells):
        form = formats.get(type(cell))
        if isinstance(cell, str):
            page.write_string(row, column, cell, form)
        elif isinstance(cell, int):
            page.write_number(row, column, cell, form)
        else:
            page.write_datetime(row, column, cell, form)


def xlsx_response(sheet: Sheet, filename: str) -> StreamingResponse:
    """The workbook as a download, read from disk piece by piece."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  # closed when it has been sent
    try:
        write_xlsx(file, sheet)
    except BaseException:
        file.close()
        raise
    headers = {"Content-Disposition": f'attachment; filename="{filename}"', "Content-Length": str(file.tell())}
    return StreamingResponse(_pieces(file), media_type=KIND, headers=headers)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(CHUNK):
            yield piece
