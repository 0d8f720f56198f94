"""Finds changes in the database while a worker gets no notices, for the gates whose streams it holds (ADR 179).

Notices only save reads; they are not the only source. While none arrive, a worker queries once a second for all of its
streams together. This covers gates only; pages are told that they may have missed something.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from sqlalchemy import select

from cloud.db.engine import Database
from cloud.db.models import Command, Gate, Territory, utc_now
from cloud.push.notices import CommandIssued, GateRevoked, Notice, PassesChanged

AT_ONCE = 1000
"""Most ids in one statement."""
COMMANDS_WITHIN = timedelta(minutes=5)
"""Commands are valid for half a minute, so older ones need not be read."""


class Lookout:
    """Belongs to one hub; one look at a time, on any thread.

    A look takes one statement per thousand territories and two per thousand gates.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lists: dict[int, tuple[int, int]] = {}
        self._tokens: dict[int, str | None] = {}
        self._commands: set[str] = set()

    def begin(self) -> None:
        """Forget what was seen before: the next look reports everything."""
        self._lists, self._tokens, self._commands = {}, {}, set()

    def look(self, gates: Sequence[int], territories: Sequence[int]) -> list[Notice]:
        """Notices for these gates and territories about changes since the last look. Raises SQLAlchemyError."""
        found: list[Notice] = []
        for some in _thousands(territories):
            found += self._changed(some)
        for some in _thousands(gates):
            found += self._revoked(some)
            found += self._issued(some)
        return found

    def _changed(self, territories: Sequence[int]) -> Iterator[Notice]:
        wanted = select(Territory.id, Territory.pass_epoch, Territory.pass_rev).where(Territory.id.in_(territories))
        with self._database.read() as session:
            rows = session.execute(wanted).all()
        for place, epoch, rev in rows:
            if self._lists.get(place) != (epoch, rev):
                self._lists[place] = (epoch, rev)
                yield PassesChanged(place, epoch, rev)

    def _revoked(self, gates: Sequence[int]) -> Iterator[Notice]:
        """Gates that are gone, revoked, or have a new token: a stream opened with the old token must end."""
        wanted = select(Gate.id, Gate.token_hash).where(Gate.id.in_(gates), Gate.revoked_at.is_(None))
        with self._database.read() as session:
            rows = session.execute(wanted).all()
        tokens: dict[int, str | None] = {number: token for number, token in rows if token is not None}
        for number in gates:
            token = tokens.get(number)
            if token is None or self._tokens.get(number, token) != token:
                yield GateRevoked(number)
            self._tokens[number] = token

    def _issued(self, gates: Sequence[int]) -> Iterator[Notice]:
        now = utc_now()
        wanted = select(Command.gate_id, Command.id).where(
            Command.gate_id.in_(gates), Command.created_at > now - COMMANDS_WITHIN, Command.expires_at > now,
            Command.outcome.is_(None),
        )  # fmt: skip
        with self._database.read() as session:
            rows = session.execute(wanted).all()
        for gate, command in rows:
            if command not in self._commands:
                self._commands.add(command)
                yield CommandIssued(gate, command)


def _thousands(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[at : at + AT_ONCE] for at in range(0, len(ids), AT_ONCE))
