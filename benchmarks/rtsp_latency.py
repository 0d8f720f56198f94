"""Wall time from sending the first legible picture to the relay, through RTSP, the whole gate and an emulated board.

    python benchmarks/rtsp_latency.py film cars.mp4 --count 24
    /usr/bin/python3 benchmarks/rtsp_server.py cars.mp4 cars.mp4 &
    python benchmarks/rtsp_latency.py run cars.mp4 rtsp://127.0.0.1:8554/main --out rtsp-latency.jsonl

The film shows one entrance by day with one car after another, H.264 at 15 pictures a second. A file beside it has each
car's plate, and the first picture that the reader alone reads like that, determined on the encoded film. `run` starts
`gate run` with its relay process. A picture's *sending* time is the pace of the film, aligned with the earliest of all
pictures: a constant delay of camera and network is not seen by that and must be added in full. *Capture* is how much
later the gate had it.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import runpy
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np

from benchmarks.opening_latency import SHOWN_FROM_PX, Listening, width_px
from camera.backend import limit_threads
from camera.frame import Frame
from camera.opening import packets
from camera.packets import Packet
from camera.reader import open_reader
from camera.settings import CameraSettings
from edge.paths import weights_dir
from models.training.clips.film import FPS, Film, cast_for
from models.training.clips.visit_set import draw_visits
from models.training.clips.visits import Case, Visit, Weather
from relay.tools.emulators import LcusEmulator

EMPTY_S = 5.0
SEED = 23


def drawn(film: Film, visit: Visit) -> Iterator[np.ndarray]:
    empty = film.empty(visit.weather, t=0.0).picture
    yield from (empty for _ in range(round(EMPTY_S * FPS)))
    cast = cast_for(visit, own_typefaces=True)
    for number in range(round(visit.length_s * FPS)):
        t = number / FPS
        if t > visit.approach_s or width_px(film, visit, cast.plate_mm, t) >= SHOWN_FROM_PX:
            yield film.frame(visit, cast, t=t, t_film=t).picture


def write_film(out: Path, count: int) -> None:
    film, begins = Film(seed=SEED), []
    visits = [
        replace(visit, case=Case.KNOWN, weather=Weather.DAY, wait_s=1.5, leave_s=2.0)
        for visit in draw_visits(seed=SEED, count=count)
    ]
    number = 0
    options = {"g": "30", "bf": "0", "preset": "veryfast", "profile": "main"}
    with av.open(str(out), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 1280, 720, "yuv420p", 3_000_000
        for visit in visits:
            begins.append(number)
            for picture in drawn(film, visit):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
                number += 1
        container.mux(stream.encode())
    cars = [
        {"text": visit.text, "begins": begin, "legible": legible}
        for (visit, begin), legible in zip(
            zip(visits, begins, strict=True), legible_pictures(out, visits, begins), strict=True
        )
    ]
    out.with_suffix(".json").write_text(json.dumps(cars), encoding="utf-8")


def legible_pictures(film: Path, visits: list[Visit], begins: list[int]) -> list[int | None]:
    """For each visit, the first picture that alone is read as its plate."""
    stream, reader = packets(str(film), CameraSettings()), open_reader(weights_dir())
    stream.open()
    found: list[int | None] = [None] * len(visits)
    for number in range(begins[-1] + round((EMPTY_S + visits[-1].length_s) * FPS) - FPS):
        make = stream.decode(stream.next())
        visit = max(i for i, begin in enumerate(begins) if begin <= number)
        if make is None or found[visit] is not None or number < begins[visit] + EMPTY_S * FPS:
            continue
        listening = Listening(reader, visits[visit].text)
        listening.read(Frame(bgr=make().grey, captured=number / FPS, frame_id=number + 1, lane=str(visit)))
        found[visit] = number if listening.right else None
    return found


def gate(config: Path, log: Path) -> None:
    """`gate run` that reports when it had each picture and when it asked to open."""
    from camera.av_stream import AvStream
    from edge.runtime.acting import Performer

    out = log.open("w", buffering=1, encoding="utf-8")
    receive, ask = AvStream.next, Performer.open_barrier

    def told_next(self: AvStream) -> Packet:
        packet = receive(self)
        if packet.coded.pts is not None:  # the first one has none; the others count from it
            out.write(
                json.dumps({"film_s": float(packet.coded.pts * packet.coded.time_base), "at": time.monotonic()}) + "\n"
            )
        return packet

    def told_ask(self: Performer, wanted: Any) -> None:
        out.write(json.dumps({"asked": time.monotonic()}) + "\n")
        ask(self, wanted)

    AvStream.next, Performer.open_barrier = told_next, told_ask  # type: ignore[method-assign]
    sys.argv = ["gate", "run", "--config", str(config)]
    runpy.run_module("edge", run_name="__main__")


def run(film: Path, camera: str, out: Path) -> None:
    cars = json.loads(film.with_suffix(".json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as name, LcusEmulator() as board:
        folder = Path(name)
        text = f'[site]\nstate_dir = "{folder}/state"\n[console]\nport = 18490\n[[lane]]\nname = "lane"\ndirection = "entry"\n'
        text += f'camera = "{camera}"\nbarrier = "main"\n[[barrier]]\nname = "main"\ndriver = "lcus"\nport = "{board.port}"\n'
        (folder / "gate.toml").write_text(text, encoding="utf-8")
        with (folder / "passes.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["plate"], *([car["text"]] for car in cars)])
        edge = [sys.executable, "-m", "edge"]
        config = ["--config", str(folder / "gate.toml")]
        subprocess.run([*edge, "passes", "import", str(folder / "passes.csv"), *config], check=True)
        log = folder / "log"
        child = subprocess.Popen([sys.executable, __file__, "gate", str(folder / "gate.toml"), str(log)])
        length_s = cars[-1]["begins"] / FPS + EMPTY_S + 10
        deadline = time.monotonic() + 120 + length_s
        while time.monotonic() < deadline and child.poll() is None:
            time.sleep(1)
            told = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
            seen = [one for one in told if "film_s" in one]
            if seen and time.monotonic() - seen[0]["at"] > length_s:
                break
        child.terminate()
        child.wait(60)
        out.write_text(
            "".join(json.dumps(row) + "\n" for row in rows(cars, told, [c.at for c in board.changes if c.on]))
        )


def rows(cars: list[dict[str, Any]], told: list[dict[str, Any]], switched: list[float]) -> Iterator[dict[str, Any]]:
    had = [one for one in told if "film_s" in one]
    asked = [one["asked"] for one in told if "asked" in one]
    began = min(one["at"] - one["film_s"] for one in had)
    late = sorted(one["at"] - one["film_s"] - began for one in had)
    yield {
        "pictures": len(late),
        "capture_median_s": round(statistics.median(late), 3),
        "capture_p95_s": round(late[math.ceil(0.95 * len(late)) - 1], 3),
    }
    arrived = {round(one["film_s"] * FPS): one["at"] for one in had}
    begins = [
        arrived.get(max(1, car["begins"]), math.inf) for car in cars
    ]  # an opening belongs to the car whose pictures had arrived
    for car, begin, end in zip(cars, begins, [*begins[1:], math.inf], strict=True):
        wanted = next((at for at in asked if begin <= at < end), None)
        moved = None if wanted is None else next((at for at in switched if wanted <= at < end), None)
        came = arrived.get(car["legible"])
        sent = None if car["legible"] is None else began + car["legible"] / FPS
        yield {
            "text": car["text"],
            "asked_s": None if wanted is None or sent is None else round(wanted - sent, 3),
            "asked_after_arrival_s": None if wanted is None or came is None else round(wanted - came, 3),
            "relay_s": None if wanted is None or moved is None else round(moved - wanted, 3),
            "whole_s": None if moved is None or sent is None else round(moved - sent, 3),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    work = parser.add_subparsers(dest="work", required=True)
    made = work.add_parser("film")
    made.add_argument("out", type=Path)
    made.add_argument("--count", type=int, default=24)
    driven = work.add_parser("run")
    driven.add_argument("film", type=Path)
    driven.add_argument("camera")
    driven.add_argument("--out", type=Path, default=Path("rtsp-latency.jsonl"))
    child = work.add_parser("gate")
    child.add_argument("config", type=Path)
    child.add_argument("log", type=Path)
    arguments = parser.parse_args()
    if arguments.work == "gate":
        gate(arguments.config, arguments.log)
        return
    limit_threads(1)
    if arguments.work == "film":
        write_film(arguments.out, arguments.count)
    else:
        run(arguments.film, arguments.camera, arguments.out)
        print(arguments.out.read_text(), end="")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(Path(__file__).parents[1]))
    main()
