"""How the hub hears of commits: by a hook on SQLite's sessions, by LISTEN on PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from cloud.db.engine import Database
from cloud.push.hub import Hub
from cloud.push.notices import CHANNEL, WAITING, Missed, parsed

log = logging.getLogger(__name__)
LISTEN_S = 0.25
"""How long a stop may have to wait for the listening thread."""
RETRY_S = 2.0
STOP_S = 10.0


def make_hub(database: Database) -> Hub:
    """The hub of a server over `database`; start and stop it with the server."""
    if not database.is_sqlite:
        return ListeningHub(database.url)
    hub = Hub()
    for sessions in (database.writers, database.readers):
        _publish_commits(sessions, hub)
    return hub


def _publish_commits(sessions: sessionmaker[Session], hub: Hub) -> None:
    @event.listens_for(sessions, "after_commit")
    def _committed(session: Session) -> None:
        for notice in session.info.pop(WAITING, ()):
            hub.publish(notice)

    @event.listens_for(sessions, "after_rollback")
    def _rolled_back(session: Session) -> None:
        session.info.pop(WAITING, None)


class ListeningHub(Hub):
    """A hub whose notices come from PostgreSQL, also those of other workers. Owns the thread `push-listen`."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._conninfo = url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._stopped = threading.Event()
        self._listening = threading.Event()
        self._thread: threading.Thread | None = None

    async def start(self) -> None:
        await super().start()
        self._stopped.clear()
        self._thread = threading.Thread(target=self._run, name="push-listen", daemon=True)
        self._thread.start()
        await asyncio.to_thread(self._listening.wait, STOP_S)

    async def stop(self) -> None:
        self._stopped.set()
        await super().stop()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, STOP_S)

    @property
    def well(self) -> bool:
        return self._thread is None or self._stopped.is_set() or self._thread.is_alive()

    def _run(self) -> None:
        lost = False
        while not self._stopped.is_set():
            try:
                with psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    self._listening.set()
                    if lost:
                        lost = False
                        log.info("push: listening again")
                        self.publish(Missed())
                    self._listen(connection)
            except psycopg.Error as error:
                if not lost:
                    lost = True
                    log.warning("push: PostgreSQL lost (%s); gates fall back to polling", type(error).__name__)
                self._stopped.wait(RETRY_S)

    def _listen(self, connection: psycopg.Connection[Any]) -> None:
        while not self._stopped.is_set():
            for notification in connection.notifies(timeout=LISTEN_S):
                notice = parsed(notification.payload)
                if notice is not None:
                    self.publish(notice)
