"""How reliable a visit's confidence is: rendered tracks, read, fused and judged; compared with single looks.

    python -m models.training.clips.reliability --count 900 --covered 600 --out models/reports [--keep work/tracks.pickle]

In the covered tracks one character is hidden, half or completely. Prints a table and the measured confusions in the
form of `core.reading.confusions`; with `--out` writes `tracks.json`, `tracks.md` and the curves
`tracks-reliability.png` there.
"""

from __future__ import annotations

import argparse
import json
import math
import pickle
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Final

from tqdm import tqdm

from camera.ocr import PlateOcr
from camera.weights import check_weights
from core.decision.decide import judge
from core.instant import Instant
from core.passes.pass_list import Pass, PassList
from core.plates.canonical import is_canonical
from core.plates.formats import RU_LETTERS
from core.reading.decode import decode
from core.reading.fusion import NO_READS
from core.rules.policy import Direction, Policy
from edge.paths import weights_dir
from models.training.clips.tracks import Track, tracks
from models.training.options import folder, positive_count, seed

PATIENCE: Final = 8
"""Looks after which the gate has waited long enough to accept a near match."""
_AT: Final = Instant(0.0, datetime(2026, 1, 1, tzinfo=UTC), wall_trusted=True)
_BINS: Final = (0.0, 0.3, 0.6, 0.85, 0.95, 0.99, 0.999, 1.0 + 1e-9)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one track."""

    text: str
    taking: str
    slot: int | None
    """The covered place."""
    share: float
    single: tuple[tuple[float, bool, str], ...]
    """Each look alone: confidence, accepted, text."""
    confidence: float
    accepted: bool
    read: str
    opens: frozenset[str]
    """Plates for which the barrier would have opened at some look, if they were the only one on a list."""


def outcome(track: Track, policy: Policy | None = None) -> Outcome:
    """Fuse and judge a track look by look, like a visit."""
    policy = policy or Policy()
    fusion, single, opens = NO_READS, [], set()
    reading = fusion.reading()
    for number, read in enumerate(track.reads, 1):
        own = decode(read)
        single.append((own.confidence, own.accepted, own.text))
        fusion = fusion.added(read, own)
        reading = fusion.reading()
        if not is_canonical(reading.text) or fusion.supporters(reading.text) < policy.min_frames:
            continue  # a fragment is on no list
        judgement = judge(
            reading, PassList([Pass("only", reading.text)]), _AT, direction=Direction.ENTRY, policy=policy,
            near=number >= PATIENCE,
        )  # fmt: skip
        if judgement.opens:
            opens.add(reading.text)
    cover = track.cover
    return Outcome(
        track.text, track.taking, cover.slot if cover else None, cover.share if cover else 0.0, tuple(single),
        reading.confidence, reading.accepted, reading.text, frozenset(opens),
    )  # fmt: skip


def alphabet_at(text: str, place: int) -> str:
    """The symbols allowed at a place of a Russian plate."""
    return RU_LETTERS if text[place] in RU_LETTERS else "0123456789"


def stranger_share(outcomes: Iterable[Outcome]) -> tuple[float, float]:
    """Openings and visits of strangers whose plate differs from the listed one in the covered place, or in any place.

    Each track stands for a stranger at every list with a plate that differs there; together these visits count as one.
    """
    opened = visits = 0.0
    for one in outcomes:
        for place in [one.slot] if one.slot is not None else range(len(one.text)):
            others = alphabet_at(one.text, place)
            wrong = sum(
                one.text[:place] + s + one.text[place + 1 :] in one.opens for s in others if s != one.text[place]
            )
            opened += wrong / (len(others) - 1)
            visits += 1.0
    return opened, visits


def upper(events: float, trials: float) -> float:
    """Upper end of the 95 % interval of a rate (Wilson); 3 / n if nothing happened."""
    if trials <= 0:
        return 1.0
    p, z = events / trials, 1.96
    middle = p + z * z / (2 * trials)
    spread = z * math.sqrt((p * (1 - p) + z * z / (4 * trials)) / trials)
    return min(1.0, (middle + spread) / (1 + z * z / trials))


def confusions(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """The values of `core.reading.confusions.MEASURED`."""
    plain = [one for one in outcomes if one.slot is None]
    covered = [one for one in outcomes if one.slot is not None]
    seen: Counter[str] = Counter()
    wrong: Counter[tuple[str, str]] = Counter()
    for one in plain:
        for _, _, text in one.single:
            if len(text) != len(one.text):
                continue
            seen.update(one.text)
            wrong.update((a, b) for a, b in zip(one.text, text, strict=True) if a != b)
    a_look = sum(wrong.values()) / max(1, sum(seen.values()))
    chars = sum(len(one.text) for one in plain)
    opened = sum(
        any(len(text) == len(one.text) and _differs(text, one.text) == 1 for text in one.opens) for one in plain
    )
    long = [one for one in outcomes if len(one.text) == 9]
    lost = Counter((one.slot, one.text[:8] in one.opens) for one in long)
    kept = Counter((one.slot, False) for one in long)
    hidden = lost[8, True] + lost[8, False]
    return {
        "misread": {a + b: round(n / seen[a], 6) for (a, b), n in sorted(wrong.items()) if n / seen[a] >= 2e-4},
        "unnamed": round(0.5 / (sum(seen.values()) / max(1, len(seen))), 6),
        "opens_of_misread": round(upper(opened, chars) / max(a_look, 1e-9), 5),
        "guessed": round(upper(*stranger_share(covered)), 5),
        "lost": round(upper(lost[8, True], hidden), 5),
        "lost_seen": round(
            upper(sum(n for (slot, yes), n in lost.items() if yes and slot is None), kept[None, False]), 5
        ),
    }


def _differs(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


def curve(points: Iterable[tuple[float, bool]]) -> list[tuple[float, float, int]]:
    """Reliability: mean confidence, share right and number in each bin of confidence."""
    held: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, right in points:
        held[next(i for i in range(len(_BINS) - 1) if confidence < _BINS[i + 1])].append((confidence, right))
    return [
        (sum(c for c, _ in rows) / len(rows), sum(r for _, r in rows) / len(rows), len(rows))
        for _, rows in sorted(held.items())
    ]


def report(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """All figures, as written to `tracks.json`."""
    rows = {}
    kinds = [("all", o) for o in outcomes] + [(o.taking, o) for o in outcomes]
    grouped: dict[tuple[str, float], list[Outcome]] = defaultdict(list)
    for kind, one in kinds:
        grouped[kind, one.share].append(one)
    for (kind, share), held in sorted(grouped.items()):
        opened, visits = stranger_share(held)
        rows[f"{kind}, {share:.0%} covered" if share else kind] = {
            "tracks": len(held),
            "read right": sum(one.read == one.text for one in held),
            "accepted": sum(one.accepted for one in held),
            "accepted wrong": sum(one.accepted and one.read != one.text for one in held),
            "opens for its pass": sum(one.text in one.opens for one in held),
            "strangers": round(visits, 1),
            "strangers let in": round(opened, 4),
        }
    plain = [one for one in outcomes if one.slot is None]
    return {
        "rows": rows,
        "visits": curve((one.confidence, one.read == one.text) for one in plain if one.read),
        "single": curve((c, text == one.text) for one in plain for c, _, text in one.single if text),
        "confusions": confusions(outcomes),
    }


def as_markdown(found: dict[str, object], command: str) -> str:
    """The table of a report."""
    rows = found["rows"]
    assert isinstance(rows, dict)
    heads = list(next(iter(rows.values())))
    lines = ["# tracks", "", f"`{command}`", "", f"| tracks | {' | '.join(heads)} |", "|---|" + "---:|" * len(heads)]
    lines += [f"| {name} | {' | '.join(str(row[head]) for head in heads)} |" for name, row in rows.items()]
    for name in ("visits", "single"):
        points = found[name]
        assert isinstance(points, list)
        lines += [
            "",
            f"Reliability, {name}, nothing covered: " + ", ".join(f"{c:.3f}: {r:.3f} of {n}" for c, r, n in points),
        ]
    return "\n".join([*lines, "", "![reliability](tracks-reliability.png)", ""])


def draw(found: dict[str, object], file: Path) -> None:
    """Plot the reliability of visits and of single looks, as odds of being wrong."""
    import matplotlib as mpl  # noqa: PLC0415 - slow, and needed only with `--out`

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(figsize=(5, 4))
    for name, mark in (("visits", "o"), ("single", "x")):
        points = found[name]
        assert isinstance(points, list)
        axes.plot([1 - c + 1e-4 for c, _, _ in points], [1 - r + 1e-4 for _, r, _ in points], marker=mark, label=name)
    axes.plot([1e-4, 1], [1e-4, 1], color="grey", linewidth=0.8)
    axes.set(
        xscale="log", yscale="log", xlabel="1 - confidence", ylabel="wrong", title="Below the line: surer than it says"
    )
    axes.legend()
    figure.tight_layout()
    figure.savefig(file, dpi=120)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=positive_count, default=900, help="tracks with nothing covered")
    parser.add_argument("--covered", type=positive_count, default=600, help="tracks with a character covered")
    parser.add_argument("--seed", type=seed, default=5)
    parser.add_argument("--out", type=folder)
    parser.add_argument("--keep", type=Path, help="keep what became of the tracks, for `list_visits`")
    given = parser.parse_args()
    ocr = PlateOcr(check_weights(weights_dir()))
    drawn = chain(
        tracks(ocr, seed=given.seed, count=given.count),
        tracks(ocr, seed=given.seed + 2, count=given.covered, shares=(0.5, 1.0)),
    )
    total = given.count + given.covered
    outcomes = [outcome(track) for track in tqdm(drawn, total=total, unit="track", mininterval=5)]
    command = f"python -m models.training.clips.reliability --count {given.count} --covered {given.covered}"
    write(outcomes, out=given.out, keep=given.keep, command=command)


def write(outcomes: Sequence[Outcome], *, out: Path | None, keep: Path | None, command: str) -> None:
    """Print the report; write it and the outcomes if requested."""
    found = report(outcomes)
    print(as_markdown(found, command))
    print(json.dumps(found["confusions"], ensure_ascii=False))
    if out:
        out.mkdir(parents=True, exist_ok=True)
        (out / "tracks.md").write_text(as_markdown(found, command), encoding="utf-8")
        (out / "tracks.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        draw(found, out / "tracks-reliability.png")
    if keep:
        keep.parent.mkdir(parents=True, exist_ok=True)
        keep.write_bytes(pickle.dumps(list(outcomes)))


if __name__ == "__main__":
    main()
