"""The play itself: set the stage, let the recording run, print the timeline, say whether it was the right one."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
import webbrowser
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from edge.core.events import Reason
from edge.core.plates import display
from edge.demo.stage import (
    CLIPS,
    TRUTHS,
    DemoFailed,
    Stage,
    demo_dir,
    environment_has_display,
    json_lines,
)
from edge.demo.truth import Compared, Expected, Happened, compare, read_truth
from edge.language import say
from edge.words import reason_words

AFTER_S = 6.0
"""A visit is told when its vehicle has gone; the last one needs a moment more than the clip."""


@dataclass(frozen=True, slots=True)
class Told:
    """A visit as `gate run` printed it, with the moment it began on the clip's clock."""

    happened: Happened
    display: str
    at: datetime


class Timeline:
    """Collects what `gate run` tells, on a thread of its own, and prints it as it comes."""

    def __init__(self, gate: subprocess.Popen[str], *, began: dict[str, float], colour: bool, quiet: bool) -> None:
        self._gate = gate
        self._colour = colour
        self.quiet = quiet
        # The gate tells wall time; the clips began at these wall times.
        now, mono = datetime.now(UTC), time.monotonic()
        self._began = {lane: now - timedelta(seconds=mono - at) for lane, at in began.items()}
        self._told: queue.SimpleQueue[Told] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, name="demo-timeline", daemon=True)
        self._reader.start()

    def all(self) -> list[Told]:
        """Everything told so far."""
        found = []
        while not self._told.empty():
            found.append(self._told.get())
        return found

    def _read(self) -> None:
        assert self._gate.stdout is not None
        for values in json_lines(self._gate.stdout):
            if values.get("type") == "visit" and values.get("lane") in self._began:
                told = self._as_told(values)
                self._told.put(told)
                if not self.quiet:
                    print(line(told, colour=self._colour), flush=True)

    def _as_told(self, values: dict[str, Any]) -> Told:
        at = datetime.fromisoformat(values["at"])
        first = (at - self._began[values["lane"]]).total_seconds()
        happened = Happened(
            lane=values["lane"],
            plate=values["plate"],
            opened=values["decision"] == "open" and any(one["outcome"] == "done" for one in values["openings"]),
            reason=values["reason"],
            t_first=first,
            t_last=first + values["lasted_s"],
        )
        return Told(happened, values["display"] or say("не прочитан", "unread"), at)


def line(told: Told, *, colour: bool) -> str:
    """One visit for people."""
    visit = told.happened
    sign = say("ОТКРЫТ", "OPENED") if visit.opened else say("ОТКАЗ ", "REFUSED")
    if colour:
        sign = f"\033[{'32' if visit.opened else '31'};1m{sign}\033[0m"
    lane = say("въезд", "entry") if visit.lane == "entry" else say("выезд", "exit")
    return f"  {visit.t_first:6.1f} {say('с', 's')}  {lane:<6} {sign}  {told.display:<13} {reason_words(Reason(visit.reason))}"


def play_once(stage: Stage, gate: subprocess.Popen[str], *, once: bool, as_json: bool) -> tuple[Compared, ...]:
    """Play both clips through once and compare. Raises DemoFailed when the gate ends meanwhile."""
    truth = [one for lane, name in TRUTHS.items() for one in read_truth(demo_dir() / name, lane=lane)]
    began = stage.wait_for_cameras(gate)
    timeline = Timeline(gate, began=began, colour=sys.stdout.isatty(), quiet=as_json)
    ends = {lane: max(one.t_to for one in truth if one.lane == lane) for lane in CLIPS}
    deadline = max(began[lane] + ends[lane] for lane in CLIPS) + AFTER_S
    while (left_s := deadline - time.monotonic()) > 0:
        if gate.poll() is not None:
            raise DemoFailed(say("gate run закончился: ", "gate run ended: ") + stage.last_words("run"))
        time.sleep(min(left_s, 0.5))
    timeline.quiet = as_json or once
    # The shorter clip starts over before the longer one ends: its second round is not part of the truth.
    happened = [told.happened for told in timeline.all()]
    return compare(truth, [visit for visit in happened if visit.t_first < ends[visit.lane]])


def verdict_lines(compared: tuple[Compared, ...]) -> list[str]:
    """What should have been beside what was."""
    lines = ["", say("Как должно быть и как вышло:", "What should be, and what was:")]
    for one in compared:
        mark = "✗" if one.fault else "✓"
        lines.append(f"  {mark} {_should(one.expected)}" + (f": {one.fault}" if one.fault else ""))
    wrong = sum(bool(one.fault) for one in compared)
    right = len(compared) - wrong
    lines.append(say(f"верно {right} из {len(compared)}", f"{right} of {len(compared)} right"))
    return lines


def _should(expected: Expected) -> str:
    wanted = say("открыть", "open") if expected.opens else say("не открывать", "keep shut")
    lane = say("въезд", "entry") if expected.lane == "entry" else say("выезд", "exit")
    return f"{lane:<6} {display(expected.plate):<13} {expected.words}: {wanted}"


def show_page(url: str, *, browser: bool) -> None:
    """Print where the page is, and open it where there is a screen."""
    print(say(f"Страница охраны: {url}", f"The guard's page: {url}"), flush=True)
    if browser and environment_has_display():
        webbrowser.open(url)
