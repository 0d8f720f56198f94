"""The clips of `gate demo`: an entrance over a day and a night, an exit, and the matching pass list.

    python -m models.training.clips.demo --out config/demo

All plates are invented. The same call makes the same pictures, but encoder versions may compress them differently.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from tqdm import tqdm

from models.training.clips.film import Film
from models.training.clips.visits import Case, Visit, Weather
from models.training.clips.writing import TrueVisit, pictures, write_mp4, write_truth
from models.training.options import folder, frame_side

ENTRY = (
    Visit("A481MP77", Case.KNOWN, Weather.DAY, 61),
    Visit("T209KE199", Case.UNKNOWN, Weather.DAY, 64),
    Visit("H640XA750", Case.KNOWN, Weather.RAIN, 62, format_id="ru_1a"),
    Visit("P058BT97", Case.UNREADABLE, Weather.RAIN, 66),
    Visit("C317OY50", Case.EXPIRED, Weather.RAIN, 65),
    Visit("E935HK777", Case.KNOWN, Weather.NIGHT, 61),
    Visit("B702CX150", Case.KNOWN, Weather.INFRARED, 67),
)
EXIT = (
    Visit("A481MP77", Case.LEAVING, Weather.DAY, 61, aside_m=0.1),
    Visit("M126AT190", Case.LEAVING, Weather.SNOW, 66),
)
PASSES = (
    ("А 481 МР 77", "", "", "кв. 12"),
    ("Н640ХА750", "2026-01-01", "", "кв. 48"),
    ("C317OY50", "2024-05-01", "2024-05-31", "гость, кв. 7"),
    ("Е935НК777", "", "", "кв. 31"),
    ("B702CX150", "", "", "дом 3"),
    ("P058BT97", "", "", "кв. 90"),
)
"""As a manager would type them: Cyrillic or Latin, with or without spaces."""


def write_demo(out: Path, *, width_px: int, height_px: int, noise: float) -> None:
    """Write gate.mp4, exit.mp4, passes.csv and the ground truth of both clips into `out`."""
    for name, seed, visits, caption in (("gate", 3, ENTRY, "GATE 1 ENTRY"), ("exit", 7, EXIT, "GATE 1 EXIT")):
        film = Film(seed=seed, width_px=width_px, height_px=height_px, noise=noise)
        truth: list[TrueVisit] = []
        frames = tqdm(
            pictures(film, visits, gap_s=2.0, caption=caption, truth=truth), unit="frame", desc=name, mininterval=2
        )
        write_mp4(out / f"{name}.mp4", frames)
        write_truth(out / f"{name}-truth.csv", truth)
    with (out / "passes.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["plate", "valid_from", "valid_until", "note"])
        table.writerows(PASSES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=folder, default=Path("config/demo"))
    parser.add_argument("--width", type=frame_side, default=1280)
    parser.add_argument("--height", type=frame_side, default=720)
    parser.add_argument(
        "--noise", type=float, default=0.6, help="sensor noise; noise is what a video coder spends its bytes on"
    )
    given = parser.parse_args()
    write_demo(given.out, width_px=given.width, height_px=given.height, noise=given.noise)


if __name__ == "__main__":
    main()
