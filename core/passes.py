"""Passes and the list of them: immutable, exact look-up on the canonical plate, periods as instants.

A list is built once (by the store, by a CSV reader) and handed to the core as a value; the core never queries. The
look-up is one dictionary access; 100,000 passes take about 50 MB.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum

from core.plates import PlateInvalid, is_canonical
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

    def __post_init__(self) -> None:
        if not is_canonical(self.plate):
            raise PlateInvalid(self.plate, "номер пропуска не в канонической форме")
        for moment in (self.valid_from, self.valid_until):
            if moment is not None and moment.tzinfo is None:
                raise PeriodInvalid("срок пропуска без часового пояса")
        if self.valid_from is not None and self.valid_until is not None and self.valid_until <= self.valid_from:
            raise PeriodInvalid("срок пропуска кончается раньше, чем начинается")

    @property
    def open_ended(self) -> bool:
        return self.valid_until is None

    def started(self, now: datetime) -> bool:
        return self.valid_from is None or self.valid_from <= now

    def over(self, now: datetime) -> bool:
        return self.valid_until is not None and self.valid_until <= now


class PeriodInvalid(ValueError):
    """A period that ends before it starts, or has no time zone."""


class PassList:
    """All passes at one moment, by plate. Immutable; the order in which passes were given does not matter.

    `version` names the list in records (the cloud's cursor, a file's digest). `fetched_at` is when the cloud part was
    last known to be current, in UTC; None for a list that never came from the cloud.
    """

    __slots__ = ("_by_plate", "_count", "fetched_at", "kinds", "version")

    def __init__(self, passes: Iterable[Pass] = (), *, version: str = "", fetched_at: datetime | None = None) -> None:
        by_plate: dict[str, Pass | tuple[Pass, ...]] = {}
        count = 0
        for item in passes:
            count += 1
            held = by_plate.get(item.plate)
            if held is None:  # the usual case: one pass a plate, without a tuple around it
                by_plate[item.plate] = item
            else:
                more = held if isinstance(held, tuple) else (held,)
                by_plate[item.plate] = tuple(sorted((*more, item), key=_order))
        self._by_plate = by_plate
        self._count = count
        self.kinds: Mapping[str, int] = Counter(map(kind_of, by_plate))
        """How many plates of each kind and region (`core.traffic.kind_of`) the list names."""
        self.version = version
        self.fetched_at = fetched_at

    def for_plate(self, plate: str) -> tuple[Pass, ...]:
        """Every pass of the canonical `plate`, oldest beginning first; empty where there is none."""
        held = self._by_plate.get(plate)
        if held is None:
            return ()
        return held if isinstance(held, tuple) else (held,)

    def __contains__(self, plate: object) -> bool:
        return plate in self._by_plate

    def __iter__(self) -> Iterator[Pass]:
        for held in self._by_plate.values():
            yield from held if isinstance(held, tuple) else (held,)

    def __len__(self) -> int:
        return self._count

    @property
    def plates(self) -> int:
        """How many different plates the list names."""
        return len(self._by_plate)

    def __repr__(self) -> str:
        return f"PassList({self._count} passes, version={self.version!r})"


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
