"""A power cut on a box without a clock of its own, and a cloud whose clock is wrong."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.wallclock import Source
from edge.cli import main
from edge.runtime import clock
from edge.runtime.clock import RELEASED, Clock
from edge.runtime.known_time import newest_known
from edge.store.journal import Journal
from edge.store.passes import PassStore
from edge.store.place import StorePlace
from sync.wire import PassItem
from tests.configs import write_config
from tests.pass_items import pass_item
from tests.store.records import visit_record

LATER = datetime(2027, 5, 20, 12, tzinfo=UTC)
"""When the cloud last confirmed the list; the system's clock has fallen back to some day of the past."""


@pytest.fixture
def without_a_clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A Pi 4 after a power cut, without network: nothing stands behind the system's clock."""
    (tmp_path / "model").write_text("Raspberry Pi 4")
    monkeypatch.setattr(clock, "_BOARD_MODEL", tmp_path / "model")
    for mark in ("_SYNC_FILE", "_RTC_SECONDS"):
        monkeypatch.setattr(clock, mark, tmp_path / "none")
    monkeypatch.setattr(clock, "_disciplined", lambda: False)
    assert clock.system_source() is Source.NONE


@pytest.fixture
def place(tmp_path: Path) -> StorePlace:
    (tmp_path / "state").mkdir()
    return StorePlace(tmp_path / "state", tmp_path / "state")


def age(folder: Path) -> None:
    """The files were written by a clock that stood at 1970."""
    for path in folder.iterdir():
        os.utime(path, (0, 0))


def list_of(place: StorePlace, *items: PassItem) -> None:
    with PassStore(place.passes_file) as store:
        store.cloud.apply(items, cursor="c", at=LATER)


@pytest.mark.usefixtures("without_a_clock")
def test_todays_guest_comes_in_and_yesterdays_does_not(
    tmp_path: Path, place: StorePlace, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list itself says how late it is at least; `passes check` goes by it and says that the clock is in doubt."""
    today = {"valid_from": LATER - timedelta(hours=3), "valid_until": LATER + timedelta(hours=9)}
    over = {"valid_from": LATER - timedelta(days=9), "valid_until": LATER - timedelta(days=1)}
    list_of(place, pass_item(id="1", plate="A123BC77", **today), pass_item(id="2", plate="K777KK77", **over))
    age(place.passes)
    config = write_config(tmp_path)
    told = []
    for plate in ("A123BC77", "K777KK77"):
        with pytest.raises(SystemExit) as ended:
            main(["passes", "check", plate, "--json", "--config", str(config)])
        told.append((ended.value.code, json.loads(capsys.readouterr().out)))
    assert [(0, "pass_valid"), (1, "pass_expired")] == [(code, values["reason"]) for code, values in told]
    assert [False, False] == [values["clock_trusted"] for _, values in told]
    with pytest.raises(SystemExit):
        main(["passes", "check", "A123BC77", "--config", str(config)])
    assert "часы не сверены" in capsys.readouterr().out


def test_the_floor_is_the_newest_of_all_that_is_known(place: StorePlace) -> None:
    """Journal, list, local passes, file times: each alone is enough, and the newest holds."""
    assert newest_known(place) is None
    list_of(place)
    age(place.passes)
    assert LATER == newest_known(place)
    with Journal(place.journal_file) as journal:
        journal.record(visit_record(1))
        journal.note("late", LATER + timedelta(hours=1))
    age(place.passes)
    assert LATER + timedelta(hours=1) == newest_known(place)
    os.utime(place.passes_file, ((LATER + timedelta(hours=2)).timestamp(),) * 2)
    assert LATER + timedelta(hours=2, seconds=-1) == newest_known(place)


@pytest.mark.usefixtures("without_a_clock")
def test_a_wrong_cloud_does_not_outlive_its_restart() -> None:
    """`Date: 2099` once: neither this run nor the next one lives in 2099, and one is told of it."""
    doubts: list[str] = []
    now = [0.0]
    kept = Clock(floor=LATER, mono=lambda: now[0], source=clock.system_source, doubted=doubts.append)
    kept.heard(datetime(2099, 1, 1, tzinfo=UTC), mono=0.0, authenticated=True)
    assert (LATER, ["2099-01-01 00:00"]) == (kept.now().wall, doubts)
    assert RELEASED == Clock(floor=datetime(2099, 1, 1, tzinfo=UTC), source=clock.system_source).now().wall.replace(
        microsecond=0
    )
    for _ in range(2):
        now[0] += 20
        kept.heard(LATER + timedelta(seconds=now[0]), mono=now[0], authenticated=True)
    assert kept.now().wall_trusted
    assert not doubts[-1]


def test_a_board_whose_model_is_hidden_is_no_pc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a container a Pi shows no model: its clock is believed only if it is synchronised, or one on a battery agrees."""
    monkeypatch.setattr(clock, "_SYNC_FILE", tmp_path / "synchronised")
    monkeypatch.setattr(clock, "_disciplined", lambda: False)
    monkeypatch.setattr(clock, "_BOARD_MODEL", tmp_path / "model")
    monkeypatch.setattr(clock, "_RTC_SECONDS", tmp_path / "rtc")
    monkeypatch.setattr(clock.platform, "machine", lambda: "aarch64")
    assert clock.system_source() is Source.NONE
    monkeypatch.setattr(clock.platform, "machine", lambda: "x86_64")
    assert clock.system_source() is Source.BATTERY
