"""Video time from the first picture that shows the plate legibly to the request to open.

`python benchmarks/opening_latency.py --count 200 --out latency.jsonl`, then `python benchmarks/opening_latency.py --table latency.jsonl`.

Rendered visits (`models.training.clips`, 1280x720, 15 pictures a second, alternately by day and in the dark), each with
a plate that may come in, run through the gate's code: motion gate, networks, core. No video is written or encoded,
because coding is not examined here. *Legible* is the first picture of the visit that the reader alone reads as the true
plate, whether or not the gate would trust that single picture: later than a person could read it, but sooner than one
picture may be acted on. A visit is drawn until it opens, at most two seconds into the wait. Each clip is one line, so a
run may be stopped and continued.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import numpy as np

from camera.backend import limit_threads
from camera.frame import Frame
from camera.look import Attention, LaneView
from camera.reader import PlateReader, open_reader
from camera.settings import CameraSettings
from core import gate
from core.events import FrameRead, Instant, OpenBarrier, Tick
from core.passes.pass_list import Pass, PassList, PassSource
from core.reading.decode import decode
from core.reading.reads import PlateRead
from core.rules.policy import Direction, Lane, Policy, Site
from edge.paths import weights_dir
from models.training.clips.film import FPS, Film, cast_for
from models.training.clips.visit_set import draw_visits
from models.training.clips.visits import Case, Visit

LANE = "lane"
EMPTY_PICTURES = 4
SHOWN_FROM_PX = 34.0
"""The visit is drawn from this plate width on; narrower plates are not read."""
START = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass(slots=True)
class Listening:
    """A reader that remembers whether the last picture alone was read as `text`."""

    reader: PlateReader
    text: str
    right: bool = False

    def read(self, frame: Frame) -> tuple[PlateRead, ...]:
        plates = self.reader.read(frame)
        self.right = any(decode(plate).text == self.text for plate in plates)
        return plates


def pictures(film: Film, visit: Visit) -> Iterator[tuple[np.ndarray, float | None]]:
    """The empty entrance, then the visit; with the plate's width in pixels while it is in view."""
    empty = film.empty(visit.weather, t=0.0).picture
    yield from ((empty, None) for _ in range(EMPTY_PICTURES))
    cast = cast_for(visit, own_typefaces=True)
    for number in range(round((visit.approach_s + 2) * FPS)):
        t = number / FPS
        if width_px(film, visit, cast.plate_mm, t) < SHOWN_FROM_PX:
            continue
        drawn = film.frame(visit, cast, t=t, t_film=t)
        yield (
            drawn.picture,
            None if drawn.corners is None else float(np.linalg.norm(drawn.corners[1] - drawn.corners[0])),
        )


def width_px(film: Film, visit: Visit, plate_mm: float, t: float) -> float:
    """Approximate plate width at `t`; a turned plate is narrower."""
    return film.view.focal_px * plate_mm / 1000 / visit.distance_m(t)


def measured(film: Film, visit: Visit, reader: PlateReader) -> dict[str, object]:
    """One visit until it opens. Times in seconds after the first picture of the car."""
    passes = PassList([Pass(id="1", plate=visit.text, source=PassSource.LOCAL)])
    state = gate.start(Site(lanes=(Lane(LANE, Direction.ENTRY, "barrier"),), policy=Policy()), passes)
    listening = Listening(reader, visit.text)
    view = LaneView(listening, settings=CameraSettings())
    legible: float | None = None
    legible_px: float | None = None
    opened: float | None = None
    reads, look_cpu_ms = 0, 0.0
    for number, (picture, wide_px) in enumerate(pictures(film, visit)):
        at = Instant(mono=number / FPS, wall=START + timedelta(seconds=number / FPS), wall_trusted=True)
        began = time.thread_time()
        frame = Frame(bgr=picture, captured=at.mono, frame_id=number + 1, lane=LANE)
        listening.right = False
        sight = view.look(frame, attention=Attention(gate.attention(state, LANE)))
        seen = FrameRead(
            lane=LANE, at=at, captured=at.mono, frame_id=frame.frame_id, size=frame.size, plates=sight.plates,
            vehicle=sight.vehicle, light=sight.light, frozen=sight.frozen,
        )  # fmt: skip
        state, effects = gate.step(state, seen)
        state, late = gate.step(state, Tick(at=at))
        look_cpu_ms = (time.thread_time() - began) * 1e3
        if listening.right:
            reads += 1
            if legible is None:
                legible, legible_px = at.mono, wide_px
        if any(isinstance(effect, OpenBarrier) for effect in (*effects, *late)):
            opened = at.mono
            break
    first = EMPTY_PICTURES / FPS
    return {
        "text": visit.text,
        "weather": visit.weather.value,
        "legible_s": None if legible is None else round(legible - first, 3),
        "legible_px": None if legible_px is None else round(legible_px),
        "opened_s": None if opened is None else round(opened - first, 3),
        "right_pictures": reads,
        "look_cpu_ms": round(look_cpu_ms, 1),
    }


def run(count: int, out: Path, seed: int) -> None:
    limit_threads(1)
    done = len(out.read_text(encoding="utf-8").splitlines()) if out.exists() else 0
    reader, film = open_reader(weights_dir()), Film(seed=seed)
    with out.open("a", encoding="utf-8") as file:
        for visit in draw_visits(seed=seed, count=count)[done:]:
            row = measured(film, replace(visit, case=Case.KNOWN), reader)
            file.write(json.dumps(row) + "\n")
            file.flush()


def table(rows: list[dict[str, object]]) -> Iterator[str]:
    """Waiting time by light, as Markdown, and what never opened."""
    yield "| light | clips | opened | before any picture alone was right | median s | p95 s | longest s |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    key = lambda row: str(row["weather"])  # noqa: E731
    for name, some in [*((k, list(g)) for k, g in itertools.groupby(sorted(rows, key=key), key)), ("all", rows)]:
        opened = [row for row in some if row["opened_s"] is not None]
        # opened by several pictures together, none of which was right alone: no wait at all
        sooner = sum(row["legible_s"] is None for row in opened)
        waits = sorted(
            0.0 if row["legible_s"] is None else float(str(row["opened_s"])) - float(str(row["legible_s"]))
            for row in opened
        )
        if waits:
            p95 = waits[math.ceil(0.95 * len(waits)) - 1]
            yield f"| {name} | {len(some)} | {len(opened)} | {sooner} | {median(waits):.2f} | {p95:.2f} | {waits[-1]:.2f} |"
    looks = sorted(float(str(row["look_cpu_ms"])) for row in rows if row["opened_s"] is not None)
    yield f"\nThe look that opened, networks and core, processor ms: median {median(looks):.0f}, p95 {looks[math.ceil(0.95 * len(looks)) - 1]:.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--table", type=Path)
    arguments = parser.parse_args()
    if arguments.out is not None:
        run(arguments.count, arguments.out, arguments.seed)
    if arguments.table is not None:
        rows = [json.loads(line) for line in arguments.table.read_text(encoding="utf-8").splitlines()]
        print("\n".join(table(rows)))


if __name__ == "__main__":
    main()
