"""Passes and the list of them: immutable, exact look-up on the canonical plate, periods as instants.

A list is built once (by the store, by a CSV reader) and handed to the core as a value; the core never queries. Its
plates lie in drawers, so that a list with one pass changed is a new value that shares all drawers but one with the old.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from zlib import crc32

from core.language import say
from core.plates import Fault, PlateInvalid, is_canonical
from core.schedule import Schedule
from core.traffic import kind_of


class PassSource(StrEnum):
    CLOUD = "cloud"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Pass:
    """One permission (or, when `blocked`, prohibition) for one plate.

    The period is half-open: `valid_from <= now < valid_until`, aware datetimes; None = open on that side.
    """

    id: str
    plate: str
    """Canonical (`core.plates.canonical`)."""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    one_time: bool = False
    blocked: bool = False
    revoked: bool = False
    """Withdrawn or deleted: kept so that the gate can say so."""
    used: bool = False
    """One-time, and its car has passed."""
    source: PassSource = PassSource.CLOUD
    note: str = ""
    """The object (house, flat) or what a technician wrote; shown, never decided on."""
    hours: Schedule | None = None
    """Days and hours in which it holds within its period; None = always. A prohibition has none."""

    def __post_init__(self) -> None:
        if not is_canonical(self.plate):
            raise PlateInvalid(self.plate, Fault.NOT_CANONICAL)
        for moment in (self.valid_from, self.valid_until):
            if moment is not None and moment.tzinfo is None:
                raise PeriodInvalid(say("срок пропуска без часового пояса"))
        if self.valid_from is not None and self.valid_until is not None and self.valid_until <= self.valid_from:
            raise PeriodInvalid(say("срок кончается раньше, чем начинается"))

    @property
    def open_ended(self) -> bool:
        return self.valid_until is None

    def started(self, now: datetime) -> bool:
        return self.valid_from is None or self.valid_from <= now

    def over(self, now: datetime) -> bool:
        return self.valid_until is not None and self.valid_until <= now


class PeriodInvalid(ValueError):
    """A period that ends before it starts, or has no time zone."""


Drawer = dict[str, Pass | tuple[Pass, ...]]
"""Passes by plate; the usual case, one pass a plate, without a tuple around it."""
_DRAWERS = 256
"""Of 100,000 passes 400 lie in a drawer: copied in a few microseconds."""
_EMPTY: Drawer = {}


@dataclass(frozen=True, slots=True, eq=False)
class PlateIndex:
    """Passes by plate, in drawers that later indexes share: a change costs the drawers it touches, not the list."""

    drawers: dict[int, Drawer]
    """Never written to after the index is made."""
    count: int
    kinds: Mapping[str, int]
    """How many plates of each kind and region (`core.traffic.kind_of`) have a pass."""

    def changed(self, *, gone: Iterable[Pass], come: Iterable[Pass]) -> PlateIndex:
        """Without those `gone`, with those that have `come`. Raises KeyError, ValueError for one that was not in it."""
        drawers, count, kinds = dict(self.drawers), self.count, dict(self.kinds)
        own: set[int] = set()

        def drawer_of(plate: str) -> Drawer:
            number = _drawer_of(plate)
            if number not in own:
                own.add(number)
                drawers[number] = dict(drawers.get(number, _EMPTY))
            return drawers[number]

        for item in gone:
            drawer = drawer_of(item.plate)
            _take_out(item, drawer)
            count -= 1
            if item.plate not in drawer:
                kinds[kind_of(item.plate)] -= 1
        for item in come:
            drawer = drawer_of(item.plate)
            if item.plate not in drawer:
                kind = kind_of(item.plate)
                kinds[kind] = kinds.get(kind, 0) + 1
            _put_in(item, drawer)
            count += 1
        return PlateIndex(drawers, count, kinds)

    def under(self, plate: str) -> tuple[Pass, ...]:
        held = self.drawers.get(_drawer_of(plate), _EMPTY).get(plate)
        return () if held is None else _several(held)


def _drawer_of(plate: str) -> int:
    """By a sum that is the same in every process, so that a list is walked in the same order in every replay."""
    return crc32(plate.encode()) % _DRAWERS


def _put_in(item: Pass, drawer: Drawer) -> None:
    held = drawer.get(item.plate)
    drawer[item.plate] = item if held is None else tuple(sorted((*_several(held), item), key=_order))


def _take_out(item: Pass, drawer: Drawer) -> None:
    left = list(_several(drawer[item.plate]))
    left.remove(item)
    if not left:
        del drawer[item.plate]
    else:
        drawer[item.plate] = left[0] if len(left) == 1 else tuple(left)


def _several(held: Pass | tuple[Pass, ...]) -> tuple[Pass, ...]:
    return held if isinstance(held, tuple) else (held,)


class PassList:
    """All passes at one moment, by plate. Immutable; the order in which passes were given does not matter.

    `version` names the list in records (the cloud's cursor, a file's digest). `fetched_at` is when the cloud part was
    last known to be current, in UTC; None for a list that never came from the cloud. `unread`: this stands for a list that
    could not be had (a broken disk): that a plate is not on it says nothing of the plate.
    """

    __slots__ = ("_index", "fetched_at", "unread", "version")

    def __init__(
        self,
        passes: Iterable[Pass] = (),
        *,
        version: str = "",
        fetched_at: datetime | None = None,
        beside: PlateIndex | None = None,
        unread: bool = False,
    ) -> None:
        """The list of `passes`, and of those that stand in `beside` already."""
        self._index = (beside or PlateIndex({}, 0, {})).changed(gone=(), come=passes)
        self.version = version
        self.unread = unread
        self.fetched_at = fetched_at

    def changed(
        self, *, gone: Iterable[Pass], come: Iterable[Pass], version: str, fetched_at: datetime | None
    ) -> PassList:
        """The list without the passes that are `gone` (each must be in it) and with those that have `come`.

        Costs the changes, not the list. Raises KeyError, ValueError for a pass that was not in it.
        """
        index = self._index.changed(gone=gone, come=come)
        return PassList(version=version, fetched_at=fetched_at, beside=index)  # what was changed was read

    @property
    def kinds(self) -> Mapping[str, int]:
        """How many plates of each kind and region (`core.traffic.kind_of`) the list names."""
        return self._index.kinds

    def for_plate(self, plate: str) -> tuple[Pass, ...]:
        """Every pass of the canonical `plate`, oldest beginning first; empty where there is none."""
        return self._index.under(plate)

    def __contains__(self, plate: object) -> bool:
        return isinstance(plate, str) and bool(self._index.under(plate))

    def __iter__(self) -> Iterator[Pass]:
        for drawer in self._index.drawers.values():
            for held in drawer.values():
                yield from _several(held)

    def __len__(self) -> int:
        return self._index.count

    @property
    def plates(self) -> int:
        """How many different plates the list names."""
        return sum(map(len, self._index.drawers.values()))

    def __repr__(self) -> str:
        return f"PassList({len(self)} passes, version={self.version!r})"


def _order(item: Pass) -> tuple[datetime, str]:
    return (item.valid_from or datetime.min.replace(tzinfo=UTC), item.id)


def day_start(day: date, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which `day` begins in `zone`; right also where the clock changes at midnight."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def day_end(day: date, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which `day` is over in `zone` (23, 24 or 25 hours after it began)."""
    return day_start(day + timedelta(days=1), zone)


def local_instant(wall: datetime, zone: tzinfo) -> datetime:
    """A wall time without zone, meant in `zone`, as an instant in UTC; one with a zone is only converted."""
    return (wall if wall.tzinfo is not None else wall.replace(tzinfo=zone)).astimezone(UTC)
