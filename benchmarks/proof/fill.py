"""The initial content of the cells, made in the database because the API would take an hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import insert

from benchmarks.proof.plates import plate
from benchmarks.proof.size import Size
from cloud.db.engine import Database
from cloud.db.models import Account, ApiToken, Gate, Membership, MemberState, Pass, Role, Scope, Territory, utc_now
from cloud.domain.pairing import make_token
from cloud.domain.tokens import new_token, token_hash


@dataclass(frozen=True, slots=True)
class PlacedGate:
    """A gate that has its credential."""

    number: int
    token: str


@dataclass(frozen=True, slots=True)
class FilledPlace:
    """A territory with its gates, and a key for adding passes."""

    cell: int
    number: int
    code: str
    key: str
    gates: tuple[PlacedGate, ...]


@dataclass(frozen=True, slots=True)
class Filled:
    places: tuple[FilledPlace, ...] = field(default=())


def fill(databases: Sequence[Database], size: Size) -> Filled:
    """Territories distributed over the cells in turn; `size.gates` gates in total."""
    places, left, now = [], size.gates, utc_now()
    for number in range(size.territories):
        cell, here = number % len(databases), min(left, size.gates_each)
        if number < size.cells and size.gates < size.cells * size.gates_each:  # few gates: some for each cell
            here = min(here, -(-size.gates // size.cells))
        left -= here
        code = f"{number // 1000:03}-{number % 1000:03}"
        tokens, key = [make_token(code) for _ in range(here)], new_token()
        with databases[cell].write() as session:
            manager = Account(email=f"m{number}@example.org", name="M", phone="+70000000000", password_hash="x")
            place = Territory(code=code, name=f"T{number}", timezone="Europe/Moscow", pass_rev=size.passes_each)
            session.add_all([manager, place])
            session.flush()
            session.add(
                Membership(account_id=manager.id, territory_id=place.id, role=Role.MANAGER, state=MemberState.ACCEPTED)
            )
            session.add(ApiToken(territory_id=place.id, made_by_id=manager.id, name="proof", token_hash=token_hash(key),
                                 scopes=Scope.PASSES, created_at=now, expires_at=now + timedelta(days=365)))  # fmt: skip
            gates = [Gate(territory_id=place.id, name=f"КПП-{n}", token_hash=token_hash(token), token_at=now, enrolled_at=now,
                          lanes=[{"name": "entry", "direction": "entry"}]) for n, token in enumerate(tokens)]  # fmt: skip
            session.add_all(gates)
            session.flush()
            rows = [
                {"id": str(uuid4()), "territory_id": place.id, "plate": (typed := plate(n)), "plate_display": typed,
                 "object_label": f"Участок {n % 100}", "object_key": f"участок {n % 100}", "owner_id": manager.id, "rev": n + 1}
                for n in range(size.passes_each)
            ]  # fmt: skip
            if rows:
                session.execute(insert(Pass), rows)
            placed = tuple(PlacedGate(gate.id, token) for gate, token in zip(gates, tokens, strict=True))
            places.append(FilledPlace(cell, place.id, code, key, placed))
    for database in databases:
        with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("ANALYZE")
    return Filled(tuple(places))
