"""The acceptance of a lane: measurements, test drives, who accepted it. Kept in `<state_dir>/acceptance/`.

`LANE.json` is the newest, with the picture `LANE.jpg`. Each acceptance also writes a printable page,
`LANE-20261129-1915.html`. The page or the command line writes these files; the nightly comparison reads them.
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
    """One test drive through the lane."""

    at: datetime
    visit_id: str
    plate: str
    """As it is written on the plate; empty if none was read."""
    decision: str
    """In words."""
    opened: bool
    frames: int
    reads: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The acceptance of one lane."""

    lane: str
    title: str
    site: str
    at: datetime
    by: str
    note: str
    """If something was not good: why the lane was accepted anyway."""
    complete: bool
    """Every measurement was good and enough test drives were read."""
    rows: tuple[AimRow, ...]
    passes: tuple[DrivenPass, ...]
    sight: AimSight
    zone: tuple[float, ...]
    mask: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LaneFiles:
    """Paths of one lane's files."""

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
        """How the first day and the first night after acceptance looked; used by the nightly comparison."""
        return self.folder / f"{self._stem}.baseline.json"

    @property
    def draft(self) -> Path:
        """Zone and mask not yet written into gate.toml."""
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


def files_of(state_dir: Path, lane: str) -> LaneFiles:
    """The paths of a lane's files."""
    return LaneFiles(state_dir / FOLDER, lane)


def save(place: LaneFiles, record: Acceptance, page: str, jpeg: bytes | None) -> None:
    """Write page, picture (if there is one) and record, the record last. Raises AcceptanceUnsaved."""
    write(place.page(record.at), page.encode())
    if jpeg is not None:
        write(place.picture, jpeg)
    write(place.record, msgspec.json.format(msgspec.json.encode(record)))


def write(path: Path, data: bytes) -> None:
    """Write the file atomically; create its folder if needed. Raises AcceptanceUnsaved."""
    try:
        path.parent.mkdir(exist_ok=True)
        write_whole(path, data, mode=PRIVATE)
    except OSError as error:
        raise AcceptanceUnsaved(f"{path}: {system_words(error)}") from error


def load_record(place: LaneFiles) -> Acceptance | None:
    """The newest acceptance; None if there is none. Raises FileUnusable if it cannot be read."""
    data = read(place.record)
    if data is None:
        return None
    try:
        return msgspec.json.decode(data, type=Acceptance)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise FileUnusable(place.record, str(error)) from error


def read(path: Path) -> bytes | None:
    """The content of one of these files; None if it does not exist. Raises FileUnusable, also for an oversized file."""
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
