"""The acceptance of a lane: what was measured, which passes were driven, who took it. Kept in `<state_dir>/acceptance/`.

`LANE.json` is the newest, with the picture `LANE.jpg`; each acceptance leaves a page to print, `LANE-20261129-1915.html`.
Written by whoever accepts (page or command line), read by the nightly comparison.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import msgspec

from core.errors import FileUnusable, GateError
from core.words.system import system_words
from edge.aim.judge import AimRow
from edge.aim.sight import AimSight
from edge.whole_file import PRIVATE, write_whole

FOLDER = "acceptance"
_MOST_BYTES = 4 * 1024 * 1024


class AcceptanceUnsaved(GateError, OSError):
    """The record could not be written."""

    def __str__(self) -> str:  # OSError would print its errno form
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class DrivenPass:
    """One car that was driven through."""

    at: datetime
    visit_id: str
    plate: str
    """As on the road; empty where none was read."""
    decision: str
    """In words."""
    opened: bool
    frames: int
    reads: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One lane, accepted."""

    lane: str
    title: str
    site: str
    at: datetime
    by: str
    note: str
    """Why it was accepted all the same, where something was not good."""
    complete: bool
    """Every measure was good and enough passes were read."""
    rows: tuple[AimRow, ...]
    passes: tuple[DrivenPass, ...]
    sight: AimSight
    zone: tuple[float, ...]
    mask: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """Where the files of one lane are."""

    folder: Path
    lane: str

    @property
    def record(self) -> Path:
        return self.folder / f"{self._stem}.json"

    @property
    def picture(self) -> Path:
        return self.folder / f"{self._stem}.jpg"

    @property
    def baseline(self) -> Path:
        """What the first day and the first night after it were like: of the nightly comparison."""
        return self.folder / f"{self._stem}.baseline.json"

    @property
    def draft(self) -> Path:
        """Zone and mask that wait to be written into gate.toml."""
        return self.folder / f"{self._stem}.draft.json"

    def page(self, at: datetime) -> Path:
        return self.folder / f"{self._stem}-{at:%Y%m%d-%H%M}.html"

    @property
    def newest_page(self) -> Path | None:
        pages = sorted(self.folder.glob(f"{self._stem.replace('[', '[[]')}-????????-????.html"))
        return pages[-1] if pages else None

    @property
    def _stem(self) -> str:
        return quote(self.lane, safe="")


def kept(state_dir: Path, lane: str) -> Kept:
    """The places of a lane's files."""
    return Kept(state_dir / FOLDER, lane)


def save(place: Kept, record: Acceptance, page: str, jpeg: bytes | None) -> None:
    """Write all three, the record last. Raises AcceptanceUnsaved."""
    write(place.page(record.at), page.encode())
    if jpeg is not None:
        write(place.picture, jpeg)
    write(place.record, msgspec.json.format(msgspec.json.encode(record)))


def write(path: Path, data: bytes) -> None:
    """Whole or not at all. Raises AcceptanceUnsaved."""
    try:
        path.parent.mkdir(exist_ok=True)
        write_whole(path, data, mode=PRIVATE)
    except OSError as error:
        raise AcceptanceUnsaved(f"{path}: {system_words(error)}") from error


def load_record(place: Kept) -> Acceptance | None:
    """The newest acceptance; None where there is none. Raises FileUnusable for one that cannot be read."""
    data = read(place.record)
    if data is None:
        return None
    try:
        return msgspec.json.decode(data, type=Acceptance)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise FileUnusable(place.record, str(error)) from error


def read(path: Path) -> bytes | None:
    """A file of ours, of a size that ours have; None where there is none. Raises FileUnusable."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileUnusable(path, system_words(error)) from error
    if len(data) > _MOST_BYTES:
        raise FileUnusable(path, os.strerror(27))
    return data
