"""The edge API, `/api/edge/v1`: the server side of the sync contract.

The app that includes `router` provides on `app.state`: `database` (`cloud.db.engine.Database`), `hub` (`cloud.push.Hub`,
started by the lifespan) and `pictures` (`Pictures`).
"""

from __future__ import annotations

from fastapi import APIRouter

from cloud.api import calls, enrolment, events, health, passes, reports, snapshots, stream, updates
from sync import wire

__all__ = ["router"]

router = APIRouter(prefix=wire.BASE, tags=["edge"])
for part in (enrolment, passes, stream, events, snapshots, reports, health, calls, updates):
    router.include_router(part.router)
