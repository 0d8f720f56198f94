"""Visits counted by day: whatever is told, forgotten, moved to another zone or removed, what is counted is what is listed."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, text

from cloud.api.events import store_groups
from cloud.api.requests import Caller
from cloud.db.migrate import downgrade, migrate
from cloud.db.models import Gate, GateEvent, Territory, VisitDay, utc_now
from cloud.domain import day_counts, journal, reports, retention, territories
from cloud.domain.reports import By
from cloud.pictures.files import FilePictures
from sync import wire

ZONES = ["Europe/Moscow", "Asia/Kamchatka", "Asia/Kathmandu", "America/New_York", "UTC"]
FURTHEST = 9
Told = st.tuples(
    st.just("told"),
    st.integers(0, 1),
    st.lists(
        st.tuples(st.integers(0, FURTHEST * 96), st.sampled_from(["open", "refuse", None]), st.booleans()), max_size=6
    ),
)
Steps = st.lists(
    st.one_of(
        Told,
        Told,
        st.tuples(st.just("again")),
        st.tuples(st.just("forget"), st.integers(0, FURTHEST * 96)),
        st.tuples(st.just("zone"), st.sampled_from(ZONES)),
        st.tuples(st.just("gone"), st.integers(0, 1)),
    ),
    max_size=8,
)


class Place:
    """A territory with two gates, and what may happen to it."""

    def __init__(self, database, folder):
        self.database, self.now, self.last = database, utc_now(), []
        self.pictures = FilePictures(folder)
        with database.write() as session:
            place = Territory(code=uuid4().hex[:7], name="T", timezone=ZONES[0])
            session.add(place)
            session.flush()
            gates = [Gate(territory_id=place.id, name=str(number)) for number in range(2)]
            session.add_all(gates)
            session.flush()
            self.id, self.gates = place.id, [gate.id for gate in gates]

    def told(self, number, facts):
        if self.gates[number] is None:
            return
        events = [
            wire.GateEvent(
                str(uuid4()), "visit", self.now - timedelta(minutes=15 * back), clock_trusted=trusted, decision=decision
            )
            for back, decision, trusted in facts
        ]
        self.last = [(Caller(self.gates[number], self.id), events)] if events else []
        self.again()

    def again(self):
        if self.last and self.last[0][0].gate_id in self.gates:
            store_groups(self.database, self.last)

    def forget(self, back):
        before = self.now - timedelta(minutes=15 * back)
        while retention.forget_events(self.database, self.pictures, self.id, before=before):
            pass

    def zone(self, name):
        with self.database.write() as session:
            territories.change_zone(session, session.get_one(Territory, self.id), name)

    def gone(self, number):
        with self.database.write() as session:
            session.execute(delete(Gate).where(Gate.id == self.gates[number]))
        self.gates[number] = None

    def compare(self):
        with self.database.read() as session:
            place = session.get_one(Territory, self.id)
            zone = ZoneInfo(place.timezone)
            days = [(self.now + timedelta(days=1 - back)).astimezone(zone).date() for back in range(FURTHEST + 4)]
            listed = {
                day: Counter(
                    event.decision
                    for events in journal.all_events(self.database, place, journal.Search(first=day, last=day), zone)
                    for event in events
                    if event.decision
                )
                for day in days
            }
            counted = day_counts.of(session, place, min(days), max(days))
            assert {day: dict(found) for day, found in listed.items() if found} == counted
            rows = reports.report(session, place, By.DAY, min(days), max(days), known=(min(days), max(days)))
            assert [(listed[day]["open"], listed[day]["refuse"]) for day in sorted(days)] == [
                (row.opened, row.refused) for row in rows
            ]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=Steps)
def test_what_is_counted_is_what_is_listed(database, tmp_path, steps):
    """After any steps each day of the territory's zone counts what the journal lists for that day."""
    place = Place(database, tmp_path)
    for name, *facts in steps:
        getattr(place, name)(*facts)

    place.compare()


def test_a_repeat_is_counted_once(database, tmp_path):
    """A gate that sends its batch again changes no count, and one that was forgotten leaves none."""
    place = Place(database, tmp_path)
    place.told(0, [(0, "open", True), (1, "open", True), (2, None, True)])
    place.again()
    place.compare()
    with database.read() as session:
        assert 2 == sum(row.visits for row in session.query(VisitDay))
    place.forget(-1)
    with database.read() as session:
        assert 0 == session.query(VisitDay).count()


def test_the_upgrade_counts_what_is_there(database, tmp_path):
    """Visits of before the upgrade stand in its counts, at the edges of a day too."""
    place = Place(database, tmp_path)
    midnight = datetime(2026, 3, 1, tzinfo=ZoneInfo("Europe/Moscow")).astimezone(UTC)
    downgrade(database.engine, "0022")
    with database.write() as session:
        for number, back in enumerate((timedelta(microseconds=1), timedelta(0), -timedelta(hours=23))):
            at = midnight - back
            session.add(
                GateEvent(
                    gate_id=place.gates[0],
                    territory_id=place.id,
                    event_id=str(number),
                    at=at,
                    placed_at=at,
                    decision="open",
                )
            )

    migrate(database.engine)

    with database.read() as session:
        rows = session.execute(text("SELECT day, visits FROM visit_days ORDER BY day")).all()
    assert [("2026-02-28", 1), ("2026-03-01", 2)] == [(str(day), visits) for day, visits in rows]
    place.zone("UTC")
    place.zone("Europe/Moscow")
    with database.read() as session:
        assert rows == session.execute(text("SELECT day, visits FROM visit_days ORDER BY day")).all()
