"""What benchmarks fill a portal with: tables grow columns, and nothing else here would notice."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from benchmarks.portal_tenants import fill
from cloud.db.engine import Database
from cloud.db.models import GateEvent, Membership, Pass, Territory


@pytest.mark.postgres
def test_many_tenants_fit_the_tables_of_today(postgres_url: str) -> None:
    """Tenants, visits and passes are there in the numbers that were asked for."""
    database = Database(postgres_url)
    code = fill(database, 3, 60, 30)
    with database.read() as session:
        assert session.scalar(select(Territory.code).order_by(Territory.id)) == code
        counted = [session.scalar(select(func.count()).select_from(table)) for table in (Territory, GateEvent, Pass)]
        assert session.scalar(select(func.count()).select_from(Membership)) > 3
    database.close()
    assert counted == [3, 60, 30]
