"""Replays rendered visits through the gate and counts right, wrong and unread ones, wrong openings and single frames.

    python -m models.training.clips.measure --visits work/visits [--out models/reports]

The clips come from `models.training.clips.visit_set`. They run through the replay of `gate replay`, the same code as
for a live camera. Every frame that the gate reads on the way is also decoded on its own, as a gate without fusion would
have to do. Prints a Markdown table; with `--out` writes `visits.json` and `visits.md` there.
"""

from __future__ import annotations

import argparse
import functools
import json
import multiprocessing
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tqdm import tqdm

from camera.backend import limit_threads
from camera.frame import Frame
from camera.look import LaneView
from camera.reader import PlateReader, open_reader
from camera.recording import Recording
from camera.settings import CameraSettings
from core.decision.record import Verdict, VisitRecord
from core.errors import FileUnusable, GateError
from core.passes.pass_list import PassList, PassSource
from core.reading.decode import decode
from core.reading.reading import Reading
from core.reading.reads import PlateRead
from core.rules.policy import Direction, Lane, Policy, Site
from edge.passcsv import read_pass_file
from edge.paths import weights_dir
from edge.replay.play import Replay
from models.training.clips.visits import Case
from models.training.options import folder, positive_count, report_name
from models.training.tables import read_table

_COLUMNS: Final = (
    "light", "visits", "read right over the visit", "best single frame right", "single frames right",
    "first acceptable frame wrong", "wrong opens", "missed opens", "records",
)  # fmt: skip
_READ: Final = ("file", "text", "case", "weather", "format")
_DARK: Final = {"dusk", "night", "infrared"}


@dataclass(slots=True)
class Tally:
    """Visits in one kind of light."""

    visits: int = 0
    right: int = 0
    """The plate of the longest record is the car's."""
    other: int = 0
    """Another text was recorded."""
    unread: int = 0
    records: int = 0
    """Journal records; more than visits if one car was taken for two."""
    wrong_opens: int = 0
    """The barrier opened for a car that is on no list."""
    missed_opens: int = 0
    """It stayed closed for a listed car, or for one that leaves."""
    best_frame_right: int = 0
    """The most confident single-frame reading is the car's plate."""
    first_accepted_wrong: int = 0
    """The first acceptable single-frame reading is another plate: a gate without fusion would have acted on it."""
    frames: int = 0
    """Single-frame readings, over all visits."""
    frames_right: int = 0


@dataclass(slots=True)
class ListeningReader:
    """A `PlateReader` that also stores how each frame would have been read on its own."""

    reader: PlateReader
    heard: list[Reading] = field(default_factory=list)

    def read(self, frame: Frame) -> tuple[PlateRead, ...]:
        plates = self.reader.read(frame)
        self.heard += [reading for plate in plates if (reading := decode(plate)).text]
        return plates


@dataclass(frozen=True, slots=True)
class Seen:
    """The result of one clip."""

    records: tuple[VisitRecord, ...]
    readings: tuple[Reading, ...]
    """Of single frames, in order."""


def replay(clip: Path, *, leaving: bool, passes: PassList, reader: PlateReader) -> Seen:
    """Run one clip through the gate. Raises `core.errors.GateError`."""
    direction = Direction.EXIT if leaving else Direction.ENTRY
    listening = ListeningReader(reader)
    recording = Recording(clip, lane="lane")
    play = Replay(
        site=Site(lanes=(Lane("lane", direction, "barrier"),), policy=Policy()),
        lane="lane",
        passes=passes,
        view=LaneView(listening, settings=CameraSettings()),
        start=datetime.now(UTC),
    )
    try:
        records = tuple(play.visits(recording.frames()))
    finally:
        recording.close()
    return Seen(records, tuple(listening.heard))


