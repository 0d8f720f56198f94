"""A gate whose request for an update is sent twice at one moment, by a proxy or after a lost answer."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, text

from cloud.db.models import AuditEntry, Release, ReleasePiece, RolloutGate, utc_now
from cloud.fleet import rollouts
from cloud.fleet.rings import WHOLE, Ring, Rules
from sync import wire
from tests.cloud.places import place_in
from tests.patience import until

ASKS = {"python": "3.11", "machine": "aarch64", "running": ""}


@pytest.fixture
def gate_id(database) -> int:
    """A gate, and a rollout to all that is live."""
    with database.write() as session:
        gate = int(place_in(session, "e1").ids["gate_id"])
        release = Release(name="0.2.0-2000", version="0.2.0", python="3.11", machine="aarch64", size=1, sha256="0" * 64)
        session.add(release)
        session.flush()
        session.add(ReleasePiece(release_id=release.id, number=0, body=b"x"))
        session.flush()
        rollouts.start(session, release, (Ring(share=WHOLE),), Rules(), now=utc_now())
    return gate


def ask(database, gate_id: int) -> wire.UpdateWanted | None:
    with database.write() as session:
        return rollouts.wanted(session, gate_id, now=utc_now(), **ASKS)


def counted(database) -> tuple[int, int]:
    with database.read() as session:
        told = select(AuditEntry).where(AuditEntry.action == "gate-update-offered")
        return len(session.scalars(select(RolloutGate)).all()), len(session.scalars(told).all())


def test_a_gate_is_counted_once(database, gate_id):
    """However often it asks, it is told the same, and counted with the first time."""
    assert ask(database, gate_id) == ask(database, gate_id) == wire.UpdateWanted("0.2.0-2000", 1, "0" * 64)
    assert (1, 1) == counted(database)


@pytest.mark.parametrize("database", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_two_first_requests_at_one_moment_are_both_answered(database, gate_id):
    """The second one finds the gate not yet counted, and waits for the first to commit: both are told of the build."""
    found = []
    with database.write() as session:
        found.append(rollouts.wanted(session, gate_id, now=utc_now(), **ASKS))
        session.flush()
        second = threading.Thread(target=lambda: found.append(ask(database, gate_id)))
        second.start()
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
        with database.read() as onlooker:
            until(lambda: onlooker.scalar(waiting) == 1)
    second.join()

    assert [wire.UpdateWanted("0.2.0-2000", 1, "0" * 64)] * 2 == found
    assert (1, 1) == counted(database)
