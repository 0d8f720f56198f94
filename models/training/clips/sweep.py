"""The effect of each number in the rules: clips with known right answers, replayed with one number changed at a time.

    python -m models.training.clips.sweep work/situations [--only direction_s …] [--out models/reports]

The folder has the clips and a table: `situations.csv` (`file,lane,passes,must`; `must` is `no_open`, `open_once` or
`open`), or `visits.csv` and `passes.csv` as written by `models.training.clips.visit_set`. The networks see each clip
once; what they saw is stored beside it. After that only the core runs, with each declared number at a quarter, half,
twice and four times its value, within its range. Prints a table; `--out` writes `rules.md` and the plot
`rules-sweep.png` there.
"""

from __future__ import annotations

import argparse
import functools
import multiprocessing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final

from tqdm import tqdm

from camera.backend import limit_threads
from camera.reader import open_reader
from core.errors import FileUnusable
from core.rules.policy import Direction, Policy
from core.rules.visit import EntryRules, ExitRules
from core.setting import METADATA_KEY
from edge.paths import weights_dir
from models.training.clips.equivalence import Sights, Told, look, read_sights, tell, write_sights
from models.training.clips.visits import Case
from models.training.options import folder, positive_count
from models.training.tables import read_table

FACTORS: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
MUST: Final = ("no_open", "open_once", "open")


@dataclass(frozen=True, slots=True)
class Asked:
    """One clip and the required result."""

    clip: Path
    direction: Direction
    plates: tuple[str, ...]
    must: str


@dataclass(frozen=True, slots=True)
class Number:
    """One declared number of the rules or the policy."""

    name: str
    default: float
    low: float
    high: float
    unit: str

    @property
    def values(self) -> tuple[float, ...]:
        """The values to try: multiples of its default within its range, the default among them."""
        whole = isinstance(self.default, int)
        scaled = (min(max(self.default * factor, self.low), self.high) for factor in FACTORS)
        return tuple(sorted({round(value) if whole else value for value in scaled}))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The results of all clips with a number at one value."""

    value: float
    wrong: int
    """Clips in which the barrier opened although it must not, or more often than it may."""
    missed: int
    """Clips in which somebody was not let through."""
    first_s: float | None
    """Mean time of the first opening in seconds of the clip, over the clips with one."""


def numbers() -> dict[str, Number]:
    """Every number that can be varied, by name. One that both entry and exit have is varied in both."""
    found: dict[str, Number] = {}
    for part in (EntryRules, ExitRules, Policy):
        for field in fields(part):
            facts = field.metadata.get(METADATA_KEY)
            if facts is None or facts["low"] is None or isinstance(field.default, bool):
                continue
            if isinstance(field.default, int | float):
                found.setdefault(
                    field.name, Number(field.name, field.default, facts["low"], facts["high"], facts["unit"])
                )
    return found


def read_asked(where: Path) -> list[Asked]:
    """The clips of a folder with their required results. Raises FileUnusable."""
    table = where / "situations.csv"
    if table.exists():
        return [
            Asked(_in(where, row["file"]), Direction(row["lane"]), _plates(row["passes"]), row["must"])
            for _, row in read_table(table, needed=("file", "lane", "passes", "must"))
            if row["must"] in MUST
        ]
    listed = tuple(row["plate"] for _, row in read_table(where / "passes.csv", needed=("plate",)))
    rows = read_table(where / "visits.csv", needed=("file", "case"))
    return [_visit(where / row["file"], row["case"], listed) for _, row in rows]


def _visit(clip: Path, case: str, listed: tuple[str, ...]) -> Asked:
    if case == Case.LEAVING.value:
        return Asked(clip, Direction.EXIT, (), "open")
    return Asked(clip, Direction.ENTRY, listed, "open" if case == Case.KNOWN.value else "no_open")


def _in(where: Path, file: str) -> Path:
    return Path(file) if Path(file).is_absolute() else where / file


def _plates(joined: str) -> tuple[str, ...]:
    return tuple(plate for plate in joined.split(";") if plate)


def looked_at(asked: Iterable[Asked]) -> Iterator[tuple[Asked, Path]]:
    """Each clip with the file of what the camera part saw in it, which is made if missing."""
    reader = None
    for one in asked:
        target = one.clip.with_suffix(f".{one.direction.value}.sights")
        if not target.exists():
            reader = reader or open_reader(weights_dir())
            write_sights(look(one.clip, direction=one.direction, plates=one.plates, reader=reader), target)
        yield one, target


def outcome(shown: Sequence[tuple[Asked, Path]], varied: tuple[str, float]) -> Outcome:
    """The core's results on the clips with one number changed."""
    name, value = varied
    told = [(one.must, tell(_asked(one, sights), varied={name: value})) for one, sights in shown]
    first = [one.openings[0] for _, one in told if one.openings]
    return Outcome(
        value,
        wrong=sum(_is_wrong(must, one) for must, one in told),
        missed=sum(must != "no_open" and not one.openings for must, one in told),
        first_s=sum(first) / len(first) if first else None,
    )


def _asked(one: Asked, sights: Path) -> Sights:
    """The sightings of the clip with the plates of this case: one clip may be used with several lists."""
    return replace(read_sights(sights), plates=one.plates)


