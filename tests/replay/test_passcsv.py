"""The pass list as a file: what people really write, and every bad row told by line and column."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import FileUnusable
from core.passes.pass_list import Pass, PassSource
from edge.passcsv import PassFileInvalid, read_pass_file, write_passes

MOSCOW = ZoneInfo("Europe/Moscow")
HEADER = "plate,valid_from,valid_until,note\n"


def read(tmp_path: Path, text: str | bytes):
    file = tmp_path / "passes.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_pass_file(file, MOSCOW)


def test_plates_in_any_writing_are_one_plate(tmp_path: Path) -> None:
    """Cyrillic or Latin, any case, spaces allowed."""
    found = read(tmp_path, HEADER + "а 123 вс 77,,,\nA123BC77,2026-01-01,,\n")
    assert ["A123BC77", "A123BC77"] == [one.plate for one in found.whole()]


def test_a_date_covers_the_whole_day_of_the_site(tmp_path: Path) -> None:
    """A date without time begins and ends with the day in the site's zone."""
    (one,) = read(tmp_path, HEADER + "A123BC77,2026-03-01,2026-03-01,\n").whole()
    assert datetime(2026, 2, 28, 21, tzinfo=UTC) == one.valid_from
    assert datetime(2026, 3, 1, 21, tzinfo=UTC) == one.valid_until


def test_times_with_and_without_zone(tmp_path: Path) -> None:
    """A time without zone is meant in the site's zone; one with a zone is what it says."""
    (one,) = read(tmp_path, HEADER + "A123BC77,2026-03-01T12:00,2026-03-01T12:00Z,\n").whole()
    assert datetime(2026, 3, 1, 9, tzinfo=UTC) == one.valid_from
    assert datetime(2026, 3, 1, 12, tzinfo=UTC) == one.valid_until


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + HEADER + "A123BC77,,,x\n",
        HEADER.replace(",", ";") + "A123BC77;;;x\n",
        "note,plate\nx,A123BC77\n",
        "A123BC77,,,x\n",
        (HEADER + "\n\nA123BC77,,,x\n").replace("\n", "\r\n"),
        HEADER + "A123BC77,,,x",
        HEADER + "A123BC77,0001-01-01,9999-12-31,x\n",
    ],
)
def test_files_as_programs_write_them(tmp_path: Path, text: str) -> None:
    """BOM, semicolons, another order, no header, empty lines, no last line end: the same list."""
    (one,) = read(tmp_path, text).whole()
    assert ("A123BC77", None, None, "x") == (one.plate, one.valid_from, one.valid_until, one.note)


def test_the_same_row_twice_is_one_pass(tmp_path: Path) -> None:
    """A repeated row is no error and no second pass; another period of the plate is a pass of its own."""
    found = read(tmp_path, HEADER + "A123BC77,,,\nа123вс77,,,\nA123BC77,2026-01-01,,\n")
    assert (2, 1) == (len(found.whole()), found.repeated)


def test_every_bad_row_is_told(tmp_path: Path) -> None:
    """Each fault by file, line and column; the good rows are kept apart, and `whole` refuses the file."""
    found = read(
        tmp_path,
        HEADER
        + 'A1#3BC77,,,\nB123BC77,02/01/2026,,\n"C123BC77",2026-03-02,2026-03-01,"two\nlines"\nE123BC77,,,,,x\n,,,n\nK777KK77,,,\n',
    )
    assert [(2, "plate"), (3, "valid_from"), (4, "valid_until"), (6, "note"), (7, "plate")] == [
        (item.line, item.column) for item in found.problems
    ]
    assert ["K777KK77"] == [one.plate for one in found.passes]
    with pytest.raises(PassFileInvalid) as refused:
        found.whole()
    assert f"{tmp_path}/passes.csv:3: valid_from: " in str(refused.value)


def test_an_unknown_column_is_told(tmp_path: Path) -> None:
    """A period in a column of another name must not become no period."""
    found = read(tmp_path, "plate,from,until\nA123BC77,2026-01-01,2026-01-02\n")
    assert [(1, "from"), (1, "until")] == [(item.line, item.column) for item in found.problems]


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"PK\x03\x04\x00\x00", ": не похоже на таблицу CSV"), (b'plate\nK777KK77\n"A123BC77\n', ":3: не CSV")],
)
def test_not_a_list_at_all(tmp_path: Path, content: bytes, why: str) -> None:
    """A workbook in place of a table, or an open quote: one line that names the file, and the line where there is one."""
    with pytest.raises(FileUnusable) as refused:
        read(tmp_path, content)
    assert why in str(refused.value)


def test_the_object_stands_before_the_note(tmp_path: Path) -> None:
    """A table of the portal's, with its column for the object, loses nothing at the gate."""
    (one,) = read(tmp_path, "Номер;Объект;Примечание\nА123ВС77;кв. 5;газель\n").whole()
    assert "кв. 5, газель" == one.note


def test_missing_file_and_folder(tmp_path: Path) -> None:
    """What cannot be opened is named."""
    for path in (tmp_path / "no.csv", tmp_path):
        with pytest.raises(FileUnusable, match=str(path)):
            read_pass_file(path, MOSCOW)


def test_an_empty_file_is_an_empty_list(tmp_path: Path) -> None:
    """Nothing, or the header alone, is a list without passes."""
    assert () == read(tmp_path, "").whole() == read(tmp_path, HEADER).whole()


def test_a_large_list_is_read_whole(tmp_path: Path) -> None:
    """Tens of thousands of rows are one list."""
    rows = "".join(f"A{n % 1000:03}BC{n // 1000:02}7,,2027-01-01,кв. {n}\n" for n in range(30_000))
    assert 30_000 == len(read(tmp_path, HEADER + rows).whole())


MOMENTS = st.integers(86_400, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(note=st.text(alphabet="aбв,;\"' ", max_size=20), span=st.tuples(st.none() | MOMENTS, st.none() | MOMENTS))
def test_written_and_read_back(tmp_path_factory: pytest.TempPathFactory, note: str, span) -> None:
    """An exported list imports as the same passes."""
    start, stop = span
    if start is not None and stop is not None and stop <= start:
        start = None
    one = Pass("csv:2", "A123BC77", start, stop, source=PassSource.LOCAL, note=note.strip())
    file = tmp_path_factory.mktemp("list") / "out.csv"
    file.write_text(write_passes([one], MOSCOW))
    assert (one,) == read_pass_file(file, MOSCOW).whole()
