"""The "why card": one visit laid out for a person who asks why the barrier opened, or did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from core.formats import FORMATS
from core.record import Verdict, VisitRecord
from core.why import sentences
from edge.language import say
from edge.words import reason_words

_WIDTH = 66


@dataclass(frozen=True, slots=True)
class WhyCard:
    """Ready texts, in the language of the reader."""

    title: str
    opened: bool
    facts: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]
    slots: tuple[str, ...]

    def text(self, *, colour: bool) -> str:
        """For a terminal."""
        title = f"\033[{'32' if self.opened else '31'};1m{self.title}\033[0m" if colour else self.title
        width = max((len(name) for name, _ in self.facts), default=0)
        lines = [title, "─" * _WIDTH]
        lines += [f"{name:<{width}}  {value}" for name, value in self.facts]
        if self.sentences:
            lines += ["", say("Как решалось:", "How it was decided:")]
            lines += [f"{number:>3}. {text}" for number, text in enumerate(self.sentences, start=1)]
        if self.slots:
            lines += ["", say("Знаки номера:", "Characters of the plate:"), *(f"     {line}" for line in self.slots)]
        return "\n".join(lines)


def why_card(record: VisitRecord, *, zone: tzinfo, pictures: Sequence[str] = ()) -> WhyCard:
    """Lay a record out. Times are shown in the site's zone."""
    if record.opened:
        verdict = say("Шлагбаум открыт", "The barrier was opened")
    elif record.decision is Verdict.OPEN:
        verdict = say("Решено открыть, но шлагбаум не открылся", "To be opened, but the barrier did not open")
    else:
        verdict = say("Отказано", "Refused")
    return WhyCard(
        title=f"{verdict}: {reason_words(record.reason)}",
        opened=record.opened,
        facts=tuple(_facts(record, zone, pictures)),
        sentences=tuple(say(*texts) for texts in sentences(record)),
        slots=tuple(
            f"{'?' if slot.erased else slot.symbol}  {slot.probability:6.1%}   {slot.second} {slot.second_probability:6.1%}"
            for slot in record.slots
            if slot.symbol != "_" or slot.probability < 0.99
        ),
    )


def _facts(record: VisitRecord, zone: tzinfo, pictures: Sequence[str]) -> list[tuple[str, str]]:
    first = record.first.wall.astimezone(zone)
    facts = [
        (say("Когда", "When"), f"{first:%d.%m.%Y %H:%M:%S}" + _duration(record)),
        (say("Где", "Where"), f"{record.lane or '—'} → {record.barrier}"),
        (say("Номер", "Plate"), _plate(record)),
    ]
    if record.pass_id:
        facts.append((say("Пропуск", "Pass"), record.pass_id))
    if record.list_version:
        age = "" if record.list_age_s is None else say(", возраст ", ", age ") + _span(record.list_age_s)
        facts.append((say("Список", "List"), record.list_version + age))
    facts += [
        (
            say("Шлагбаум", "Barrier"),
            f"{one.at.wall.astimezone(zone):%H:%M:%S}  {reason_words(one.reason)}: {one.outcome} {one.detail}".rstrip(),
        )
        for one in record.openings
    ]
    others = [f"{one.plate} {one.probability:.1%}" for one in record.candidates[1:4]]
    if others:
        facts.append((say("Другие чтения", "Other readings"), ", ".join(others)))
    if not record.clock_trusted:
        facts.append((say("Часы", "Clock"), say("не сверены: взято время не раньше известного", "not synchronised")))
    facts += [(say("Снимок", "Picture"), path) for path in pictures]
    facts.append(("ID", record.visit_id))
    return facts


def _plate(record: VisitRecord) -> str:
    if record.plate is None:
        return record.masked or say("не прочитан", "not read")
    kind = FORMATS.get(record.format) if record.format else None
    name = f", {say(kind.name_ru, kind.name_en)}" if kind else ""
    return f"{record.display or record.plate} ({record.plate}), {record.confidence:.1%}{name}"


def _duration(record: VisitRecord) -> str:
    lasted = record.last.mono - record.first.mono
    text = say(
        f", {lasted:.1f} с, кадров {record.frames}, чтений {record.reads}",
        f", {lasted:.1f} s, {record.frames} frames, {record.reads} reads",
    )
    if record.decided is not None:
        after = record.decided.mono - record.first.mono
        text += say(f", решено через {after:.1f} с", f", decided after {after:.1f} s")
    return text


def _span(seconds: float) -> str:
    for size, unit in ((86400, say("сут", "d")), (3600, say("ч", "h")), (60, say("мин", "min"))):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} {say('с', 's')}"
