"""Replay rendered visits through the gate and count: right, wrong, unread, opened wrongly.

    python -m models.training.clips.measure --visits work/visits

The clips are those of `models.training.clips.visit_set`; they run through `gate replay`, the same code as a live camera.
Prints one JSON object: for day and dark, and for each weather, how many visits were read right over all their frames.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

from models.training.clips.visits import Case

_DARK = {"dusk", "night", "infrared"}


@dataclass(slots=True)
class Tally:
    """Visits of one kind of light."""

    visits: int = 0
    right: int = 0
    """The plate of the longest record is the plate of the car."""
    other: int = 0
    """Another text was recorded; a refusal with `low_confidence` counts here too."""
    unread: int = 0
    records: int = 0
    """Journal records; more than visits when one car was taken for two."""
    wrong_opens: int = 0
    """The barrier opened to a car that is on no list."""
    missed_opens: int = 0
    """It stayed closed to one that is, or to one that leaves."""


def replay(clips: list[Path], *, lane: str, passes: Path) -> dict[str, list[dict[str, object]]]:
    """The finished visits of each clip, as `gate replay --json` tells them. Raises CalledProcessError."""
    told: dict[str, list[dict[str, object]]] = {}
    for clip in clips:
        command = [sys.executable, "-m", "edge", "replay", str(clip), "--lane", lane, "--passes", str(passes), "--json"]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()  # noqa: S603  # our own module
        rows = [json.loads(line) for line in lines]
        told[clip.name] = [row for row in rows if row["type"] == "visit"]
    return told


def count(rows: list[dict[str, str]], told: dict[str, list[dict[str, object]]]) -> dict[str, Tally]:
    """Tallies by `daylight` and `dark` and by weather from the truth's rows and what the gate told."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for row in rows:
        records = told.get(row["file"], [])
        main = max(records, key=lambda r: int(str(r["frames"])), default=None)
        opened = any(r["decision"] == "open" for r in records)
        for kind in ("dark" if row["weather"] in _DARK else "daylight", row["weather"]):
            tally = tallies[kind]
            tally.visits += 1
            tally.records += len(records)
            if main is None or main["plate"] is None:
                tally.unread += 1
            elif main["plate"] == row["text"]:
                tally.right += 1
            else:
                tally.other += 1
            may_pass = row["case"] in {Case.KNOWN.value, Case.LEAVING.value}
            tally.wrong_opens += opened and not may_pass
            tally.missed_opens += may_pass and not opened
    return dict(tallies)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=Path, default=Path("work/visits"))
    given = parser.parse_args()
    with (given.visits / "visits.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    told: dict[str, list[dict[str, object]]] = {}
    for lane, leaving in (("entry", False), ("exit", True)):
        clips = [given.visits / row["file"] for row in rows if (row["case"] == Case.LEAVING.value) == leaving]
        told |= replay(clips, lane=lane, passes=given.visits / "passes.csv")
    print(json.dumps({kind: asdict(tally) for kind, tally in sorted(count(rows, told).items())}))


if __name__ == "__main__":
    main()
