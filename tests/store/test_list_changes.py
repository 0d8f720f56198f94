"""What a change of a long list costs: the change. And what comes out is what a reader from nothing sees."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.passes.pass_list import PassList
from edge.runtime import pass_watch
from edge.runtime.inbox import Inbox
from edge.runtime.pass_watch import PassWatch
from edge.store.good_copy import Copied, good_copy_path
from edge.store.local_passes import local_pass
from edge.store.passes import PassStore
from sync.wire import PassItem
from tests.pass_items import pass_item

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
PLATES = ("A001BC77", "A002BC77", "K777KK199")
Deed = Callable[[PassStore, datetime], object]


def item(number: int, plate: str = PLATES[0], *, deleted: bool = False, used: bool = False) -> PassItem:
    return pass_item(id=f"p{number}", plate=plate, one_time=used, used=used, deleted=deleted)


def swapped(store: PassStore, at: datetime) -> None:
    store.cloud.begin_staging()
    store.cloud.stage([item(1), item(5, PLATES[2])], cursor="s")
    store.cloud.commit_staging(at=at)


def gone_unnamed(store: PassStore, at: datetime) -> None:
    """As a version before this one takes passes away: it counts the generation and names nothing."""
    del at
    store._db.conn.execute("DELETE FROM local_pass WHERE plate = ?", (PLATES[0],))
    store._db.conn.execute("UPDATE list_state SET seq = seq + 1, generation = generation + 1")
    store._db.conn.commit()


def given_by(*items: PassItem) -> Deed:
    return lambda store, at: store.cloud.apply(items, cursor=f"c{at}", at=at)


def added(plate: str, **rules: bool) -> Deed:
    return lambda store, at: store.local.add([local_pass(plate, None, None, **rules)], at=at)


def removed(plate: str) -> Deed:
    return lambda store, _: store.local.remove(plate)


DEEDS: tuple[Deed, ...] = (
    *(given_by(item(number, plate)) for number in (1, 2) for plate in (*PLATES, "???")),
    given_by(item(1, deleted=True)),
    given_by(item(2, used=True), item(3, PLATES[1])),
    given_by(),
    *(added(plate) for plate in PLATES),
    added(PLATES[1], blocked=True),
    *(removed(plate) for plate in PLATES),
    lambda store, at: store.local.replace([local_pass(PLATES[1], None, None)], at=at),
    swapped,
    gone_unnamed,
)


@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(deeds=st.lists(st.tuples(st.sampled_from(DEEDS), st.booleans(), st.integers(0, 40)), max_size=12))
def test_whatever_changes_a_later_load_shows_what_a_first_one_does(
    tmp_path_factory: pytest.TempPathFactory, deeds: list[tuple[Deed, bool, int]]
) -> None:
    """After any changes, over months, looked at between or not, the list is the one that is read from nothing."""
    at = NOON
    with PassStore(tmp_path_factory.mktemp("list") / "passes.db") as store:
        for deed, looked, days in deeds:
            at += timedelta(days=days)
            deed(store, at)
            if looked:
                store.load()
        later = store.load()
        with PassStore(store.path) as fresh:
            first = fresh.load()
    assert sorted(first, key=str) == sorted(later, key=str)
    assert {kind: count for kind, count in later.kinds.items() if count} == first.kinds


def shared(before: PassList, after: PassList) -> int:
    """How many buckets of the list before are not in the one after."""
    kept = {id(bucket) for bucket in after.lines.buckets.values()}
    return sum(id(bucket) not in kept for bucket in before.lines.buckets.values())


def test_a_pass_taken_away_costs_that_pass(passes: PassStore) -> None:
    """A resident's pass removed from the local list, and one forgotten after its time, leave the rest as it lies in memory."""
    passes.local.add([local_pass(f"A{number:03}BC77", None, None) for number in range(200)], at=NOON)
    passes.cloud.apply([item(1, PLATES[2])], cursor="c1", at=NOON)
    passes.cloud.apply([item(1, deleted=True)], cursor="c2", at=NOON)
    before = passes.load()

    passes.local.remove("A007BC77")
    after = passes.load()
    passes.cloud.apply([], cursor="c3", at=NOON + timedelta(days=40))
    last = passes.load()

    assert "A007BC77" not in after
    assert PLATES[2] not in last
    assert (1, 1) == (shared(before, after), shared(after, last))


def test_a_version_before_reads_the_copy(passes: PassStore) -> None:
    """By its rules: three words of the header, the sum of the rest without its last line feeds, one JSON object of wide rows."""
    passes.cloud.apply([pass_item(id="1", plate="A001BC77")], cursor="c5", at=NOON)
    passes.keep_good_copy()
    header, body = good_copy_path(passes.path).read_bytes().rstrip(b"\n").split(b"\n", 1)
    digest, _seq, count = header.split()[:3]
    assert (hashlib.sha256(body).hexdigest(), 1) == (digest.decode(), int(count))
    tables = json.loads(body)["tables"]
    assert {"cloud_pass": 10, "used_pass": 0, "local_pass": 0} == {
        name: len(tables[name][0]) if tables[name] else 0 for name in ("cloud_pass", "used_pass", "local_pass")
    }


def test_the_copy_has_a_row_a_line(passes: PassStore) -> None:
    """The good copy of a long list is written and read row by row: no line of it holds two passes."""
    passes.local.add([local_pass(f"A{number:03}BC77", None, None) for number in range(50)], at=NOON)
    passes.keep_good_copy()

    lines = good_copy_path(passes.path).read_text().splitlines()
    assert 1 == max(line.count("BC77") for line in lines)
    assert 50 == sum(line.count("BC77") for line in lines)


def test_copies_take_a_twentieth_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that changes without end is copied so seldom that copying takes five hundredths of the time; then it is copied."""
    clock, copied = [100.0], list[float]()

    def slow(_: PassStore) -> Copied:
        copied.append(clock[0])
        clock[0] += 1.0
        return Copied(wrote=True, passes=1)

    monkeypatch.setattr(pass_watch.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(PassStore, "keep_good_copy", slow)
    watch = PassWatch(tmp_path / "passes.db", inbox=Inbox(), now=lambda: None)  # type: ignore[arg-type,return-value]
    watch.first()
    for _ in range(60):
        watch.changed()
        watch._look(clock[0])
        clock[0] += 0.5
    for _ in range(60):  # nothing changes any more
        watch._look(clock[0])
        clock[0] += 0.5
    watch._close()

    assert [100.0, 120.0, 140.0] == [at - at % 1 for at in copied]
