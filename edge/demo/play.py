"""The demo run: sets the stage, lets the recording play, prints the timeline and says whether it was right."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from core.events import Reason
from core.plates.canonical import display
from core.words.reasons import reason_words
from edge.demo.portal import LATER_PLATE, Portal
from edge.demo.stage import (
    CLIP_FPS,
    CLIPS,
    START_S,
    TRUTHS,
    DemoFailed,
    Stage,
    demo_dir,
    environment_has_display,
    json_lines,
)
from edge.demo.truth import Compared, Expected, Happened, compare, read_truth
from edge.language import say
from edge.runtime.control import ControlClient, GateAbsent

LOOK_S = 0.25
LATER_S = 30.0
"""Seconds into the recording at which the resident submits the second pass."""
AFTER_S = 6.0
"""A visit is reported after its vehicle has gone, so the last one needs a little longer than the clip."""
PATIENCE_S = 20.0
"""A busy machine reports later. No missing visit is waited for longer than this."""


class ClipClock:
    """Maps wall time to each camera's position in its clip.

    A busy machine decodes slower than real time, so the cameras' own frame counts are the clock.
    """

    def __init__(self, control: ControlClient) -> None:
        self._control = control
        self._seen: dict[str, list[tuple[float, float]]] = {lane: [] for lane in CLIPS}

    def look(self) -> None:
        """Record the clips' present positions."""
        with contextlib.suppress(GateAbsent):
            for camera in self._control.status().cameras:
                self._seen[camera.lane].append((time.time(), camera.frames / CLIP_FPS))

    def running(self) -> bool:
        """Whether every lane has delivered a frame."""
        return all(seen and seen[-1][1] > 0 for seen in self._seen.values())

    def now(self, lane: str) -> float:
        """Seconds of clip played so far, over all rounds."""
        return self._seen[lane][-1][1]

    def at(self, lane: str, wall: float) -> float:
        """The same at an earlier moment."""
        seen = self._seen[lane]
        after = next((index for index, (when, _) in enumerate(seen) if when >= wall), len(seen) - 1)
        (wall_1, clip_1), (wall_2, clip_2) = seen[max(after - 1, 0)], seen[after]
        if wall_2 <= wall_1:
            return clip_2 + (wall - wall_2)
        return clip_1 + (wall - wall_1) * (clip_2 - clip_1) / (wall_2 - wall_1)


class Timeline:
    """Collects the output of `gate run`, on its own thread."""

    def __init__(self, gate: subprocess.Popen[str]) -> None:
        self._gate = gate
        self._ended_visit: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, name="demo-timeline", daemon=True)
        self._reader.start()

    def new(self, clock: ClipClock) -> Iterator[EndedVisit]:
        """What was reported since the last call."""
        while not self._ended_visit.empty():
            yield _ended_visit(self._ended_visit.get(), clock)

    def _read(self) -> None:
        assert self._gate.stdout is not None
        for values in json_lines(self._gate.stdout):
            if values.get("type") == "visit" and values.get("lane") in CLIPS:
                self._ended_visit.put(values)


@dataclass(frozen=True, slots=True)
class EndedVisit:
    """A visit as `gate run` printed it, in clip time."""

    happened: Happened
    display: str


def _ended_visit(values: dict[str, Any], clock: ClipClock) -> EndedVisit:
    lane = values["lane"]
    began = datetime.fromisoformat(values["at"]).timestamp()
    happened = Happened(
        lane=lane,
        plate=values["plate"],
        opened=values["decision"] == "open" and any(one["outcome"] == "done" for one in values["openings"]),
        reason=values["reason"],
        t_first=clock.at(lane, began),
        t_last=clock.at(lane, began + values["lasted_s"]),
    )
    return EndedVisit(happened, values["display"] or say("не прочитан"))


def line(ended: EndedVisit, *, colour: bool) -> str:
    """One visit as a line for people."""
    visit = ended.happened
    sign = f"{say('ОТКРЫТ') if visit.opened else say('ОТКАЗ'):<7}"
    if colour:
        sign = f"\033[{'32' if visit.opened else '31'};1m{sign}\033[0m"
    lane = say("въезд") if visit.lane == "entry" else say("выезд")
    return (
        f"  {visit.t_first:6.1f} {say('с')}  {lane:<6} {sign}  {ended.display:<13} {reason_words(Reason(visit.reason))}"
    )


