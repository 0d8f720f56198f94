"""Feeds the same sightings to two versions of the core and lists the differences in what they report about the cars.

    python -m models.training.clips.equivalence look --lane exit --out work/sights clip.mp4 …
    python -m models.training.clips.equivalence tell work/sights/*.sights
    python -m models.training.clips.equivalence compare --old ../gate-before work/sights/*.sights

`look` runs the camera part once (the networks take most of the time) and stores what it saw. `tell` plays that to the
core on the Python path and prints a line of JSON per file. `compare` also does so with the core of another checkout, in
a separate process, and lists every clip on which the two differ. Exit code 1 if they do.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from camera.backend import limit_threads
from camera.look import Attention, LaneView
from camera.reader import PlateReader, open_reader
from camera.recording import Recording
from camera.settings import CameraSettings
from core import gate
from core.decision.record import VisitRecord
from core.errors import FileUnusable
from core.events import BarrierActed, Effect, Event, FrameRead, Instant, OpenBarrier, Outcome, RecordVisit, Tick
from core.passes.pass_list import Pass, PassList
from core.rules.policy import Direction, Lane, Site
from edge.paths import weights_dir

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TICK_S = 0.25

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Part = TypeVar("Part", bound="DataclassInstance")
"""Avoids naming the rule classes, because this module also runs with a core that has none."""


@dataclass(frozen=True, slots=True)
class Sights:
    """What the camera part saw in one clip."""

    clip: str
    direction: Direction
    plates: tuple[str, ...]
    """The plates with a pass."""
    frames: tuple[FrameRead, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """The result of a core."""

    openings: tuple[float, ...]
    """When it asked for an opening; seconds of the clip."""
    records: tuple[tuple[str | None, str, str], ...]
    """Plate, decision and reason."""


class Played:
    """A one-lane gate to which sightings are fed; its barrier obeys at once."""

    def __init__(
        self, direction: Direction, plates: Sequence[str], *, varied: Mapping[str, float] | None = None
    ) -> None:
        passes = PassList([Pass(f"p{number}", plate) for number, plate in enumerate(plates)], version="list")
        site = Site((Lane("lane", direction, "barrier"),))
        self.state = gate.start(_with(site, varied) if varied else site, passes)
        self.openings: list[float] = []
        self.records: list[VisitRecord] = []
        self._next_tick = 0.0

    def show(self, frame: FrameRead) -> None:
        while self._next_tick <= frame.at.mono:
            self._step(Tick(instant(self._next_tick)))
            self._next_tick += TICK_S
        self._step(frame)

    def finish(self, mono: float) -> None:
        self.state, effects = gate.finish(self.state, instant(mono))
        self._perform(effects, mono)

    def attention(self) -> Attention:
        return Attention(gate.attention(self.state, "lane"))

    def told(self) -> Told:
        records = sorted(self.records, key=lambda record: record.first.mono)
        return Told(
            tuple(round(mono, 2) for mono in self.openings),
            tuple((record.plate, record.decision.value, record.reason.value) for record in records),
        )

    def _step(self, event: Event) -> None:
        self.state, effects = gate.step(self.state, event)
        self._perform(effects, event.at.mono)

    def _perform(self, effects: Sequence[Effect], mono: float) -> None:
        for effect in effects:
            if isinstance(effect, RecordVisit):
                self.records.append(effect.record)
            elif isinstance(effect, OpenBarrier):
                self.openings.append(mono)
                asked = (effect.barrier, effect.lane, effect.request_id, effect.reason)
                self._step(BarrierActed(instant(mono), *asked, outcome=Outcome.DONE))


def instant(mono: float) -> Instant:
    return Instant(mono, NOON + timedelta(seconds=mono), wall_trusted=True)


def look(clip: Path, *, direction: Direction, plates: Sequence[str], reader: PlateReader) -> Sights:
    """What the camera part sees in a clip, with the attention that the core on the Python path requests."""
    view = LaneView(reader, settings=CameraSettings())
    played = Played(direction, plates)
    recording = Recording(clip, lane="lane")
    frames = []
    try:
        for frame in recording.frames():
            sight = view.look(frame, attention=played.attention())
            seen = FrameRead(
                lane="lane",
                at=instant(frame.captured),
                captured=frame.captured,
                frame_id=frame.frame_id,
                size=frame.size,
                plates=sight.plates,
                vehicle=sight.vehicle,
                frozen=sight.frozen,
                light=getattr(sight, "light", None),
            )
            frames.append(seen)
            played.show(seen)
    except FileUnusable as error:  # keep what came before the break
        print(error, file=sys.stderr)
    finally:
        recording.close()
    return Sights(clip.stem, direction, tuple(plates), tuple(frames))


def _with(site: Site, varied: Mapping[str, float]) -> Site:
    """The site with numbers changed wherever policy or rules have that name. Raises KeyError if none has it."""
    known = {field.name for part in (site.policy, site.entry, site.exit) for field in fields(part)}
    if unknown := varied.keys() - known:
        raise KeyError(*unknown)
    return replace(
        site,
        policy=_changed(site.policy, varied),
        entry=_changed(site.entry, varied),
        exit=_changed(site.exit, varied),
    )


def _changed(part: Part, varied: Mapping[str, float]) -> Part:
    """The part with numbers changed; integers stay integers."""
    kinds = {field.name: type(getattr(part, field.name)) for field in fields(part)}
    return replace(part, **{name: kinds[name](value) for name, value in varied.items() if name in kinds})


def tell(sights: Sights, *, varied: Mapping[str, float] | None = None) -> Told:
    """The result of the core on the Python path, with some numbers changed."""
    played = Played(sights.direction, sights.plates, varied=varied)
    for frame in sights.frames:
        played.show(frame)
    played.finish(sights.frames[-1].at.mono if sights.frames else 0.0)
    return played.told()


def tell_all(files: Sequence[Path]) -> Iterator[tuple[str, Told]]:
    for file in files:
        yield file.stem, tell(read_sights(file))


def write_sights(sights: Sights, target: Path) -> None:
    """Store the sightings for `read_sights`; an existing file is always complete."""
    part = target.with_name(target.name + ".part")
    part.write_bytes(pickle.dumps(sights))
    part.replace(target)


def read_sights(file: Path) -> Sights:
    """Load what `write_sights` stored. It is a pickle: never load files that are not your own."""
    with file.open("rb") as opened:
        sights = pickle.load(opened)  # noqa: S301 - our own, made by `look`
    assert isinstance(sights, Sights), file
    return sights


def told_by(tree: Path, files: Sequence[Path]) -> dict[str, object]:
    """The results of another checkout's core; this module plays, that core decides. Raises CalledProcessError."""
    env = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, str(Path(__file__).resolve()), "tell", *map(str, files)]
    lines = subprocess.run(command, env=env, cwd=tree, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603
    return {
        line["clip"]: {"openings": line["openings"], "records": line["records"]}
        for line in map(json.loads, lines.splitlines())
    }


def _look_all(given: argparse.Namespace) -> int:
    limit_threads(1)
    reader = open_reader(weights_dir())
    given.out.mkdir(parents=True, exist_ok=True)
    plates = tuple(plate for plate in given.plates.split(";") if plate)
    for clip in given.clips:
        target = given.out / f"{clip.stem}.{given.lane}{'.' + plates[0] if plates else ''}.sights"
        if not target.exists():
            sights = look(clip, direction=Direction(given.lane), plates=plates, reader=reader)
            write_sights(sights, target)
        print(target, flush=True)
    return 0


def _tell_all(given: argparse.Namespace) -> int:
    for clip, told in tell_all(given.sights):
        print(json.dumps({"clip": clip, "openings": told.openings, "records": told.records}, ensure_ascii=False))
    return 0


def _compare(given: argparse.Namespace) -> int:
    files = [file.resolve() for file in given.sights]
    new = told_by(Path(__file__).resolve().parents[3], files)
    old = told_by(given.old.resolve(), files)
    differing = [clip for clip in new if new[clip] != old[clip]]
    for clip in differing:
        print(
            f"{clip}\n    old {json.dumps(old[clip], ensure_ascii=False)}\n    new {json.dumps(new[clip], ensure_ascii=False)}"
        )
    print(f"{len(differing)} of {len(new)} clips are told differently")
    return bool(differing)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    looking = commands.add_parser("look", help="run the camera's part over clips, once")
    looking.add_argument("clips", nargs="+", type=Path)
    looking.add_argument("--lane", choices=[item.value for item in Direction], required=True)
    looking.add_argument("--plates", default="", help="that may come in, joined by ;")
    looking.add_argument("--out", type=Path, default=Path("work/sights"))
    looking.set_defaults(run=_look_all)
    telling = commands.add_parser("tell", help="what the core on the path makes of sights")
    telling.add_argument("sights", nargs="+", type=Path)
    telling.set_defaults(run=_tell_all)
    comparing = commands.add_parser("compare", help="with the core of another checkout")
    comparing.add_argument("sights", nargs="+", type=Path)
    comparing.add_argument("--old", type=Path, required=True, help="a checkout with the core to compare with")
    comparing.set_defaults(run=_compare)
    given = parser.parse_args()
    code: int = given.run(given)
    return code


if __name__ == "__main__":
    sys.exit(main())
