"""Builds a server's hub: notices of committed transactions go to the carrier between its workers."""

from __future__ import annotations

from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from cloud.db.engine import Database
from cloud.open_files import room_for_streams
from cloud.push.carriers.local import LocalCarrier
from cloud.push.carriers.postgres import PostgresCarrier
from cloud.push.carriers.seam import Carrier
from cloud.push.hub import Hub
from cloud.push.lookout import Lookout
from cloud.push.notices import WAITING


def make_hub(database: Database, nats: str = "") -> Hub:
    """The hub of a server over `database`; start and stop it with the server. `nats`: URLs of NATS servers, or empty."""
    hub = Hub(_carrier(database, nats), room=room_for_streams(), lookout=Lookout(database))
    for sessions in (database.writers, database.readers):
        _tell_commits(sessions, hub)
    return hub


def _carrier(database: Database, nats: str) -> Carrier:
    if nats:
        from cloud.push.carriers.nats import NatsCarrier  # noqa: PLC0415  # an optional dependency

        return NatsCarrier(nats)
    return LocalCarrier() if database.is_sqlite else PostgresCarrier(database.url)


def _tell_commits(sessions: sessionmaker[Session], hub: Hub) -> None:
    @event.listens_for(sessions, "after_commit")
    def _committed(session: Session) -> None:
        if notices := session.info.pop(WAITING, ()):
            hub.tell(notices)

    @event.listens_for(sessions, "after_rollback")
    def _rolled_back(session: Session) -> None:
        session.info.pop(WAITING, None)
