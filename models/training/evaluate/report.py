"""One report: JSON for machines, a Markdown table for people, plots."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.training.evaluate.confidence import fit
from models.training.evaluate.scoring import (
    Figures,
    Scored,
    calibration_error,
    confusions,
    figures,
    grouped,
    reliability,
    width_class,
)
from models.training.evaluate.truth import HALF_COVERED, UNASSERTABLE

_HEAD = (
    "| set | plates | exact | 95 % interval | found | accepted | accepted wrong | calibration error |",
    "|---|---:|---:|---|---:|---:|---:|---:|",
)

_LOOK = " No plate of the manifest is there; photographs hold plates that nobody boxed, so each is to be looked at."


NO_PLATE = "no_plate"
HIDING = frozenset({HALF_COVERED, *UNASSERTABLE})
"""Conditions whose plates do not measure reading accuracy."""
PLOTS = ("reliability", "widths", "conditions", "confusions")
"""The order of the plots in a report."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report: figures under the names of its groups."""

    title: str
    lines: dict[str, Figures]


def sections(rows: Sequence[Scored]) -> tuple[Section, ...]:
    """All plates, then by width, condition and type; unknowable ones and pictures without a plate separately."""
    told = [row for row in rows if row.truth.text]
    empty = [row for row in rows if not row.truth.text]
    hiding = [row for row in told if row.truth.condition in HIDING]
    plates = [row for row in told if row.truth.condition not in HIDING]
    parts = [Section("all", {"all": figures(plates)})] if plates else []
    conditions = grouped(plates, lambda row: row.truth.condition)
    by_type = grouped(conditions.pop("by_type", []), lambda row: row.truth.kind)
    if conditions:
        parts.append(Section("by condition", {name: figures(group) for name, group in conditions.items()}))
    photographs = [row for row in plates if row.truth.condition in {"photograph", "day"} and row.truth.width_px > 0]
    widths = sorted(
        grouped(photographs, width_class).items(), key=lambda item: float(item[0].split("-")[0].rstrip("+"))
    )
    if widths:
        parts.append(Section("by width, pixels", {name: figures(group) for name, group in widths}))
    if by_type:
        parts.append(Section("by type of plate", {name: figures(group) for name, group in by_type.items()}))
    if hiding:
        lines = {name: figures(group) for name, group in grouped(hiding, lambda row: row.truth.condition).items()}
        parts.append(Section("what cannot be told: a character hidden, a kind not known", lines))
    if empty:
        parts.append(Section("no plate in the picture", {NO_PLATE: figures(empty)}))
    return tuple(parts)


@dataclass(frozen=True, slots=True)
class Aside:
    """Facts that are in no figure of a set but must not be overlooked."""

    elsewhere: Mapping[Path, int] = field(default_factory=dict)
    """By picture, the number of accepted answers that match no ground truth."""
    unusable: Mapping[Path, str] = field(default_factory=dict)
    """By picture, why the reader could not use it; its plates count as not found."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Rows of the manifest that are not scored, by reason."""


_NOTHING = Aside()


def files_of(name: str) -> tuple[str, ...]:
    """Every file that a report of this name may consist of."""
    return (f"{name}.json", f"{name}.md", *(f"{name}-{what}.png" for what in PLOTS))


def write(name: str, rows: Sequence[Scored], folder: Path, *, command: str, aside: Aside = _NOTHING) -> str:
    """Write `NAME.json`, `NAME.md` and, if there are plates, the plots; returns the Markdown.

    Files of an earlier report of that name are deleted first: an old plot must not stay beside new figures.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for file in files_of(name):
        (folder / file).unlink(missing_ok=True)
    parts = sections(rows)
    plates = [row for row in rows if row.truth.text and row.truth.condition not in HIDING]
    (folder / f"{name}.json").write_text(
        json.dumps(_as_json(name, parts, plates, command, aside), indent=1) + "\n", encoding="utf-8"
    )
    text = _as_markdown(name, parts, command, aside)
    if plates:
        from models.training.evaluate import plots  # noqa: PLC0415 - matplotlib takes a second to load

        text += " ".join(f"![{what}]({name}-{what}.png)" for what in plots.draw(name, plates, folder)) + "\n"
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return text


def _as_json(
    name: str, parts: Sequence[Section], plates: Sequence[Scored], command: str, aside: Aside
) -> dict[str, object]:
    return {
        "name": name,
        "command": command,
        "sections": {
            part.title: {
                line: {
                    "plates": f.plates,
                    "exact": f.exact,
                    "found": f.found,
                    "accepted": f.accepted,
                    "accepted_wrong": f.accepted_wrong,
                    "calibration_error": None if line == NO_PLATE else round(f.calibration_error, 4),
                }
                for line, f in part.lines.items()
            }
            for part in parts
        },
        "accepted_elsewhere": [[file.name, count] for file, count in aside.elsewhere.items()],
        "unusable": [[file.name, why] for file, why in aside.unusable.items()],
        "left_out": dict(aside.left_out),
        "calibration_error": round(calibration_error(plates), 4) if plates else None,
        "reliability": [[round(said, 4), round(was, 4), n] for said, was, n in reliability(plates)],
        "confusions": [[a, b, n] for (a, b), n in confusions(plates).most_common() if a != b][:40],
        "formats_named": _formats_named(plates),
        "confidence_fit": [round(value, 3) for value in fit(plates)],
    }


def _formats_named(plates: Sequence[Scored]) -> dict[str, int]:
    """How often the type was answered, and answered right, if the truth names a type that the reader can answer."""
    told = [
        row for row in plates if row.truth.condition == "by_type" and row.answer is not None and row.answer.format_id
    ]
    right = sum(row.answer.format_id == row.truth.kind for row in told if row.answer is not None)
    country = sum(
        row.answer.format_id.split("_")[0] == row.truth.kind.split("_")[0]
        for row in told
        if row.answer is not None and row.answer.format_id is not None
    )
    return {"told": len(told), "type_right": right, "country_right": country}


def _as_markdown(name: str, parts: Sequence[Section], command: str, aside: Aside) -> str:
    lines = [f"# {name}", "", f"`{command}`", ""]
    for part in parts:
        lines += [f"## {part.title}", "", *_HEAD]
        lines += [_row(line, f) for line, f in part.lines.items()]
        lines.append("")
    elsewhere = aside.elsewhere
    lines += [
        f"Accepted elsewhere: {sum(elsewhere.values())} on {len(elsewhere)} pictures.{_LOOK if elsewhere else ''}",
        "",
    ]
    if aside.unusable:
        file, why = next(iter(aside.unusable.items()))
        lines += [f"The reader could not use {len(aside.unusable)} pictures, the first {file.name}: {why:.200}", ""]
    if aside.left_out:
        counts = ", ".join(f"{count} {why}" for why, count in aside.left_out.items())
        lines += [f"Rows of the manifest that are not scored: {counts}.", ""]
    return "\n".join(lines)


def _row(name: str, f: Figures) -> str:
    n = max(f.plates, 1)
    low, high = f.interval()
    exact, interval, error = f"{f.share:.1%}", f"{low:.1%}–{high:.1%}", f"{f.calibration_error:.3f}"
    if name == NO_PLATE:  # nothing can be read there, so calibration does not apply
        exact = interval = error = "–"
    return f"| {name} | {f.plates} | {exact} | {interval} | {f.found / n:.1%} | {f.accepted / n:.1%} | {f.accepted_wrong} | {error} |"
