"""Results as files, and as the tables of `docs/benchmark.md`, which are generated only from them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks.reading.scoring import ALL, Score
from core.errors import FileUnusable

RESULTS: Final = Path(__file__).with_name("results")
_TITLES: Final = {
    "clear": ("день", "clear day"),
    "weather": ("дождь, снег, сумерки, ночь, ИК", "rain, snow, dusk, night, infrared"),
    "covered": ("знак закрыт", "a character covered"),
    "low_resolution": ("номер 36–60 пикс.", "plate 36–60 px"),
    "plateless": ("без номера", "no plate"),
    "visits": ("проезды по пяти кадрам", "visits of five pictures"),
    ALL: ("всего", "all"),
}
_HEADS: Final = (
    "| набор | случаев | ложных открытий | открыто верно | прочитано |",
    "| set | cases | wrong opens | opened rightly | read |",
)
_BLOCK: Final = re.compile(r"(<!-- result: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Result:
    """One run of one reader over the sealed pictures."""

    reader: str
    """A short description."""
    command: str
    size: str
    accept_at: float | None
    """The confidence from which its answers count as sure; None if the reader decides itself."""
    pictures: int
    same: int
    """Pictures identical to the seal byte for byte; the others are within rounding."""
    scores: Mapping[str, Score]


def write(path: Path, result: Result) -> None:
    """Write one result."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(result), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path) -> Result:
    """What `write` wrote. Raises FileUnusable."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return Result(**{**held, "scores": {name: Score(**one) for name, one in held["scores"].items()}})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise FileUnusable(path, f"no result of the benchmark: {error}") from error


def table(scores: Mapping[str, Score], *, english: bool) -> str:
    """The scores as Markdown."""
    lines = [_HEADS[english], "|---|---:|---:|---:|---:|"]
    for name, one in scores.items():
        opened = f"{one.opened} / {one.readable}" if one.readable else "—"
        exact = f"{one.exact / one.readable:.1%}" if one.readable else "—"
        lines.append(f"| {_TITLES[name][english]} | {one.cases} | **{one.wrong_opens}** | {opened} | {exact} |")
    return "\n".join(lines) + "\n"


def fill(page: str, results: Mapping[str, Result], *, english: bool) -> str:
    """`page` with the table of each result between its marks. Raises KeyError for a mark without a result."""

    def filled(found: re.Match[str]) -> str:
        one = results[found[2]]
        return f"{found[1]}{_heading(one, english=english)}\n\n{table(one.scores, english=english)}{found[3]}"

    return _BLOCK.sub(filled, page)


def _heading(one: Result, *, english: bool) -> str:
    sure = one.accept_at
    if english:
        when = "is sure by its own word" if sure is None else f"is taken to be sure from a confidence of {sure:g}"
        return f"{one.reader}; {when}; {one.pictures} pictures, {one.same} of them byte for byte those of the seal."
    when = "уверена по собственному слову" if sure is None else f"уверенной считается с {sure:g}"
    return f"{one.reader}; {when}; снимков {one.pictures}, из них бит в бит с печатью {one.same}."


def all_results(folder: Path = RESULTS) -> dict[str, Result]:
    """Every result in `folder`, by its file's name. Raises FileUnusable."""
    return {path.stem: read(path) for path in sorted(folder.glob("*.json"))}


def pages(docs: Path) -> Iterable[tuple[Path, bool]]:
    """The documents with tables, and whether each is English."""
    return ((docs / "benchmark.md", False), (docs / "benchmark.en.md", True))
