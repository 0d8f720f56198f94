"""Why, in one sentence with its times: what stands over a waiting car, on the why card and in the list of visits. Pure.

>>> from datetime import UTC, datetime
>>> from core.why import step_of
>>> over = step_of(Rule.PASS_OVER, 0.0, pass_="p1", end="2026-05-01T18:00+00:00")
>>> headline("pass_expired", (over,), now=datetime(2026, 5, 2, 9, tzinfo=UTC), zone=UTC)
'пропуск закончился вчера в 18:00'
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo

from core.language import either, say
from core.reasons import USED_UP, Reason, reason_words
from core.record import TraceStep
from core.why import Rule, word_of


def headline(word: str, steps: Sequence[TraceStep], *, now: datetime, zone: tzinfo) -> str:
    """The reason `word` (`core.reasons.WORDS`) with the facts that `steps` tell of it; without them its few words."""
    facts = _Facts(steps)
    match word:
        case Reason.PASS_EXPIRED.value if (end := facts.moment(Rule.PASS_OVER, "end")) is not None:
            return say("пропуск закончился {when}", when=moment_words(end, now=now, zone=zone, is_end=True))
        case Reason.PASS_EXPIRED.value if facts.has(Rule.PASS_USED):
            return reason_words(USED_UP)
        case Reason.PASS_NOT_STARTED.value if (start := facts.moment(Rule.PASS_NOT_STARTED, "start")) is not None:
            return say("пропуск начнёт действовать {when}", when=moment_words(start, now=now, zone=zone))
        case Reason.PASS_VALID.value | Reason.LOCAL_LIST.value:
            end = facts.end_of_period()
            if end is not None:
                return say(
                    "{reason} до {when}",
                    reason=reason_words(word),
                    when=moment_words(end, now=now, zone=zone, is_end=True, bare=True),
                )
        case Reason.NO_PASS.value if facts.has(Rule.LIST_TOO_OLD):
            return say(
                "список облака устарел ({age}): его пропуска не действуют", age=facts.of(Rule.LIST_TOO_OLD, "age")
            )
        case Reason.NO_PASS.value:
            return say("номера нет в списке")
        case Reason.AMBIGUOUS.value if facts.has(Rule.TWO_WITHIN_REACH):
            one, other = facts.of(Rule.TWO_WITHIN_REACH, "one"), facts.of(Rule.TWO_WITHIN_REACH, "other")
            return say("подходят два пропуска: {one} и {other}", one=one, other=other)
        case Reason.UNREADABLE.value if why := facts.of(Rule.UNREADABLE, "why"):
            return say("номер не прочитан: {why}", why=why)
        case Reason.LOW_CONFIDENCE.value if facts.has(Rule.REGION_HIDDEN):
            return say("код региона не виден, без него номер не сверяется")
        case Reason.LOW_CONFIDENCE.value if sure := facts.of(Rule.LOW_CONFIDENCE, "confidence"):
            return say(
                "прочитан неуверенно: {sure}, нужно {needed}", sure=sure, needed=facts.of(Rule.LOW_CONFIDENCE, "needed")
            )
    return reason_words(word)


def moment_words(at: datetime, *, now: datetime, zone: tzinfo, is_end: bool = False, bare: bool = False) -> str:
    """A moment as people near it say it: "вчера в 18:00", "завтра в 9:00", "27.11 в 18:00", with the year of another.

    `is_end`: midnight is the end of the day before. `bare`: without "в", as after a preposition.
    """
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    whole_day = is_end and local.time() == time()
    day = _day(local.date() - timedelta(days=1) if whole_day else local.date(), today)
    if whole_day and bare:
        return say("конца дня") if day == say("сегодня") else say("конца дня {day}", day=day)
    if whole_day:
        return say("{day} в конце дня", day=day)
    clock = f"{local:%H:%M}"
    return f"{day} {clock}" if bare else say("{day} в {clock}", day=day, clock=clock)


def _day(day: date, today: date) -> str:
    near = {-1: say("вчера"), 0: say("сегодня"), 1: say("завтра")}.get((day - today).days)
    if near is not None:
        return near
    return f"{day:%d.%m}" if day.year == today.year else f"{day:%d.%m.%Y}"


class _Facts:
    """The newest step of each rule."""

    def __init__(self, steps: Sequence[TraceStep]) -> None:
        self._facts = {step.rule: dict(step.facts) for step in steps}

    def has(self, rule: Rule) -> bool:
        return rule.value in self._facts

    def of(self, rule: Rule, name: str) -> str:
        value = self._facts.get(rule.value, {}).get(name, "")
        return either(*word_of(value)) if value else ""

    def end_of_period(self) -> datetime | None:
        """When the pass that holds is over; None for one without an end."""
        period = self._facts.get(Rule.PASS_HOLDS.value, {}).get("period", "")
        return _moment(period.rpartition(" – ")[2])

    def moment(self, rule: Rule, name: str) -> datetime | None:
        """A stored moment; None where there is none, or what a later version wrote is no moment."""
        return _moment(self._facts.get(rule.value, {}).get(name, ""))


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
