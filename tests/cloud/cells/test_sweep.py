"""The hour's chores while a territory is frozen for its move: everybody else's are done, and its own wait."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from cloud.app import create_app
from cloud.cells.freeze import freeze, frozen, thaw
from cloud.db.models import AuditEntry, Command, Gate, GateEvent, Invitation, PairingCode, Pass, utc_now
from cloud.settings import Settings
from cloud.sweeper import sweep
from tests.cloud.cells.conftest import fill
from tests.cloud.places import place_in

LONG_AGO = utc_now() - timedelta(days=1000)


@pytest.fixture
def portal(cells, tmp_path):
    """Two territories of which everything is long over, in the first of two cells."""
    east, _ = cells
    with east.database.write() as session:
        for name in ("e1", "e2"):
            fill(session, place_in(session, name))
        session.flush()
        session.query(GateEvent).update({"at": LONG_AGO, "placed_at": LONG_AGO, "received_at": LONG_AGO})
        session.query(Pass).update({"valid_until": LONG_AGO})
        session.query(PairingCode).update({"expires_at": LONG_AGO})
        session.query(Command).update({"created_at": LONG_AGO})
        session.query(AuditEntry).update({"at": LONG_AGO})
        session.query(Invitation).update({"valid_until": LONG_AGO})
    app = create_app(Settings(data_dir=tmp_path, database_url=east.database.url, public_url=east.url, secret=b"x" * 32))
    yield app.state.portal
    app.state.database.close()


class Quiet:
    """`Work` of a job that nobody waits for."""

    def report(self, done: int) -> None: ...


def left(portal, territory_id: int) -> dict[str, int]:
    """How much of a territory is still there that is long over."""
    ours = select(Gate.id).where(Gate.territory_id == territory_id)
    counted = {
        "visits": (GateEvent.id, GateEvent.territory_id == territory_id),
        "passes": (Pass.id, (Pass.territory_id == territory_id) & Pass.deleted_at.is_(None)),
        "codes": (PairingCode.id, PairingCode.territory_id == territory_id),
        "commands": (Command.id, Command.gate_id.in_(ours) & Command.call_id.is_(None)),
        "acts": (AuditEntry.id, (AuditEntry.territory_id == territory_id) & (AuditEntry.at <= LONG_AGO)),
        "invitations": (Invitation.id, Invitation.territory_id == territory_id),
    }
    with portal.database.read() as session:
        return {name: session.scalar(select(func.count(key)).where(whose)) for name, (key, whose) in counted.items()}


def test_a_frozen_territory_holds_up_nobody(portal):
    """One sweep forgets what is due everywhere else; after the thaw the next one forgets it here too."""
    with portal.database.read() as session:
        moving, other = session.scalars(select(Gate.territory_id).order_by(Gate.territory_id))
    before = left(portal, moving)
    assert all(before.values()), before
    freeze(portal.database, moving)
    assert {moving} == frozen(portal.database)

    sweep(portal, Quiet())

    assert before == left(portal, moving)
    assert not any(left(portal, other).values()), left(portal, other)
    with portal.database.write() as session:
        thaw(session, moving, sqlite=portal.database.is_sqlite)
    assert frozenset() == frozen(portal.database)

    sweep(portal, Quiet())

    assert not any(left(portal, moving).values())
