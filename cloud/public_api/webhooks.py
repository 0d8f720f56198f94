"""Messages to webhooks: a visit in the format of `GET /api/v1/visits`, and their description in the OpenAPI."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cloud.couriers import webhooks
from cloud.couriers.courier import Courier
from cloud.db.models import GateEvent, Territory, Webhook, utc_now
from cloud.public_api.bodies import Told, visit_of
from core.signed_body import ID_HEADER, SIGNATURE_HEADER, STAMP_HEADER
from sync import wire

VISIT, PING = "visit", "ping"
HEADERS = {
    ID_HEADER: "The message's id; a repeat has the same.",
    STAMP_HEADER: "Seconds since 1970 when it was sent.",
    SIGNATURE_HEADER: "sha256= and HMAC-SHA256, by the webhook's secret, of the timestamp, a dot and the body.",
}


def tell_programs(session: Session, event_ids: Mapping[int, Sequence[int]], *, wake: Courier) -> None:
    """Queues visits, by territory, for the webhooks of their territories, in the transaction that stores the visits."""
    if not event_ids:
        return
    rows: dict[int, list[Webhook]] = defaultdict(list)
    for row in webhooks.live(session, *sorted(event_ids)):
        rows[row.territory_id].append(row)
    now = utc_now()
    for territory_id, receivers in sorted(rows.items()):
        code = session.get_one(Territory, territory_id).code
        query = select(GateEvent).options(joinedload(GateEvent.gate)).where(GateEvent.id.in_(event_ids[territory_id]))
        messages = [
            (event.event_id, _body(Told(VISIT, event.event_id, code, visit_of(event))))
            for event in session.scalars(query.order_by(GateEvent.id))
        ]
        for row in receivers:
            webhooks.put(session, row, messages, now=now)
    if rows:
        wake.wake_after(session)


def ping(session: Session, row: Webhook, *, wake: Courier) -> None:
    """Queues a test message without a visit, to check that the webhook works."""
    message_id = str(uuid4())
    webhooks.put(session, row, [(message_id, _body(Told(PING, message_id, row.territory.code, None)))], now=utc_now())
    wake.wake_after(session)


def _body(told: Told) -> str:
    return wire.encode(told).decode()


def publish(app: FastAPI) -> None:
    """Describes the message in `/api/openapi.json`, under «webhooks»."""
    body = {"required": True, "content": {"application/json": {"schema": wire.schema(Told)}}}
    parameters = [
        {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
        for name, text in HEADERS.items()
    ]
    extra: dict[str, Any] = {"requestBody": body, "parameters": parameters}

    def told() -> None:
        """2xx: accepted. 410: switch this webhook off. 4xx other than 401, 403, 404, 408, 409, 425, 429: not sent again.

        Anything else: the message is sent again, after a pause that grows to an hour, for up to three days.
        """

    app.webhooks.post("visit", summary="A visit was told by a gate", tags=["public"], openapi_extra=extra)(told)
