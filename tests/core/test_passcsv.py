"""One reader of tables for the gate and the portal: what spreadsheets really write, and where a row is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.passes.passcsv import TableInvalid, read_passes

MOSCOW = ZoneInfo("Europe/Moscow")
RUSSIAN = "Номер;С;По;Примечание;Объект\r\nа 123 вс 77;01.03.2026;31.12.2026;газель;кв. 5\r\n"


def read(data: bytes, **how):
    return read_passes(data, MOSCOW, **how)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
@pytest.mark.parametrize(
    "text",
    [RUSSIAN, RUSSIAN.replace(";", "\t"), RUSSIAN.replace(";", ","), "sep=;\r\n" + RUSSIAN,
     RUSSIAN.replace("Номер;С;По;Примечание;Объект", " НОМЕР  автомобиля ;дата начала;Действует ПО;комментарий;квартира"),
     RUSSIAN.replace("\r\n", "\n\n"), RUSSIAN.replace("\r\n", "\r")],
)  # fmt: skip
def test_a_table_as_spreadsheets_write_it(text: str, encoding: str) -> None:
    """Encodings, delimiters, `sep=`, Russian headers and dates: the same pass."""
    table = read(text.encode(encoding))

    assert () == table.problems
    (row,) = table.rows
    assert ("A123BC77", "а 123 вс 77", "газель", "кв. 5") == (row.plate, row.typed, row.note, row.object)
    assert (datetime(2026, 2, 28, 21, tzinfo=UTC), datetime(2026, 12, 31, 21, tzinfo=UTC)) == (
        row.valid_from,
        row.valid_until,
    )


def test_a_bad_row_is_told_by_line_and_column_as_the_file_has_it() -> None:
    """The column is called as its header calls it; `sep=` and empty lines count as lines."""
    table = read("sep=;\nНомер;По\n\nА1#3;31.12.2026\nА123ВС77;вчера\n".encode("cp1251"))

    assert [(4, "Номер"), (5, "По")] == [(one.line, one.column) for one in table.problems]
    assert "«А1#3»: знака '#' на номерах не бывает" == str(table.problems[0])
    assert str(table.problems[1]).startswith("«вчера» — не дата; можно: ")


@pytest.mark.parametrize(
    ("header", "column"), [("Номер;valid_untill", "valid_untill"), ("Номер;ФИО", "ФИО"), ("Номер;По;До", "valid_until")]
)
def test_a_column_nobody_knows_refuses_the_file(header: str, column: str) -> None:
    """A period under a name that is not understood, or named twice, must not become no period."""
    (problem,) = read(f"{header}\nА123ВС77;31.12.2026\n".encode()).problems
    assert (1, column) == (problem.line, problem.column)


def test_a_table_without_a_header() -> None:
    """The gate takes one in the fixed order of columns; the portal asks for the header."""
    assert "A123BC77" == read("А123ВС77,,,x\n".encode()).rows[0].plate
    with pytest.raises(TableInvalid, match="названия столбцов"):
        read("А123ВС77,,,x\n".encode(), header_needed=True)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_refused_by_name(data: bytes) -> None:
    """Whatever is uploaded: rows, problems, or one named error."""
    try:
        table = read(data)
    except TableInvalid:
        return
    assert all(str(one) and one.line >= 1 for one in table.problems)
