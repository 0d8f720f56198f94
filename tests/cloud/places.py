"""A territory with somebody in every role and something of everything, for tests of the portal and its browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from uuid import uuid4

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from cloud.couriers import webhooks
from cloud.db.models import (
    Account,
    Base,
    Call,
    GateEvent,
    HeldNotice,
    Job,
    JobFile,
    JobState,
    Kind,
    Outcome,
    Role,
    Scope,
    Territory,
    utc_now,
)
from cloud.domain import (
    accounts,
    api_tokens,
    day_counts,
    foot_passes,
    invitations,
    passes,
    passwords,
    territories,
    unwelcome,
)
from cloud.domain.gates import add as add_gate
from cloud.domain.periods import Period
from cloud.domain.tokens import token_hash
from cloud.plates import read_plate
from cloud.web import exports, imports

PASSWORD = "правильный пароль 1"


@cache
def password_hash() -> str:
    return passwords.hashed(PASSWORD)


def account_in(session: Session, name: str) -> Account:
    new = accounts.NewAccount(name, "+79120000000", f"{name.lower()}@example.com", password_hash())
    return accounts.create(session, new, now=utc_now())


@dataclass(frozen=True)
class Place:
    """A territory with somebody in every role and something of everything."""

    territory: Territory
    manager: Account
    operator: Account
    resident: Account
    asking: Account
    ids: dict[str, str]


def place_in(session: Session, tag: str) -> Place:
    """A place; `tag` keeps the names of two apart."""
    now = utc_now()
    people = [account_in(session, f"{role}{tag}") for role in ("manager", "operator", "resident", "asking")]
    manager, operator, resident, asking = people
    place = territories.create(session, name=f"Place {tag}", zone="Europe/Moscow", account=manager, now=now)
    for account, role in ((operator, Role.OPERATOR), (resident, Role.RESIDENT)):
        row = territories.request(session, account, place, f"дом {tag}", now=now)
        territories.accept(session, row, role=role, label=f"дом {tag}", now=now)
    request = territories.request(session, asking, place, f"дом {tag}", now=now)
    wanted = passes.PassRequest(read_plate("A777AA999"), Period(None, None), False, f"дом {tag}")
    row = passes.file(session, place, wanted, owner=resident, filed_by=resident, limited=False, now=now)
    wanted = passes.PassRequest(read_plate("B666BB66"), Period(None, None), False, "", blocked=True)
    blocked = passes.file(session, place, wanted, owner=None, filed_by=manager, limited=False, now=now)
    gate = add_gate(session, place, f"gate {tag}", now=now)
    gate.token_hash, gate.lanes = token_hash(f"device {tag}"), [{"name": "entry", "direction": "entry"}]
    gate.last_seen_at = now
    event = GateEvent(
        gate_id=gate.id, territory_id=place.id, event_id=f"{tag:0>36}", at=now, lane="entry",
        plate="A777AA999", decision="open", reason="pass_valid", pass_id=row.id, object_label=f"дом {tag}",
    )  # fmt: skip
    session.add(event)
    session.flush()
    offer = invitations.Offer(Period(now, now + timedelta(days=1)), True, "")
    invitation, _ = invitations.invite(session, place, resident, offer, now=now)
    unwelcome.declare(session, place, resident, read_plate("H404HH77"), "", now=now)
    unwanted = unwelcome.of(session, place, resident)[0]
    key, _ = api_tokens.issue(session, place, "intercom", {Scope.PASSES}, by=manager, now=now)
    hook = webhooks.add(session, place, "https://example.ru/okter", by=manager, now=now)
    on_foot = foot_passes.Wanted("Peter, Anna", 2, Period(now - timedelta(hours=1), now + timedelta(days=1)), "")
    walking = foot_passes.file(session, place, on_foot, owner=resident, label=f"дом {tag}", now=now)
    day_counts.recount(session, place)
    call = Call(
        id=str(uuid4()), territory_id=place.id, gate_id=gate.id, lane="entry", cause="button", plate="A777AA999",
        host_id=resident.id, host_rung_at=now, rang_at=now, gate_at=now,
    )  # fmt: skip
    session.add(call)
    session.flush()
    member = territories.membership(session, resident, place)
    guard = territories.membership(session, operator, place)
    session.add(
        HeldNotice(
            member_id=guard.id, kind=Kind.ARRIVED, facts={"plate": "A777AA999"}, at=now, due_at=now, closed_at=now,
            outcome=Outcome.TOLD, event_id=event.id, pass_id=row.id, foot_id=walking.id, asker_id=request.id,
        )
    )  # fmt: skip
    table = Job(
        kind=exports.JOURNAL, territory_id=place.id, account_id=manager.id, state=JobState.DONE, ended_at=now,
        created_at=now, done=1, body={},
    )  # fmt: skip
    filed = Job(
        kind=imports.IMPORT, territory_id=place.id, account_id=manager.id, state=JobState.DONE, ended_at=now,
        created_at=now, done=1, body={"outcome": imports.Stage.FILED, "rows": 1, "added": 1},
    )  # fmt: skip
    session.add_all([table, filed])
    session.flush()
    session.add(JobFile(job_id=table.id, number=0, content=b"PK a table"))
    ids = {
        "code": place.code,
        "pass_id": row.id,
        "blocked_id": blocked.id,
        "gate_id": str(gate.id),
        "event_id": str(event.id),
        "member_id": str(member.id),
        "request_id": str(request.id),
        "invitation_id": str(invitation.id),
        "unwelcome_id": str(unwanted.id),
        "token_id": str(key.id),
        "webhook_id": str(hook.id),
        "job_id": str(table.id),
        "import_id": str(filed.id),
        "foot_id": str(walking.id),
        "call_id": call.id,
        "kind": "open",
    }
    return Place(place, *people, ids)


@dataclass(frozen=True)
class Remembered:
    """What was in an empty database after somebody had made a place in it, and when that was."""

    at: datetime
    rows: dict[str, list[dict[str, object]]]
    keys: tuple[int, ...]
    ids: dict[str, str]


_MADE: dict[str, Remembered] = {}
_EMPTY = text("SELECT NOT (" + " OR ".join(f"EXISTS (SELECT 1 FROM {table})" for table in Base.metadata.tables) + ")")


def again(session: Session, name: str, make: Callable[[Session], Place]) -> Place:
    """What `make` makes; under the same name in another empty database its rows as they were, as if made now.

    The domain asks and checks hundreds of times until a place stands: more than most tests of the portal do themselves.
    """
    if not session.execute(_EMPTY).scalar_one():
        return make(session)
    now = utc_now()
    if name not in _MADE:
        place = make(session)
        session.flush()
        tables = Base.metadata.sorted_tables
        rows = {table.name: [dict(row) for row in session.execute(select(table)).mappings()] for table in tables}
        people = (place.manager, place.operator, place.resident, place.asking)
        _MADE[name] = Remembered(now, rows, (place.territory.id, *(person.id for person in people)), place.ids)
        return place
    known = _MADE[name]
    later = now - known.at
    for table in Base.metadata.sorted_tables:
        if rows := known.rows[table.name]:
            session.execute(table.insert(), [{key: _later(value, later) for key, value in row.items()} for row in rows])
    if session.get_bind().dialect.name == "postgresql":
        _count_on(session, [name for name, rows in known.rows.items() if rows])
    territory, *people = known.keys
    return Place(
        session.get_one(Territory, territory), *(session.get_one(Account, key) for key in people), dict(known.ids)
    )


def _later(value: object, later: timedelta) -> object:
    return value + later if isinstance(value, datetime) else value


def _count_on(session: Session, names: list[str]) -> None:
    """PostgreSQL's counters know nothing of keys that came with their rows."""
    for name in names:
        key = Base.metadata.tables[name].autoincrement_column
        if key is not None:
            session.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{name}', '{key.name}'), (SELECT max({key.name}) FROM {name}))"
                )
            )
