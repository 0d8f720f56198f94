"""Simulates 100,000 visits of strangers to gates with invented lists, to check the risk of `core.passes.risk`.

    python -m models.training.clips.reliability --count 2400 --keep work/tracks.pickle
    python -m models.training.clips.list_visits --tracks work/tracks.pickle --visits 100000 --out docs/images/list-risk.svg

Reading never depends on the list, so the same judged tracks serve every list. Each visit draws a stranger as
`core.passes.traffic` models one. He gets in by a listed plate that differs in one place, as often as tracks with the
same symbol there opened for the plate with the other symbol, and covered as often as `core.reading.confusions` assumes.
The simulation draws from real outcomes of networks, fusion and judge, not from the smoothed upper bounds of the
prediction.
"""

from __future__ import annotations

import argparse
import pickle
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from core.passes.risk import list_risk
from core.passes.traffic import KIN_SHARE, LISTED_SHARE
from core.plates.alphabet import DIGITS
from core.plates.formats import RU_LETTERS
from core.reading.confusions import MEASURED
from models.training.clips.reliability import Outcome, alphabet_at
from models.training.options import positive_count, seed

PLATES: Final = 3000
_REGIONS: Final = ("77", "97", "99", "177", "197", "199", "777", "50", "150", "750")
_FLEETS: Final = (0.0, 0.1, 0.3, 0.6, 1.0)
"""Shares of a list that are fleets: plates in runs of consecutive numbers with gaps."""


def invented_list(rng: np.random.Generator, *, count: int, fleets: float) -> list[str]:
    """Russian plates; the share `fleets` of them in runs of ten numbers, each present with probability 0.6."""
    plates: set[str] = set()
    while len(plates) < count:
        stem = _plate(rng)
        if rng.random() < fleets * 0.25:  # a run adds about six plates at once
            plates |= {stem[:3] + digit + stem[4:] for digit in DIGITS if rng.random() < 0.6}
        else:
            plates.add(stem)
    return sorted(plates)[:count] if len(plates) > count else sorted(plates)


def _plate(rng: np.random.Generator) -> str:
    a, b, c = (RU_LETTERS[i] for i in rng.integers(0, 12, 3))
    return f"{a}{rng.integers(1, 1000):03d}{b}{c}{_REGIONS[rng.integers(len(_REGIONS))]}"


class Strangers:
    """Draws strangers for one list."""

    def __init__(self, rng: np.random.Generator, admitted: Sequence[str], closed: Sequence[str]) -> None:
        self.rng, self.closed = rng, closed
        self.listed = sorted({*admitted, *closed})
        self.held = frozenset(self.listed)
        groups: dict[tuple[int, str], list[str]] = defaultdict(list)
        for plate in self.listed:
            for place in range(len(plate)):
                groups[place, plate[:place] + "*" + plate[place + 1 :]].append(plate)
        self.rows = [(place, held) for (place, _), held in groups.items() if len(held) > 1]
        weights = np.array([(len(held) - 1) / len(held[0]) for _, held in self.rows], float)
        self.kin = KIN_SHARE * weights.sum() / len(self.listed)
        self.weights = weights / weights.sum() if len(weights) else weights
        unlisted = 1.0 - LISTED_SHARE
        known = LISTED_SHARE * len(closed) / len(self.listed)
        self.known = known / (unlisted + known)

    def draw(self) -> str:
        """The plate of the next stranger."""
        while True:
            plate = self._any()
            if plate not in self.held or plate in self.closed:
                return plate

    def _any(self) -> str:
        rng = self.rng
        if self.closed and rng.random() < self.known:
            return self.closed[int(rng.integers(len(self.closed)))]
        if len(self.rows) and rng.random() < self.kin:
            place, held = self.rows[int(rng.choice(len(self.rows), p=self.weights))]
            gaps = [s for s in alphabet_at(held[0], place) if all(plate[place] != s for plate in held)]
            if gaps:
                return held[0][:place] + gaps[int(rng.integers(len(gaps)))] + held[0][place + 1 :]
        return _plate(rng)


Rates = dict[tuple[str, str], float]


