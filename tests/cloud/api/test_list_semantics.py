"""What a resident files is what the barrier does: portal, wire, store and core together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from cloud.api.events import store_groups
from cloud.api.passes import read_page
from cloud.api.problems import ApiProblem
from cloud.api.requests import Caller
from cloud.db.engine import Database
from cloud.db.models import Account, GateEvent, Pass, Territory
from cloud.domain.passes import PassRequest, end, file
from cloud.domain.periods import Period, PeriodFields, read_period
from cloud.domain.territories import create
from cloud.plates import read_plate
from core.decision.standing import stand
from core.events import Instant, Reason
from core.passes.pass_list import day_end
from edge.store.passes import PassStore
from sync import wire
from sync.errors import ListExpired
from sync.memory import MemoryClock
from sync.pull import Puller

ZONE = ZoneInfo("Europe/Berlin")
FILED = datetime(2190, 10, 1, tzinfo=UTC)  # far ahead: the server leaves out of a first list what is long over
ALWAYS = Period(None, None)


@pytest.fixture
def database(sqlite_url):
    found = Database(sqlite_url)
    yield found
    found.close()


@dataclass
class Barrier:
    """A gate's store that pulls from the server's own page reader."""

    database: Database
    territory_id: int
    store: PassStore

    def passes(self, cursor: str) -> wire.PassPage:
        try:
            return read_page(self.database, self.territory_id, cursor)
        except ApiProblem as problem:
            raise ListExpired(problem.why) from None  # the one thing it refuses

    def sync(self, at: datetime = FILED) -> None:
        Puller(self, self.store.cloud, MemoryClock.at(at)).pull()

    def says(self, plate: str, at: datetime, *, trusted: bool = True) -> Reason:
        items = self.store.load().for_plate(plate)
        return stand(items, Instant(0.0, at, trusted)).reason if items else Reason.NO_PASS


@pytest.fixture
def barrier(place, tmp_path) -> Iterator[Callable[[str], Barrier]]:
    with place.database.write() as session:
        session.get_one(Territory, place.territory_id).timezone = ZONE.key
        session.add(Account(email="a@example.org", name="Иванов Иван", phone="+79120000000", password_hash="x"))
    stores = []

    def make(name: str = "one") -> Barrier:
        stores.append(PassStore(Path(tmp_path) / name / "passes.db"))
        return Barrier(place.database, place.territory_id, stores[-1])

    yield make
    for store in stores:
        store.close()


def filed(place, typed: str, period: Period = ALWAYS, **fields: bool) -> str:
    with place.database.write() as session:
        territory = session.get_one(Territory, place.territory_id)
        request = PassRequest(
            read_plate(typed), period, fields.get("one_time", False), "Дом 1", blocked=fields.get("blocked", False)
        )
        resident = session.scalar(select(Account))
        assert resident is not None
        row = file(session, territory, request, owner=resident, filed_by=resident, limited=False, now=FILED)
        session.flush()
        return row.id


def days(start: str, last: str) -> Period:
    return read_period(PeriodFields(start, last), ZONE, now=FILED)


def test_day_of_the_autumn_change_has_25_hours(place, barrier):
    """A pass for one day holds from midnight to midnight in the territory's zone, whatever the clocks do."""
    filed(place, "A777AA77", days("2190-10-31", "2190-10-31"))
    gate = barrier()
    gate.sync()
    begin = datetime(2190, 10, 30, 22, tzinfo=UTC)  # midnight in summer time

    assert timedelta(hours=25) == day_end(date(2190, 10, 31), ZONE) - begin
    moments = [
        begin - timedelta(seconds=1),
        begin,
        begin + timedelta(hours=25, seconds=-1),
        begin + timedelta(hours=25),
    ]
    assert [Reason.PASS_NOT_STARTED, Reason.PASS_VALID, Reason.PASS_VALID, Reason.PASS_EXPIRED] == [
        gate.says("A777AA77", moment) for moment in moments
    ]


@pytest.mark.parametrize("typed", ["А777АА77", "а 777 аа 77", "A777AA77", "a777аA77"])
def test_script_and_case_do_not_matter(place, barrier, typed):
    """A plate filed in Cyrillic, Latin or both, in any case, is the plate that the camera reads."""
    filed(place, typed)
    gate = barrier()
    gate.sync()

    assert Reason.PASS_VALID is gate.says("A777AA77", FILED)


