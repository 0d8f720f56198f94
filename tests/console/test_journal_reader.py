"""The page's journal is the one that grows, whatever became of the file it was opened as."""

from __future__ import annotations

from pathlib import Path

from edge.console.journal_reader import JournalReader
from edge.store.journal import Journal
from tests.store.records import visit_record


def test_a_journal_that_was_set_aside_is_not_read_on(tmp_path: Path) -> None:
    """A damaged file is replaced by a new one while the page has the old one open: visits are those of the new one."""
    file = tmp_path / "journal.db"
    with Journal(file) as journal:
        journal.record(visit_record(1))
    reader = JournalReader(tmp_path)
    assert [visit_record(1).visit_id] == [one.record.visit_id for one in reader.newest(5) or ()]
    for part in ("", "-wal", "-shm"):
        old = tmp_path / f"journal.db{part}"
        if old.exists():
            old.rename(tmp_path / f"aside{part}")
    with Journal(file) as journal:
        journal.record(visit_record(2))
    assert [visit_record(2).visit_id] == [one.record.visit_id for one in reader.newest(5) or ()]
    reader.close()