def opening_rates(outcomes: Sequence[Outcome], *, covered: bool) -> Rates:
    """How often a track opened for a plate that differs from its own in one place, by true and other symbol there.

    Over tracks with nothing covered, or with that place covered; region digits separately.
    """
    shown: Counter[str] = Counter()
    opened: Counter[tuple[str, str]] = Counter()
    for one in outcomes:
        for place in [one.slot] if covered else range(len(one.text)):
            if place is None or (one.slot is not None) is not covered:
                continue
            key = _key(one.text, place)
            shown[key] += 1
            for symbol in alphabet_at(one.text, place):
                if symbol != one.text[place] and one.text[:place] + symbol + one.text[place + 1 :] in one.opens:
                    opened[key, symbol] += 1
    return {pair: count / shown[pair[0]] for pair, count in opened.items()}


def _key(plate: str, place: int) -> str:
    return plate[place] + ("r" if place >= 6 else "")


def simulate(
    rng: np.random.Generator, rates: tuple[Rates, Rates], admitted: Sequence[str], closed: Sequence[str], *, visits: int
) -> tuple[int, float]:
    """How many of `visits` strangers got in, and the expected number for just these strangers."""
    strangers, ours = Strangers(rng, admitted, closed), frozenset(admitted)
    let_in, mean = 0, 0.0
    for _ in range(visits):
        plate = strangers.draw()
        chance = 0.0
        for place in range(len(plate)):
            for symbol in alphabet_at(plate, place):
                if symbol != plate[place] and plate[:place] + symbol + plate[place + 1 :] in ours:
                    pair = (_key(plate, place), symbol)
                    chance += rates[0].get(pair, 0.0) + MEASURED.covered / len(plate) * rates[1].get(pair, 0.0)
        mean += chance
        let_in += chance > 0.0 and bool(rng.random() < chance)
    return let_in, mean


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=Path, required=True)
    parser.add_argument("--visits", type=positive_count, default=100_000, help="to each list")
    parser.add_argument("--seed", type=seed, default=9)
    parser.add_argument("--out", type=Path, help="where to draw the plot")
    given = parser.parse_args()
    outcomes = pickle.loads(given.tracks.read_bytes())  # noqa: S301 - written by `reliability` here
    rates = opening_rates(outcomes, covered=False), opening_rates(outcomes, covered=True)
    rng = np.random.default_rng(given.seed)
    rows = []
    print("| in rows | may not enter | neighbours | computed, of 100,000 | let in | on average, of 100,000 |")
    print("|---:|---:|---:|---:|---:|---:|")
    for fleets in _FLEETS:
        plates = invented_list(rng, count=PLATES, fleets=fleets)
        closed = [plate for plate in plates if rng.random() < 0.02]
        admitted = sorted({*plates} - {*closed})
        risk = list_risk(admitted, closed, MEASURED)
        let_in, mean = simulate(rng, rates, admitted, closed, visits=given.visits)
        rows.append((fleets, risk.in_all, let_in / given.visits, mean / given.visits))
        print(
            f"| {fleets:.0%} | {len(closed)} | {risk.neighbours} | {risk.in_all * 1e5:.2f} "
            f"| {let_in} | {mean / given.visits * 1e5:.2f} |",
            flush=True,
        )
    if given.out:
        draw(rows, given.out)


def draw(rows: Sequence[tuple[float, float, float, float]], file: Path) -> None:
    """Plot computed and simulated risk against the share of fleets in the list."""
    import matplotlib as mpl  # noqa: PLC0415 - slow, and needed only with `--out`

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(figsize=(6, 4))
    xs = [fleets * 100 for fleets, *_ in rows]
    axes.plot(xs, [computed * 1e5 for _, computed, *_ in rows], marker="o", label="computed (gate passes risk)")
    axes.plot(xs, [let_in * 1e5 for *_, let_in, _ in rows], marker="x", linestyle="", label="let in, simulated")
    axes.plot(xs, [mean * 1e5 for *_, mean in rows], marker=".", label="on average, simulated")
    axes.axhline(1.0, color="grey", linewidth=0.8, linestyle="--", label="goal")
    axes.set(xlabel="plates of the list in rows of numbers, %", ylabel="strangers let in, of 100,000 visits")
    axes.legend()
    figure.tight_layout()
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)
    plt.close(figure)


if __name__ == "__main__":
    main()
