"""What a gate that starts knows of the openings before."""

from __future__ import annotations

import errno
import os
from datetime import timedelta
from pathlib import Path

import pytest

from core import gate
from core.geometry import Box
from core.passes.pass_list import PassList
from core.rules.policy import Direction, Lane, Site
from edge.runtime.recall import OpeningsBefore, openings_before, told_before
from edge.store.journal import FILE_NAME, Journal
from tests.store.records import instant, visit_record

SITE = Site((Lane("entry", Direction.ENTRY, "main"),))


def test_openings_come_back_from_the_journal(tmp_path: Path) -> None:
    """The place of the last opening of each plate survives a restart; records of long ago say nothing."""
    with Journal(tmp_path / FILE_NAME) as journal:
        journal.record(visit_record(1, plate="B222BB77", place=Box(1, 2, 100, 20)))
        journal.record(visit_record(2000, place=Box(300, 400, 110, 24)))
    now = instant(60.0 * 2000 + 30)

    told = told_before(tmp_path / FILE_NAME, now.wall)
    state = gate.start(SITE, PassList(), told=told, at=now)

    assert [(one.text, one.place) for one in state.recent] == [("A001BC77", Box(300, 400, 110, 24))]


def test_a_disk_that_fails_is_told_and_keeps_no_gate_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A journal that cannot even be looked at is not an absent one: its openings are said to be unread."""

    def fails(_path: Path, **_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Path, "stat", fails)
    assert told_before(tmp_path / FILE_NAME, instant().wall) == ()
    assert openings_before(tmp_path / FILE_NAME) == OpeningsBefore()
    assert 2 == caplog.text.count("прежние открытия не прочитаны")


def test_without_a_journal_the_gate_starts(tmp_path: Path) -> None:
    """A journal that is absent or rubbish is no reason not to start."""
    now = instant().wall + timedelta(days=1)
    assert told_before(tmp_path / FILE_NAME, now) == ()
    assert openings_before(tmp_path / FILE_NAME) == OpeningsBefore()
    (tmp_path / FILE_NAME).write_bytes(b"\x00rubbish" * 2000)

    assert told_before(tmp_path / FILE_NAME, now) == ()
    assert openings_before(tmp_path / FILE_NAME) == OpeningsBefore()


def test_the_openings_of_every_visit_are_known(tmp_path: Path) -> None:
    """Whatever the journal has of openings, the relay process may tell once more."""
    with Journal(tmp_path / FILE_NAME) as journal:
        journal.record(visit_record(1))

    assert openings_before(tmp_path / FILE_NAME) == OpeningsBefore(requests=frozenset({"r1"}))
