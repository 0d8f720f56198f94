from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from edge.store.retention import MB, Ballast, prune_snapshots
from edge.store.settings import StoreSettings
from edge.store.snapshots import Snapshots


def fill(snapshots: Snapshots, now: datetime, days: int, size_bytes: int = 1000) -> list[str]:
    """One picture a day, the newest last."""
    return [
        snapshots.write(f"visit-{day}", now - timedelta(days=day), bytes(size_bytes)) for day in range(days, -1, -1)
    ]


def test_pictures_past_their_days_go_and_their_folders_with_them(tmp_path: Path, now: datetime) -> None:
    """Retention by days removes whole days and nothing younger."""
    snapshots = Snapshots(tmp_path / "snapshots")
    names = fill(snapshots, now, days=9)

    pruned = prune_snapshots(snapshots, StoreSettings(keep_days=3, free_floor_mb=1), now=now)

    assert 6 == pruned.snapshots
    assert names[6:] == [f"{item.day}/{item.path.name}" for item in snapshots.oldest_first()]
    assert 4 == len(list((tmp_path / "snapshots").iterdir()))


def test_pictures_over_the_limit_go_oldest_first(tmp_path: Path, now: datetime) -> None:
    """Retention by bytes keeps the newest that fit."""
    snapshots = Snapshots(tmp_path / "snapshots")
    names = fill(snapshots, now, days=3, size_bytes=MB // 2)

    prune_snapshots(snapshots, StoreSettings(snapshots_max_mb=1, free_floor_mb=1), now=now)

    assert names[2:] == [f"{item.day}/{item.path.name}" for item in snapshots.oldest_first()]


def test_a_disk_below_its_floor_costs_pictures(tmp_path: Path, now: datetime) -> None:
    """When others fill the disk, the pictures give way, and the caller is told that it was not enough."""
    snapshots = Snapshots(tmp_path / "snapshots")
    fill(snapshots, now, days=3)

    pruned = prune_snapshots(snapshots, StoreSettings(free_floor_mb=100_000_000), now=now)

    assert (4, True) == (pruned.snapshots, pruned.below_floor)


def test_the_ballast_takes_real_room_and_gives_it_back(tmp_path: Path) -> None:
    """The spare file is written out, not a hole, and is laid again after it was used."""
    ballast = Ballast(tmp_path / "ballast", 2 * MB)

    assert ballast.lay(spare_bytes=0)
    assert ballast.path.stat().st_blocks * 512 >= 2 * MB
    assert ballast.drop()
    assert not ballast.drop()
    assert not ballast.lay(spare_bytes=1 << 60)
    assert not ballast.laid


@pytest.mark.parametrize("name", ["../../etc/passwd", "2026-11-22/../../x", "/etc/passwd"])
def test_a_name_that_leads_out_of_the_folder_shows_nothing(tmp_path: Path, name: str) -> None:
    """Pictures are read from their folder only."""
    (tmp_path / "x").write_bytes(b"secret")

    assert Snapshots(tmp_path / "snapshots").read(name) is None


def test_an_id_that_is_no_name_is_refused(tmp_path: Path, now: datetime) -> None:
    """A visit id becomes a file name only if it is a plain one."""
    with pytest.raises(ValueError, match="not an id"):
        Snapshots(tmp_path).write("../x", now, b"")


def test_a_date_that_nobody_knows_makes_no_picture_old(tmp_path: Path, now: datetime) -> None:
    """Without a trusted clock no picture is past its days; the limits on bytes and free space still hold."""
    snapshots = Snapshots(tmp_path / "snapshots")
    names = fill(snapshots, now, days=9, size_bytes=MB // 4)

    aged = prune_snapshots(snapshots, StoreSettings(keep_days=3, free_floor_mb=1), now=None)
    full = prune_snapshots(snapshots, StoreSettings(keep_days=3, snapshots_max_mb=1, free_floor_mb=1), now=None)

    assert (0, 6) == (aged.snapshots, full.snapshots)
    assert names[6:] == [f"{item.day}/{item.path.name}" for item in snapshots.oldest_first()]