def _is_wrong(must: str, told: Told) -> bool:
    return (must == "no_open" and bool(told.openings)) or (must == "open_once" and len(told.openings) > 1)


def swept(
    shown: Sequence[tuple[Asked, Path]], chosen: Sequence[Number], *, processes: int
) -> dict[Number, list[Outcome]]:
    """The outcomes of every number at each of its values."""
    asked = [(number, value) for number in chosen for value in number.values]
    one = functools.partial(outcome, shown)
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        outcomes = pool.map(one, [(number.name, value) for number, value in asked])
        found: dict[Number, list[Outcome]] = {number: [] for number in chosen}
        for (number, _), result in zip(asked, tqdm(outcomes, total=len(asked), unit="value"), strict=True):
            found[number].append(result)
    return found


def matters(outcomes: Sequence[Outcome]) -> bool:
    """Whether the results on these clips depend on it."""
    return len({(one.wrong, one.missed, one.first_s and round(one.first_s, 2)) for one in outcomes}) > 1


def as_markdown(found: Mapping[Number, Sequence[Outcome]], *, clips: int, command: str) -> str:
    """The report: one row per value of each number that has an effect on these clips."""
    lines = [
        "# rules", "", f"`{command}` ({clips} clips)", "",
        "| number | value | opened wrongly | not let through | first opening, s |", "|---|---:|---:|---:|---:|",
    ]  # fmt: skip
    silent = []
    for number, outcomes in found.items():
        if not matters(outcomes):
            silent.append(number.name)
            continue
        for one in outcomes:
            own = " (ours)" if one.value == number.default else ""
            first = f"{one.first_s:.2f}" if one.first_s is not None else "–"
            unit = f" {number.unit}" if number.unit else ""
            lines.append(f"| {number.name} | {one.value:g}{unit}{own} | {one.wrong} | {one.missed} | {first} |")
    if silent:
        lines += ["", f"Nothing changes with any value of: {', '.join(f'`{name}`' for name in sorted(silent))}."]
    return "\n".join([*lines, ""])


def draw(found: Mapping[Number, Sequence[Outcome]], file: Path) -> None:
    """Plot the trade-off of each number that matters: wrong clips against the time to the first opening."""
    import matplotlib as mpl  # noqa: PLC0415 - a second to load, and most calls plot nothing

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - as above

    shown = [(number, outcomes) for number, outcomes in found.items() if matters(outcomes)]
    columns = min(4, max(1, len(shown)))
    rows = -(-max(1, len(shown)) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(3.4 * columns, 2.6 * rows), squeeze=False)
    for ax in axes.flat[len(shown) :]:
        ax.set_visible(False)
    for ax, (number, outcomes) in zip(axes.flat, shown, strict=False):
        places = range(len(outcomes))
        ax.bar(places, [one.wrong for one in outcomes], color="C3", label="opened wrongly")
        ax.bar(
            places, [one.missed for one in outcomes], bottom=[one.wrong for one in outcomes], color="C0",
            label="not let through",
        )  # fmt: skip
        ax.set_xticks(places, [f"{one.value:g}" for one in outcomes], fontsize=8)
        for place, one in zip(places, outcomes, strict=True):
            if one.value == number.default:
                ax.get_xticklabels()[place].set_fontweight("bold")
        ax.set_title(f"{number.name}{', ' + number.unit if number.unit else ''}", fontsize=9)
        ax.set_ylim(0, max(1, *(one.wrong + one.missed for one in outcomes)) * 1.15)
        ax.yaxis.get_major_locator().set_params(integer=True)
        late = ax.twinx()
        late.plot(places, [one.first_s for one in outcomes], color="0.3", marker="o", markersize=3, linewidth=1)
        late.tick_params(labelsize=7, colors="0.3")
    if shown:
        handles, labels = axes.flat[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="upper center", ncols=2, fontsize=8, frameon=False)
    figure.supylabel("clips", fontsize=9)
    figure.text(0.995, 0.5, "first opening, s (line)", rotation=270, va="center", ha="right", fontsize=9, color="0.3")
    figure.tight_layout(rect=(0, 0, 0.985, 0.97))
    figure.savefig(file, dpi=90, metadata={"Software": None})
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, help="a folder with situations.csv, or with visits.csv and passes.csv")
    parser.add_argument("--only", nargs="+", metavar="NUMBER", help="these numbers instead of all")
    parser.add_argument("--out", type=folder, help="where to write the report, such as models/reports")
    parser.add_argument("--processes", type=positive_count, default=1)
    given = parser.parse_args()
    known = numbers()
    if unknown := [name for name in given.only or () if name not in known]:
        parser.error(f"no such number: {unknown[0]}; there are {', '.join(sorted(known))}")
    limit_threads(1)
    try:
        asked = read_asked(given.clips)
        shown = list(looked_at(tqdm(asked, unit="clip", desc="look", mininterval=5)))
    except FileUnusable as error:
        raise SystemExit(str(error)) from error
    chosen = [known[name] for name in given.only or known]
    found = swept(shown, chosen, processes=given.processes)
    text = as_markdown(found, clips=len(shown), command="python -m models.training.clips.sweep")
    print(text)
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
        draw(found, given.out / "rules-sweep.png")
        (given.out / "rules.md").write_text(text + "\n![sweep](rules-sweep.png)\n", encoding="utf-8")


if __name__ == "__main__":
    main()
