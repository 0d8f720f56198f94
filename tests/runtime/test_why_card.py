"""The why card: one source for `gate why` and the page; times of the site, whose pass, who opened, what the board said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.decision.record import Opening, Verdict
from core.decision.trace import Rule, step_of
from core.decision.why import sentence
from core.passes.pass_list import Pass
from core.reading.reading import Candidate
from core.words.reasons import Reason
from edge.runtime.why_card import why_card
from tests.store.records import START, instant, visit_record

MOSCOW = ZoneInfo("Europe/Moscow")
REFUSED = visit_record(
    plate="A123BC77",
    display="А 123 ВС 77",
    decision=Verdict.REFUSE,
    reason=Reason.PASS_EXPIRED,
    candidates=(Candidate("A123BC77", 0.98, "ru_type1"), Candidate("A128BC77", 0.01, "ru_type1")),
    trace=(
        step_of(Rule.EXACT_MATCH, 60.4, plate="A123BC77", pass_="p1"),
        step_of(Rule.PASS_OVER, 62.5, pass_="p1", end="2026-11-21T15:00+00:00"),
    ),
)


def test_one_story_in_the_sites_time() -> None:
    """The headline, the rule behind it and the plate say the same, each rule at its moment, moments in the site's zone."""
    card = why_card(REFUSED, zone=MOSCOW, now=START + timedelta(hours=1))
    assert "Отказано: пропуск закончился вчера в 18:00" == card.title
    assert "+0.4 с: Номер А 123 ВС 77 есть в списке (пропуск p1)." == card.sentences[0]
    assert "+2.5 с: Пропуск p1 истёк 21.11.2026 18:00." == card.sentences[1]
    assert ("Другие чтения", "А 128 ВС 77 1.0%") in card.facts


def test_a_covered_day_ends_with_itself() -> None:
    """The headline's "at the end of the day" is the rule's 24:00 of that day, and no midnight of the next."""
    over = step_of(Rule.PASS_OVER, 62.5, pass_="p1", end="2026-11-20T21:00+00:00")
    card = why_card(replace(REFUSED, trace=(over,)), zone=MOSCOW, now=START + timedelta(hours=1))
    assert card.title.endswith("20.11 в конце дня")
    assert "+2.5 с: Пропуск p1 истёк 20.11.2026 24:00." == card.sentences[0]


@pytest.mark.parametrize(
    ("age", "russian", "english"), [("0 h", "меньше часа", "less than an hour"), ("7 h", "7 ч", "7 h")]
)
def test_the_age_of_the_list_in_both_languages(age: str, russian: str, english: str) -> None:
    """A Russian reader sees no English unit, and nobody an age of nothing."""
    step = step_of(Rule.LIST_AGE, 0.0, version="c1", age=age)
    assert (f"Список c1, возраст {russian}.", f"List c1, {english} old.") == sentence(step, zone=UTC)


def test_the_lane_is_called_as_people_call_it() -> None:
    """By its title where the site has given it one."""
    assert ("Где", "Въезд с Лесной → main") in why_card(REFUSED, zone=UTC, now=START, lane="Въезд с Лесной").facts


def test_whose_pass_it_was() -> None:
    """As the list has it now; a pass that is gone from the list is not made up."""
    item = Pass(id="p1", plate="A123BC77", note="дом 5, +7 912 345-67-89")
    now = datetime(2026, 12, 1, tzinfo=UTC)
    assert ("Чей пропуск", "дом 5, +7 912 345-67-89") in why_card(REFUSED, zone=UTC, now=now, item=item).facts
    assert "Чей пропуск" not in dict(why_card(REFUSED, zone=UTC, now=now).facts)


def test_who_opened_and_whether_the_board_said_so() -> None:
    """A name where there is one, else the reason; a board that says nothing is told as such."""
    named = Opening("r1", Reason.CONSOLE, instant(), "done", "", "console:Иван", "скорая", True)
    silent = Opening("r2", Reason.GUARD_BUTTON, instant(), "done")
    record = replace(visit_record(reason=Reason.CONSOLE), openings=(named, silent))
    facts = why_card(record, zone=UTC, now=START).facts
    assert ("Шлагбаум", "09:00:00  страница охраны, Иван: выполнено, плата подтвердила") in facts
    assert ("Шлагбаум", "09:00:00  кнопка охраны: выполнено, подтверждения платы нет") in facts
    assert ("Зачем", "скорая") in facts


def test_steps_of_another_clock_have_no_moment() -> None:
    """A record whose steps lie before its beginning (a restart, a replay) is told without counting."""
    record = replace(REFUSED, first=instant(500.0))
    assert not [text for text in why_card(record, zone=UTC, now=START).sentences if text.startswith("+")]