def count(rows: Iterable[dict[str, str]], seen: Iterable[Seen]) -> dict[str, Tally]:
    """Tallies of all visits, of `daylight` and `dark`, and of each weather, from ground truth and results."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for row, one in zip(rows, seen, strict=True):
        for kind in ("all", "dark" if row["weather"] in _DARK else "daylight", row["weather"]):
            _add(tallies[kind], row, one)
    return dict(tallies)


def _add(tally: Tally, row: dict[str, str], seen: Seen) -> None:
    records, text = seen.records, row["text"]
    tally.visits += 1
    tally.records += len(records)
    longest = max(records, key=lambda record: record.frames, default=None)
    if longest is None or longest.plate is None:
        tally.unread += 1
    elif longest.plate == text:
        tally.right += 1
    else:
        tally.other += 1
    opened = any(record.decision is Verdict.OPEN for record in records)
    may_pass = row["case"] in {Case.KNOWN.value, Case.LEAVING.value}
    tally.wrong_opens += opened and not may_pass
    tally.missed_opens += may_pass and not opened
    best = max(seen.readings, key=lambda reading: reading.confidence, default=None)
    tally.best_frame_right += best is not None and best.text == text
    accepted = next((reading for reading in seen.readings if reading.accepted), None)
    tally.first_accepted_wrong += accepted is not None and accepted.text != text
    tally.frames += len(seen.readings)
    tally.frames_right += sum(reading.text == text for reading in seen.readings)


def as_markdown(tallies: dict[str, Tally], *, name: str, command: str) -> str:
    """The table of a report."""
    lines = [
        f"# {name}",
        "",
        f"`{command}`",
        "",
        "| " + " | ".join(_COLUMNS) + " |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for kind, tally in tallies.items():
        n, frames = max(tally.visits, 1), max(tally.frames, 1)
        lines.append(
            f"| {kind} | {tally.visits} | {tally.right / n:.1%} | {tally.best_frame_right / n:.1%} "
            f"| {tally.frames_right / frames:.1%} | {tally.first_accepted_wrong} | {tally.wrong_opens} "
            f"| {tally.missed_opens} | {tally.records} |"
        )
    return "\n".join([*lines, ""])


def replayed(rows: Sequence[dict[str, str]], folder: Path, *, processes: int = 1) -> Iterator[Seen]:
    """The result of each row's clip, in order; independent of the number of processes."""
    one = functools.partial(_seen, folder=folder)
    if processes == 1:
        yield from map(one, rows)
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, spawn, initializer=limit_threads, initargs=(1,)) as pool:
        yield from pool.map(one, rows)


def _seen(row: dict[str, str], *, folder: Path) -> Seen:
    try:
        reader, passes = _gate(folder)
        return replay(folder / row["file"], leaving=row["case"] == Case.LEAVING.value, passes=passes, reader=reader)
    except GateError as error:  # reported here: a worker process can pass on only builtin exceptions
        raise SystemExit(str(error)) from error


@functools.lru_cache(maxsize=1)
def _gate(folder: Path) -> tuple[PlateReader, PassList]:
    """Once per process: the networks take a second to load."""
    passes = read_pass_file(folder / "passes.csv", UTC, source=PassSource.CLOUD).whole()
    return open_reader(weights_dir()), PassList(passes)


def read_rows(folder: Path) -> list[dict[str, str]]:
    """The ground truth of a folder's clips. Raises FileUnusable."""
    table = folder / "visits.csv"
    rows = read_table(table, needed=_READ)
    for line, row in rows:
        empty = [column for column in _READ if not row[column]]
        if empty:
            raise FileUnusable(table, f"no {empty[0]}", line=line)
    return [row for _, row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=Path, default=Path("work/visits"))
    parser.add_argument("--out", type=folder, help="where to write the report, such as models/reports")
    parser.add_argument("--name", type=report_name, default="visits", help="name of the report")
    parser.add_argument("--processes", type=positive_count, default=1, help="that look at once")
    given = parser.parse_args()
    try:
        rows = read_rows(given.visits)
    except FileUnusable as error:
        raise SystemExit(str(error)) from error
    looks = replayed(rows, given.visits, processes=given.processes)
    seen = list(tqdm(looks, total=len(rows), unit="visit", mininterval=5))
    for row, one in zip(rows, seen, strict=True):
        plates = [record.plate for record in one.records]
        if plates != [row["text"]]:
            print(f"{row['file']}: {row['text']} ({row['format']}, {row['weather']}) was recorded as {plates}")
    tallies = count(rows, seen)
    text = as_markdown(
        tallies, name=given.name, command=f"python -m models.training.clips.measure ({len(rows)} visits)"
    )
    print(text)
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
        (given.out / f"{given.name}.md").write_text(text, encoding="utf-8")
        values = {kind: asdict(tally) for kind, tally in tallies.items()}
        (given.out / f"{given.name}.json").write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
