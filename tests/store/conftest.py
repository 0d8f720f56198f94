"""Fixtures of the store's tests: everything happens in files of a temporary folder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.store.journal import Journal
from edge.store.passes import PassStore

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def passes(tmp_path: Path) -> Iterator[PassStore]:
    with PassStore(tmp_path / "passes.db") as store:
        yield store


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.db") as store:
        yield store