def play_once(
    stage: Stage, gate: subprocess.Popen[str], portal: Portal | None, *, as_json: bool
) -> tuple[Compared, ...]:
    """Play both clips once and compare. Raises DemoFailed if the gate ends meanwhile."""
    truth = [one for lane, name in TRUTHS.items() for one in read_truth(demo_dir() / name, lane=lane)]
    ends = {lane: max(one.t_to for one in truth if one.lane == lane) for lane in CLIPS}
    clock = ClipClock(ControlClient(stage.state_dir))
    timeline = Timeline(gate)
    happened: list[Happened] = []
    deadline = time.monotonic() + START_S
    to_file = portal
    while not clock.running() or _goes_on(clock, ends, compare(truth, happened)):
        if gate.poll() is not None:
            raise DemoFailed(say("gate run закончился: ") + stage.last_words("run"))
        if not clock.running() and time.monotonic() > deadline:
            raise DemoFailed(say("камеры демо не дали картинки"))
        time.sleep(LOOK_S)
        clock.look()
        if to_file is not None and clock.running() and clock.now("entry") >= LATER_S:
            to_file.file_pass(LATER_PLATE)
            to_file = None
            if not as_json:
                plate = display(LATER_PLATE)
                print(say("            резидент подаёт заявку на {plate}", plate=plate))
        for ended in timeline.new(clock):
            # The shorter clip starts again before the longer one ends; its second round is not in the ground truth.
            if ended.happened.t_first < ends[ended.happened.lane]:
                happened.append(ended.happened)
            if not as_json:
                print(line(ended, colour=sys.stdout.isatty()), flush=True)
    return compare(truth, happened)


def _goes_on(clock: ClipClock, ends: dict[str, float], compared: tuple[Compared, ...]) -> bool:
    """Whether part of the clips, or a report on it, is still to come."""
    past_s = min(clock.now(lane) - end for lane, end in ends.items())
    return past_s < AFTER_S or (past_s < PATIENCE_S and any(not one.visits for one in compared))


def verdict_lines(compared: tuple[Compared, ...]) -> list[str]:
    """What should have happened beside what did."""
    lines = ["", say("Как должно быть и как вышло:")]
    for one in compared:
        mark = "✗" if one.fault else "✓"
        lines.append(f"  {mark} {_should(one.expected)}" + (f": {one.fault}" if one.fault else ""))
    wrong = sum(bool(one.fault) for one in compared)
    right = len(compared) - wrong
    lines.append(say("верно {right} из {n}", right=right, n=len(compared)))
    return lines


def _should(expected: Expected) -> str:
    wanted = say("открыть") if expected.opens else say("не открывать")
    lane = say("въезд") if expected.lane == "entry" else say("выезд")
    return f"{lane:<6} {display(expected.plate):<13} {expected.words}: {wanted}"


def wait_until_up(stage: Stage, gate: subprocess.Popen[str]) -> None:
    """Wait until both cameras deliver frames. Raises DemoFailed if they never do."""
    clock = ClipClock(ControlClient(stage.state_dir))
    deadline = time.monotonic() + START_S
    while not clock.running():
        if gate.poll() is not None:
            raise DemoFailed(say("gate run закончился: ") + stage.last_words("run"))
        if time.monotonic() > deadline:
            raise DemoFailed(say("камеры демо не дали картинки"))
        time.sleep(LOOK_S)
        clock.look()


def play_on(stage: Stage, gate: subprocess.Popen[str]) -> NoReturn:
    """Loop the recording until Ctrl-C. Raises DemoFailed if the gate ends by itself."""
    print(say("Запись идёт по кругу; Ctrl-C — конец."), flush=True)
    gate.wait()
    raise DemoFailed(say("gate run закончился: ") + stage.last_words("run"))


def show_page(url: str, *, browser: bool) -> None:
    """Print the page's address, and open it if there is a screen."""
    print(say("Страница охраны: {url}", url=url), flush=True)
    if browser and environment_has_display():
        webbrowser.open(url)