def test_many_passes_are_their_union_and_a_block_beats_them(place, barrier):
    """Two periods for one plate both hold; between them it is not time yet; a block ends them all until it is lifted."""
    filed(place, "A777AA77", days("2190-10-05", "2190-10-06"))
    filed(place, "A777AA77", days("2190-10-10", "2190-10-11"))
    gate = barrier()
    gate.sync()
    noons = [datetime(2190, 10, day, 12, tzinfo=UTC) for day in (5, 8, 10)]
    assert [Reason.PASS_VALID, Reason.PASS_NOT_STARTED, Reason.PASS_VALID] == [
        gate.says("A777AA77", noon) for noon in noons
    ]

    block = filed(place, "A777AA77", blocked=True)
    gate.sync()
    assert Reason.BLOCKED is gate.says("A777AA77", noons[0])

    with place.database.write() as session:
        end(session, session.get_one(Pass, block), now=FILED)
    gate.sync()
    assert Reason.PASS_VALID is gate.says("A777AA77", noons[0])


def test_withdrawn_pass_is_named_so(place, barrier):
    """The gate tells a pass that was taken back from one that never was."""
    pass_id = filed(place, "A777AA77")
    gate = barrier()
    gate.sync()
    with place.database.write() as session:
        end(session, session.get_one(Pass, pass_id), now=FILED)
    gate.sync()

    assert (Reason.PASS_REVOKED, Reason.NO_PASS) == (gate.says("A777AA77", FILED), gate.says("B001BB77", FILED))


def test_one_time_pass_used_at_two_gates_offline_is_reconciled(place, barrier):
    """Each gate lets the car in once while they are out of touch; then the pass is gone, and the second use is marked."""
    pass_id = filed(place, "A777AA77", one_time=True)
    gates = [barrier("one"), barrier("two")]
    caller = Caller(place.gate_id, place.territory_id)
    for number, gate in enumerate(gates):
        gate.sync()
        assert Reason.PASS_VALID is gate.says("A777AA77", FILED)
        gate.store.cloud.mark_used(pass_id, f"visit-{number}", at=FILED)
        assert Reason.PASS_EXPIRED is gate.says("A777AA77", FILED)
    gates[1].sync()  # its event has not gone up yet, and the cloud still names the pass
    assert Reason.PASS_EXPIRED is gates[1].says("A777AA77", FILED)

    for number in range(2):
        told = wire.GateEvent(
            id=f"00000000-0000-4000-8000-{number:012}",
            kind="visit",
            at=FILED,
            clock_trusted=True,
            pass_id=pass_id,
            consumed=True,
        )
        store_groups(place.database, [(caller, [told])])
    for gate in gates:
        gate.sync()

    assert [Reason.PASS_EXPIRED] * 2 == [gate.says("A777AA77", FILED) for gate in gates]  # used, not withdrawn
    with place.database.read() as session:
        assert [False, True] == [row.conflict for row in session.query(GateEvent).order_by(GateEvent.id)]


@pytest.mark.parametrize("age", [timedelta(hours=6), timedelta(days=3), timedelta(days=30)])
def test_list_holds_however_long_the_cloud_is_away(place, barrier, age):
    """After six hours, three days or a month offline the passes are the same, and the list knows its age."""
    filed(place, "A777AA77")
    filed(place, "B001BB77", days("2190-10-01", "2190-10-20"))
    gate = barrier()
    gate.sync()
    later = FILED + age

    assert Reason.PASS_VALID is gate.says("A777AA77", later)
    expected = Reason.PASS_VALID if age < timedelta(days=20) else Reason.PASS_EXPIRED
    assert expected is gate.says("B001BB77", later)
    assert FILED == gate.store.load().fetched_at


def test_pass_that_no_gate_could_read_is_kept_from_them(place, barrier):
    """A row that breaks the contract, however it came into the database, does not cost the others their list."""
    good, bad = filed(place, "A777AA77"), filed(place, "B001BB77")
    with place.database.write() as session:
        session.get_one(Pass, bad).plate = "B\n001"
    gate = barrier()
    gate.sync()

    assert [good] == [item.id for item in gate.store.load()]


def test_a_box_moved_to_another_territory_takes_its_list_alone(place, barrier):
    """A cursor is good in its own territory only: bound to another one, the gate forgets the first one's passes."""
    now = FILED
    ids = []
    with place.database.write() as session:
        manager = session.scalars(select(Account)).one()
        for name, plates in (("Первая", ("A777AA77",)), ("Вторая", ("B001BB77", "C002CC77"))):
            territory = create(session, name=name, zone=ZONE.key, account=manager, now=now)
            for plate in plates:
                request = PassRequest(read_plate(plate), ALWAYS, False, "Дом 1")
                file(session, territory, request, owner=manager, filed_by=manager, limited=False, now=now)
            ids.append(territory.id)
    gate = barrier()

    found = []
    for gate.territory_id in ids:
        gate.sync()
        found.append([gate.says(plate, FILED) for plate in ("A777AA77", "B001BB77", "C002CC77")])

    yes, no = Reason.PASS_VALID, Reason.NO_PASS
    assert [[yes, no, no], [no, yes, yes]] == found
