"""Passes and the list of them: immutable, with exact look-up by canonical plate and periods as instants.

A list is built once (by the store or a CSV reader) and handed to the core as a value; the core never queries. It keeps
its passes as lines of text (`core.passes.pass_line`, `core.passes.line_table`), so a list with one pass changed shares
nearly all memory with the old one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo

from core.passes.line_table import EMPTY, LineTable
from core.passes.pass_line import id_text, line_of, pass_of
from core.passes.permission import Pass, PassSource, PeriodInvalid
from core.passes.traffic import kind_of

__all__ = ["Pass", "PassList", "PassSource", "PeriodInvalid", "day_end", "day_start", "local_instant"]


class PassList:
    """All passes at one moment, by plate. Immutable; the order in which passes were given does not matter.

    `version` names the list in records (the cloud's cursor, or a file's digest). `fetched_at` is when the cloud part
    was last known to be current, in UTC; None for a list that never came from the cloud. `unread` marks a list that
    could not be read (a broken disk): a plate's absence from it says nothing about the plate.
    """

    __slots__ = ("_kinds", "_lines", "fetched_at", "unread", "version")

    def __init__(
        self,
        passes: Iterable[Pass] = (),
        *,
        version: str = "",
        fetched_at: datetime | None = None,
        unread: bool = False,
    ) -> None:
        self._lines, self._kinds = EMPTY, dict[str, int]()
        self._change((), passes)
        self.version = version
        self.unread = unread
        self.fetched_at = fetched_at

    def changed(
        self, *, gone: Iterable[Pass], come: Iterable[Pass], version: str, fetched_at: datetime | None
    ) -> PassList:
        """The list without the passes in `gone` (each must be in it) and with those in `come`.

        Takes time for the changes, not for the list. Raises KeyError for a pass that was not in it.
        """
        after = PassList(version=version, fetched_at=fetched_at)  # a list that is changed has been read
        after._lines, after._kinds = self._lines, dict(self._kinds)
        after._change(gone, come)
        return after

    def _change(self, gone: Iterable[Pass], come: Iterable[Pass]) -> None:
        """Changes this value in place; only while nobody else has seen it."""
        draft, kinds = self._lines.draft(), self._kinds
        for item in gone:
            if draft.remove(*line_of(item)):
                kinds[kind_of(item.plate)] -= 1
        for item in come:
            if draft.add(*line_of(item)):
                kind = kind_of(item.plate)
                kinds[kind] = kinds.get(kind, 0) + 1
        self._lines = draft.done()

    @property
    def lines(self) -> LineTable:
        """The passes in their stored form."""
        return self._lines

    @property
    def kinds(self) -> Mapping[str, int]:
        """Number of plates on the list by kind and region (`core.passes.traffic.kind_of`)."""
        return self._kinds

    def for_plate(self, plate: str) -> tuple[Pass, ...]:
        """Every pass of the canonical `plate`, by beginning, the oldest first; empty if there is none."""
        return tuple(sorted((pass_of(plate, rest) for rest in self._lines.under(plate)), key=_order))

    def unused(self, ids: Iterable[str]) -> frozenset[str]:
        """Those of `ids` that are passes of the list and not used."""
        found = (pass_of(plate, rest) for name in ids for plate, rest in self._lines.holding(f"\t{id_text(name)}\t"))
        return frozenset(ids) & {item.id for item in found if not item.used}

    def __contains__(self, plate: object) -> bool:
        return isinstance(plate, str) and plate in self._lines

    def __iter__(self) -> Iterator[Pass]:
        for plate, rest in self._lines:
            yield pass_of(plate, rest)

    def __len__(self) -> int:
        return self._lines.count

    @property
    def plates(self) -> int:
        """Number of different plates on the list."""
        return sum(self._kinds.values())

    def __repr__(self) -> str:
        return f"PassList({len(self)} passes, version={self.version!r})"


def _order(item: Pass) -> tuple[datetime, str]:
    return (item.valid_from or datetime.min.replace(tzinfo=UTC), item.id)


def day_start(day: date, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which `day` begins in `zone`. Correct even if the clock changes at midnight."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def day_end(day: date, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which `day` ends in `zone` (23, 24 or 25 hours after it began)."""
    return day_start(day + timedelta(days=1), zone)


def local_instant(wall: datetime, zone: tzinfo) -> datetime:
    """A wall time as an instant in UTC. Without a time zone it is taken to be in `zone`."""
    return (wall if wall.tzinfo is not None else wall.replace(tzinfo=zone)).astimezone(UTC)
