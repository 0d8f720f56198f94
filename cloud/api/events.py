"""`POST /events`: receives the gate's journal. Each event is stored once, however often it is sent."""

from __future__ import annotations

import functools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cloud import push
from cloud.api.intake import Intake
from cloud.api.openapi import answers, takes
from cloud.api.problems import ApiProblem, EdgeRoute
from cloud.api.quotas import Daily
from cloud.api.requests import Caller, FromGate, body_of, database_of, limits_of, wait_if
from cloud.db.engine import Database
from cloud.db.gates import place_in_time
from cloud.db.models import Command, GateEvent, Pass, utc_now
from cloud.domain import day_counts, gate_quotas, visit_order
from cloud.domain.day_counts import Standing
from cloud.domain.guests import Tell, tell_hosts
from cloud.settings import Quota
from sync import wire

router = APIRouter(route_class=EdgeRoute)
TellPrograms = Callable[[Session, Mapping[int, Sequence[int]]], None]
"""Queues visits, by territory, for the webhooks of their territories, in the transaction of the session."""
Groups = Sequence[tuple[Caller, Sequence[wire.GateEvent]]]
"""The events of several requests, each with its caller."""
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@router.post(
    "/events",
    responses=answers(wire.Accepted, 401, 408, 413, 415, 422, 429),
    openapi_extra=takes(wire.EventBatch),
    summary="Report what happened; repeats are harmless",
)
async def events(request: Request, caller: FromGate) -> Response:
    told, rejected = parse_batch(await body_of(request))
    if told:
        refused = limits_of(request).daily.refused
        wait_if(refused.wait_s(("events", caller.gate_id)))
        if wait_s := await intake_of(request).take(caller, told):
            refused.note(("events", caller.gate_id), wait_s)
            wait_if(wait_s)
    answer = wire.Accepted(tuple(event.id for event in told), rejected)
    return Response(wire.encode(answer), media_type="application/json")


def parse_batch(body: bytes) -> tuple[tuple[wire.GateEvent, ...], tuple[wire.Rejected, ...]]:
    """Splits a batch into valid and rejected events. One invalid event must not block the others forever."""
    try:
        document = wire.parse(body)
    except wire.WireError as error:
        raise ApiProblem(422, str(error)) from None
    found = document.get("events") if isinstance(document, dict) else None
    if not isinstance(found, list) or len(found) > wire.BATCH:
        raise ApiProblem(422, f"body.events: a list of at most {wire.BATCH} is wanted")
    told: dict[str, wire.GateEvent] = {}
    rejected = []
    for number, element in enumerate(found):
        try:
            event = wire.read(wire.GateEvent, element, path=f"body.events[{number}]")
            told[event.id] = event
        except wire.WireError as error:
            event_id = element.get("id") if isinstance(element, dict) else None
            if not isinstance(event_id, str) or not UUID.fullmatch(event_id):
                raise ApiProblem(422, str(error)) from None  # without a valid id it cannot be listed as rejected
            rejected.append(wire.Rejected(event_id, str(error)[:200]))
    return tuple(told.values()), tuple(rejected)


def intake_of(request: Request) -> Intake:
    """The `Intake` of this worker."""
    state = request.app.state
    if not hasattr(state, "edge_intake"):
        tell, programs = getattr(state, "tell_host", None), getattr(state, "tell_programs", None)
        daily = limits_of(request).daily
        store = functools.partial(store_groups, database_of(request), tell=tell, programs=programs, daily=daily)
        state.edge_intake = Intake(store)
    assert isinstance(state.edge_intake, Intake)
    return state.edge_intake


def store_groups(
    database: Database,
    groups: Groups,
    *,
    tell: Tell | None = None,
    programs: TellPrograms | None = None,
    daily: Daily | None = None,
) -> Mapping[int, float]:
    """Stores new events in one transaction, uses up one-time passes, and notifies watchers, hosts and other programs.

    A group costs about as many statements as a single event (ADR 199). Returns the gates whose events are not stored,
    because they have used up their daily quota, and the seconds they must wait. Requests of one gate are let in or refused
    together. Without `daily`, nothing is counted.
    """
    if daily is None:
        return _store(database, groups, None, tell, programs)
    return daily.counted(lambda quota: _store(database, groups, quota, tell, programs))


def _store(
    database: Database, groups: Groups, quota: Quota | None, tell: Tell | None, programs: TellPrograms | None
) -> Mapping[int, float]:
    with database.write() as session:
        places = {caller.territory_id for caller, _ in groups}
        visit_order.hold(session, places)
        waits = _taken(session, groups, quota)
        let_in = [(caller, told) for caller, told in groups if caller.gate_id not in waits]
        zones = day_counts.zones(session, places)
        insert = sqlite.insert if database.is_sqlite else postgresql.insert
        new, now = _stored(session, let_in, insert), utc_now()
        counted = [(kept.caller.territory_id, Standing(kept.caller.gate_id, _placed(kept.event, now), kept.event.decision))
                   for kept in new]  # fmt: skip
        day_counts.add(session, counted, zones)
        for territory_id in sorted({kept.caller.territory_id for kept in new if _used(session, kept, now=now)}):
            push.passes_changed(session, territory_id)
        for kept in new:
            push.event_arrived(session, kept.caller.territory_id, kept.number)
        if tell is not None:
            tell_hosts(session, [kept.number for kept in new], tell, now=now)
        if programs is not None:
            numbers: dict[int, list[int]] = defaultdict(list)
            for kept in new:
                numbers[kept.caller.territory_id].append(kept.number)
            programs(session, numbers)
    return waits


