"""The "why card": one visit laid out for a person who asks why the barrier did or did not open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from core.decision.headline import headline
from core.decision.record import Opening, Verdict, VisitRecord
from core.decision.why import sentence
from core.passes.pass_list import Pass
from core.plates.canonical import display, is_canonical
from core.plates.formats import FORMATS
from core.words.outcomes import Outcome
from core.words.requesters import requester_words
from edge.language import either, say
from edge.words import span, state_words

_WIDTH = 66
WHOLE_VISIT_S = 86400.0
"""A step further than this from the visit's start was timed by another clock."""


@dataclass(frozen=True, slots=True)
class WhyCard:
    """Texts ready for display, in the reader's language."""

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
            lines += ["", say("Как решалось:")]
            lines += [f"{number:>3}. {text}" for number, text in enumerate(self.sentences, start=1)]
        if self.slots:
            lines += ["", say("Знаки номера:"), *(f"     {line}" for line in self.slots)]
        return "\n".join(lines)


def why_card(
    record: VisitRecord,
    *,
    zone: tzinfo,
    now: datetime,
    item: Pass | None = None,
    pictures: Sequence[str] = (),
    lane: str = "",
) -> WhyCard:
    """Lay out a record. Times are in the site's zone; the headline's dates are relative to `now`.

    `item`: the pass that decided, as the list has it now. `lane`: the lane's display name.
    """
    if record.unconfirmed:
        verdict = say("Просили открыть, плата не подтвердила")
    elif record.opened:
        verdict = say("Шлагбаум открыт")
    elif record.decision is Verdict.OPEN:
        verdict = say("Решено открыть, но шлагбаум не открылся")
    else:
        verdict = say("Отказано")
    return WhyCard(
        title=f"{verdict}: {headline(record.reason.value, record.trace, now=now, zone=zone)}",
        opened=record.opened,
        facts=tuple(_facts(record, zone, item, pictures, lane)),
        sentences=tuple(_steps(record, zone)),
        slots=tuple(
            f"{'?' if slot.erased else slot.symbol}  {slot.probability:6.1%}   {slot.second} {slot.second_probability:6.1%}"
            for slot in record.slots
            if slot.symbol != "_" or slot.probability < 0.99
        ),
    )


def _steps(record: VisitRecord, zone: tzinfo) -> Iterator[str]:
    """The rules in order, each with its time since the vehicle was first seen."""
    for step in record.trace:
        after = step.mono - record.first.mono
        text = either(*sentence(step, zone=zone))
        yield f"+{after:.1f} {say('с')}: {text}" if 0.0 <= after < WHOLE_VISIT_S else text


def _facts(
    record: VisitRecord, zone: tzinfo, item: Pass | None, pictures: Sequence[str], lane: str
) -> list[tuple[str, str]]:
    first = record.first.wall.astimezone(zone)
    facts = [
        (say("Когда"), f"{first:%d.%m.%Y %H:%M:%S}" + _duration(record)),
        (say("Где"), f"{lane or record.lane or '—'} → {record.barrier}"),
        (say("Номер"), _plate(record)),
    ]
    if record.pass_id:
        facts.append((say("Пропуск"), record.pass_id))
    if item is not None and item.note:
        facts.append((say("Чей пропуск"), item.note))
    if record.list_version:
        age = "" if record.list_age_s is None else say(", возраст ") + span(record.list_age_s)
        facts.append((say("Список"), record.list_version + age))
    facts += [
        (
            say("Шлагбаум"),
            f"{one.at.wall.astimezone(zone):%H:%M:%S}  {requester_words(one.by, one.reason)}: {_outcome(one)}",
        )
        for one in record.openings
    ]
    facts += [(say("Зачем"), one.note) for one in record.openings if one.note]
    others = [
        f"{display(one.plate) if is_canonical(one.plate) else one.plate} {one.probability:.1%}"
        for one in record.candidates[1:4]
    ]
    if others:
        facts.append((say("Другие чтения"), ", ".join(others)))
    if not record.clock_trusted:
        facts.append((say("Часы"), say("не сверены: взято время не раньше известного")))
    facts += [(say("Снимок"), path) for path in pictures]
    facts.append(("ID", record.visit_id))
    return facts


def _outcome(one: Opening) -> str:
    """The relay's outcome, and whether the board confirmed it by reading back its contact."""
    words = state_words(one.outcome)
    if one.outcome == Outcome.DONE:
        words += ", " + (say("плата подтвердила") if one.confirmed else say("подтверждения платы нет"))
    return f"{words} {one.detail}".rstrip()


def _plate(record: VisitRecord) -> str:
    if record.plate is None:
        return record.masked or say("не прочитан")
    kind = FORMATS.get(record.format) if record.format else None
    name = f", {either(kind.name_ru, kind.name_en)}" if kind else ""
    return f"{record.display or record.plate} ({record.plate}), {record.confidence:.1%}{name}"


def _duration(record: VisitRecord) -> str:
    lasted = record.last.mono - record.first.mono
    text = say(
        ", {lasted:.1f} с, кадров {frames}, чтений {reads}", lasted=lasted, frames=record.frames, reads=record.reads
    )
    if record.decided is not None:
        after = record.decided.mono - record.first.mono
        text += say(", решено через {after:.1f} с", after=after)
    return text
