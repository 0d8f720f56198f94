"""Notices to persons, changed while the gate runs: `[telegram]` and `[web_push]` (ADR 206).

Where the change leaves a line open (whom to tell, when not to), the neighbour takes it as it is. Where it does not (another bot, buttons on
or off), a new neighbour takes the place of the old one, with what waits to be told and what it knows already. Called on the
socket's thread: the controller has no part in it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Protocol, runtime_checkable

from edge.config import GateConfig
from edge.config.live import NOTICES
from edge.neighbours.announcer import Announcer
from edge.neighbours.seam import Neighbour

log = logging.getLogger(__name__)


@runtime_checkable
class TellsPersons(Neighbour, Protocol):
    """What a neighbour of these tables can do besides."""

    def take_settings(self, config: GateConfig) -> bool:
        """Go on by these settings; False if that takes a new neighbour, or none. From any thread."""
        ...

    def follow(self, before: Neighbour) -> None:
        """Know what the one before has told already. Before the first `take`."""
        ...


Make = Callable[[str, GateConfig], TellsPersons | None]


class LiveNotices:
    """Applies a changed config to the announcer's deliveries. One call at a time (the reloader's lock)."""

    def __init__(self, announcer: Announcer, make: Make) -> None:
        """`make(table, config)`: the neighbour of that table; None where the config wants none."""
        self._announcer = announcer
        self._make = make

    def change(self, config: GateConfig, tables: Iterable[str]) -> frozenset[str]:
        """Returns the tables that could not be taken: there everything is as it was."""
        failed = set()
        for table in tables:
            assert table in NOTICES
            try:
                self._one(table, config)
            except Exception as error:  # noqa: BLE001 - whatever it is: the gate goes on with what it has
                log.error("%s: %s", table, error)  # noqa: TRY400 - one line
                failed.add(table)
        return frozenset(failed)

    def _one(self, table: str, config: GateConfig) -> None:
        before = self._announcer.neighbour(table)
        if isinstance(before, TellsPersons) and before.take_settings(config):
            return
        made = self._make(table, config)
        if made is None:
            self._announcer.drop(table)
            return
        if before is not None:
            made.follow(before)
        self._announcer.put(table, made)