def _taken(session: Session, groups: Groups, quota: Quota | None) -> dict[int, float]:
    """Takes the events from the gates' quotas; see `gate_quotas.take_events`."""
    if quota is None:
        return {}
    told: Counter[int] = Counter()
    for caller, events in groups:
        told[caller.gate_id] += len(events)
    return gate_quotas.take_events(session, told, most=quota.events, now=utc_now().timestamp())


@dataclass(frozen=True, slots=True)
class _Kept:
    """A new event in the journal, and its number there."""

    number: int
    caller: Caller
    event: wire.GateEvent


def _stored(session: Session, groups: Groups, insert: Callable[..., Any]) -> list[_Kept]:
    """Stores the events of all requests by one statement. Returns those that were not there yet, in the journal's order."""
    labels, now = _labels(session, groups), utc_now()
    table = GateEvent.__table__.c
    statement = (
        insert(GateEvent.__table__)
        .on_conflict_do_nothing(index_elements=["gate_id", "event_id"])
        .returning(table.id, table.gate_id, table.event_id)
    )
    told = {(caller.gate_id, event.id): (caller, event) for caller, events in groups for event in events}
    if not told:
        return []
    # A table-level insert with the rows as parameters, so that the statement is compiled once and cached.
    rows = [_row(caller, event, labels, now=now) for caller, event in told.values()]
    added = session.connection().execute(statement, rows).all()
    return [_Kept(number, *told[gate_id, event_id]) for number, gate_id, event_id in sorted(added)]


def _used(session: Session, kept: _Kept, *, now: datetime) -> bool:
    """Uses up the one-time pass of a visit, and names the visit to the commands that opened for it.

    Returns whether the territory's pass list changed.
    """
    event, changed = kept.event, False
    if event.consumed and event.pass_id is not None:
        changed = _spend(session, kept.caller, event, kept.number, now=now)
    if event.commands:  # commands by which a person at the portal opened for this car
        session.execute(
            update(Command)
            .where(Command.id.in_(event.commands), Command.gate_id == kept.caller.gate_id)
            .values(visit_id=kept.number)
            .execution_options(synchronize_session=False)
        )
    return changed


def _placed(event: wire.GateEvent, now: datetime) -> datetime:
    return place_in_time(event.at, now, trusted=event.clock_trusted)


def _labels(session: Session, groups: Groups) -> dict[tuple[int, str], str]:
    """Object labels of the passes used, by territory and pass.

    They are stored with the events so that they can be searched after a pass is gone.
    """
    wanted = {
        (caller.territory_id, event.pass_id) for caller, told in groups for event in told if event.pass_id is not None
    }
    if not wanted:
        return {}
    rows = session.execute(
        select(Pass.territory_id, Pass.id, Pass.object_label).where(
            Pass.territory_id.in_({place for place, _ in wanted}), Pass.id.in_({pass_id for _, pass_id in wanted})
        )
    )
    return {(place, pass_id): label for place, pass_id, label in rows if label and (place, pass_id) in wanted}


def _row(
    caller: Caller, event: wire.GateEvent, labels: Mapping[tuple[int, str], str], *, now: datetime
) -> dict[str, Any]:
    return {
        "gate_id": caller.gate_id,
        "territory_id": caller.territory_id,
        "event_id": event.id,
        "kind": event.kind,
        "at": event.at,
        "received_at": now,
        "placed_at": _placed(event, now),
        "clock_trusted": event.clock_trusted,
        "lane": event.lane or "",
        "plate": event.plate,
        "decision": event.decision,
        "reason": event.reason,
        "pass_id": event.pass_id,
        "object_label": labels.get((caller.territory_id, event.pass_id or "")),
        "confidence": event.confidence,
        "conflict": False,
        "body": wire.parse(wire.encode(event)),
    }


def _spend(session: Session, caller: Caller, event: wire.GateEvent, number: int, *, now: datetime) -> bool:
    """Marks a one-time pass as used by `event`. Returns whether the pass changed.

    If another event used the pass before, `event` is marked as a conflict in the journal.
    """
    pass_ = session.scalar(
        select(Pass)
        .where(Pass.id == event.pass_id, Pass.territory_id == caller.territory_id, Pass.one_time)
        .with_for_update()
    )
    if pass_ is None:
        return False
    if pass_.used_at is not None:
        if pass_.used_event_id != event.id:
            session.execute(update(GateEvent).where(GateEvent.id == number).values(conflict=True))
        return False
    pass_.used_at = _placed(event, now)
    pass_.used_event_id = event.id
    pass_.rev = push.next_rev(session, caller.territory_id)
    session.flush()
    return True
