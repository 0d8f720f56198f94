"""The page of a replay: each visit on the recording's time axis, with its pictures and the reason for the decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.decision.headline import headline
from core.decision.record import Verdict, VisitRecord
from core.decision.why import sentence
from edge.language import either, say, spoken

TEMPLATES = Path(__file__).resolve().parent / "templates"


@dataclass(frozen=True, slots=True)
class Shown:
    """A visit and the files of its pictures beside the page; empty if there is none."""

    record: VisitRecord
    video: str
    picture: str = ""
    plate: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    shown: Shown
    span: str
    left: float
    """Start and length on the time axis, in percent of the recording up to the last visit."""
    width: float
    opened: bool
    text: str
    reason: str
    steps: tuple[str, ...]


def timeline(visits: Sequence[Shown], *, zone: tzinfo) -> str:
    """HTML of the whole run, one recording after the other. `zone`: for times in the reasons."""
    videos = tuple(dict.fromkeys(one.video for one in visits))
    sections = tuple((video, _rows([one for one in visits if one.video == video], zone)) for video in videos)
    pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    opened = sum(one.record.decision is Verdict.OPEN for one in visits)
    return pages.get_template("timeline.html").render(
        sections=sections, opened=opened, refused=len(visits) - opened, say=say, lang=spoken().value
    )


def _rows(visits: Sequence[Shown], zone: tzinfo) -> tuple[_Row, ...]:
    whole = max((one.record.last.mono for one in visits), default=0.0) or 1.0
    return tuple(_row(one, whole, zone) for one in visits)


def _row(shown: Shown, whole_s: float, zone: tzinfo) -> _Row:
    record = shown.record
    first, last = record.first.mono, record.last.mono
    return _Row(
        shown=shown,
        span=f"{first:.1f}–{last:.1f} " + say("с"),
        left=round(100.0 * first / whole_s, 2),
        width=round(max(0.5, 100.0 * (last - first) / whole_s), 2),
        opened=record.decision is Verdict.OPEN,
        text=record.display or record.masked or "—",
        reason=headline(record.reason.value, record.trace, now=record.last.wall, zone=zone),
        steps=tuple(
            f"+{step.mono - first:.1f} {say('с')}: {either(*sentence(step, zone=zone))}" for step in record.trace
        ),
    )
