"""Small plates over five frames: reading the best one, all of them separately, and all of them stacked.

    python -m models.training.clips.lowres --count 480 --out models/reports

Writes `lowres.md` and `lowres.json` with `--out`. The plates are rendered, 30 to 60 px wide, and filmed as in `tracks`.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tqdm import tqdm

from camera.ocr import PlateOcr
from camera.weights import check_weights
from core.reading.decode import decode
from core.reading.fusion import NO_READS
from core.reading.reading import Reading
from core.reading.reads import PlateRead
from edge.paths import weights_dir
from models.training.clips.tracks import Taking, Track, tracks
from models.training.options import folder, positive_count, seed

PICTURES: Final = 5
TAKINGS: Final = (
    Taking("30 px", (30, 30), noise=3.5),
    Taking("35 px", (35, 35), noise=3.5),
    Taking("40 px", (40, 40), noise=3.5),
    Taking("40 px, out of focus", (40, 40), noise=3.5, defocus=1.1),
    Taking("40 px, compressed", (40, 40), noise=3.0, coder=45),
    Taking("50 px, compressed", (50, 50), noise=3.0, defocus=0.5, coder=40),
    Taking("60 px, compressed, out of focus", (60, 60), defocus=1.0, coder=40),
)


@dataclass(frozen=True, slots=True)
class Compared:
    """The results of three methods on the same pictures."""

    text: str
    taking: str
    single: tuple[Reading, ...]
    apart: Reading
    """All of them, each read separately."""
    together: Reading
    """As in the gate: with their stacks."""


def compared(track: Track) -> Compared:
    """The first pictures of a track, read by three methods."""
    reads = track.reads[:PICTURES]
    single = tuple(decode(replace(read, stack=None)) for read in reads)
    alone = [replace(read, stack=None) for read in reads]
    return Compared(track.text, track.taking, single, _fused(alone), _fused(reads))


def _fused(reads: Sequence[PlateRead]) -> Reading:
    fusion = NO_READS
    for read in reads:
        fusion = fusion.added(read, decode(read))
    return fusion.reading()


def report(found: Iterable[Compared]) -> dict[str, dict[str, float]]:
    """Shares in per cent, by filming condition."""
    grouped: dict[str, list[Compared]] = defaultdict(list)
    for one in found:
        grouped[one.taking].append(one)
    return {taking: _row(held) for taking, held in grouped.items()}


def _row(held: Sequence[Compared]) -> dict[str, float]:
    best = [max(one.single, key=lambda reading: reading.confidence, default=None) for one in held]
    singles = [(reading.text == one.text) for one in held for reading in one.single]
    count = len(held)

    def share(hits: Iterable[bool], of: int = count) -> float:
        return round(100 * sum(hits) / max(1, of), 1)

    texts = [one.text for one in held]
    return {
        "tracks": count,
        "one picture": share(singles, len(singles)),
        "its surest picture": share(b is not None and b.text == text for b, text in zip(best, texts, strict=True)),
        "five apart": share(one.apart.text == one.text for one in held),
        "five with stacks": share(one.together.text == one.text for one in held),
        "accepted, apart": share(one.apart.accepted for one in held),
        "accepted, with stacks": share(one.together.accepted for one in held),
        "accepted wrong, apart": sum(one.apart.accepted and one.apart.text != one.text for one in held),
        "accepted wrong, with stacks": sum(one.together.accepted and one.together.text != one.text for one in held),
    }


def as_markdown(rows: dict[str, dict[str, float]], command: str) -> str:
    """The table of a report."""
    heads = list(next(iter(rows.values())))
    lines = ["# lowres", "", f"`{command}`", "", "Per cent of the tracks read exactly, five pictures each."]
    lines += ["", f"| plates | {' | '.join(heads)} |", "|---|" + "---:|" * len(heads)]
    lines += [f"| {name} | {' | '.join(f'{row[head]:g}' for head in heads)} |" for name, row in rows.items()]
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=positive_count, default=490, help="tracks of all kinds together")
    parser.add_argument("--seed", type=seed, default=11)
    parser.add_argument("--out", type=folder)
    given = parser.parse_args()
    ocr = PlateOcr(check_weights(weights_dir()))
    drawn = tracks(ocr, seed=given.seed, count=given.count, takings=TAKINGS)
    rows = report(compared(track) for track in tqdm(drawn, total=given.count, unit="track", mininterval=5))
    text = as_markdown(rows, f"python -m models.training.clips.lowres --count {given.count} --seed {given.seed}")
    print(text)
    if given.out is not None:
        write(given.out, rows, text)


def write(out: Path, rows: dict[str, dict[str, float]], text: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "lowres.md").write_text(text, encoding="utf-8")
    (out / "lowres.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
