"""Why, in one sentence with its times: shown above a waiting car, on the why card and in the list of visits. Pure.

>>> from datetime import UTC, datetime
>>> from core.decision.trace import Rule, step_of
>>> over = step_of(Rule.PASS_OVER, 0.0, pass_="p1", end="2026-05-01T18:00+00:00")
>>> headline("pass_expired", (over,), now=datetime(2026, 5, 2, 9, tzinfo=UTC), zone=UTC)
'пропуск закончился вчера в 18:00'
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from types import MappingProxyType

from core.decision.record import TraceStep
from core.decision.trace import Rule
from core.decision.why import word_of
from core.words.language import either, say
from core.words.reasons import USED_UP, Reason, reason_words


def headline(word: str, steps: Sequence[TraceStep], *, now: datetime, zone: tzinfo) -> str:
    """The sentence for reason `word` (a key of `core.words.reasons.WORDS`) with facts from `steps`, or its plain words."""
    if any(step.rule == Rule.CUT_OFF for step in steps):
        return say("{reason} (программа прервалась, проезд не записан)", reason=reason_words(word))
    teller = _TELLERS.get(word)
    return (teller(_Facts(steps, now, zone)) if teller is not None else "") or reason_words(word)


def moment_words(at: datetime, *, now: datetime, zone: tzinfo, is_end: bool = False, bare: bool = False) -> str:
    """A moment as people say it: "вчера в 18:00", "завтра в 9:00", "27.11 в 18:00"; with the year if it is not this year.

    `is_end`: midnight means the end of the day before. `bare`: without "в", as after a preposition.
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
    """The newest step of each rule, and the moment relative to which times are told."""

    def __init__(self, steps: Sequence[TraceStep], now: datetime, zone: tzinfo) -> None:
        self._facts = {step.rule: dict(step.facts) for step in steps}
        self._now = now
        self._zone = zone

    def has(self, rule: Rule) -> bool:
        return rule.value in self._facts

    def of(self, rule: Rule, name: str) -> str:
        value = self._facts.get(rule.value, {}).get(name, "")
        return either(*word_of(value)) if value else ""

    def when(self, rule: Rule, name: str, *, is_end: bool = False) -> str:
        """A moment in words; empty if there is none, or if a later version wrote something that is not a moment."""
        at = _moment(self._facts.get(rule.value, {}).get(name, ""))
        return "" if at is None else moment_words(at, now=self._now, zone=self._zone, is_end=is_end)

    def end_of_period(self) -> str:
        """When the pass that holds ends; empty if it has no end."""
        at = _moment(self._facts.get(Rule.PASS_HOLDS.value, {}).get("period", "").rpartition(" – ")[2])
        return "" if at is None else moment_words(at, now=self._now, zone=self._zone, is_end=True, bare=True)


def _over(facts: _Facts) -> str:
    when = facts.when(Rule.PASS_OVER, "end", is_end=True)
    if when:
        return say("пропуск закончился {when}", when=when)
    return reason_words(USED_UP) if facts.has(Rule.PASS_USED) else ""


def _not_started(facts: _Facts) -> str:
    when = facts.when(Rule.PASS_NOT_STARTED, "start")
    return say("пропуск начнёт действовать {when}", when=when) if when else ""


def _holds(reason: Reason) -> Callable[[_Facts], str]:
    def sentence(facts: _Facts) -> str:
        when = facts.end_of_period()
        return say("{reason} до {when}", reason=reason_words(reason), when=when) if when else ""

    return sentence


def _no_pass(facts: _Facts) -> str:
    age = facts.of(Rule.LIST_TOO_OLD, "age")
    if age:
        return say("список облака устарел ({age}): его пропуска не действуют", age=age)
    if facts.has(Rule.LIST_AGE_UNKNOWN):
        return say("возраст списка облака неизвестен: его пропуска не действуют")
    return say("номера нет в списке")


def _ambiguous(facts: _Facts) -> str:
    one, other = facts.of(Rule.TWO_WITHIN_REACH, "one"), facts.of(Rule.TWO_WITHIN_REACH, "other")
    return say("подходят два пропуска: {one} и {other}", one=one, other=other) if one and other else ""


def _inside(facts: _Facts) -> str:
    when = facts.when(Rule.ALREADY_INSIDE, "since")
    return say("уже внутри: въезд {when}, выезда не было видно", when=when) if when else ""


def _unreadable(facts: _Facts) -> str:
    why = facts.of(Rule.UNREADABLE, "why")
    return say("номер не прочитан: {why}", why=why) if why else ""


def _doubtful(facts: _Facts) -> str:
    if facts.has(Rule.REGION_HIDDEN):
        return say("код региона не виден, без него номер не сверяется")
    sure, needed = facts.of(Rule.LOW_CONFIDENCE, "confidence"), facts.of(Rule.LOW_CONFIDENCE, "needed")
    return say("прочитан неуверенно: {sure}, нужно {needed}", sure=sure, needed=needed) if sure else ""


_TELLERS: MappingProxyType[str, Callable[[_Facts], str]] = MappingProxyType(
    {
        Reason.PASS_EXPIRED.value: _over,
        Reason.PASS_NOT_STARTED.value: _not_started,
        Reason.PASS_VALID.value: _holds(Reason.PASS_VALID),
        Reason.LOCAL_LIST.value: _holds(Reason.LOCAL_LIST),
        Reason.NO_PASS.value: _no_pass,
        Reason.AMBIGUOUS.value: _ambiguous,
        Reason.ALREADY_INSIDE.value: _inside,
        Reason.UNREADABLE.value: _unreadable,
        Reason.LOW_CONFIDENCE.value: _doubtful,
    }
)


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
