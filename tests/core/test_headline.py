"""The reason in one sentence: with its times, in words of the site's own day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.decision.headline import headline, moment_words
from core.decision.record import TraceStep
from core.decision.standing import standing_of
from core.decision.trace import Rule, step_of
from core.events import BarrierActed
from core.instant import Instant
from core.passes.pass_list import Pass, PassList
from core.rules.policy import Policy
from core.turn.visit_record import cut_off_record
from core.words.language import Language, speaking
from core.words.reasons import Reason, reason_words

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 29, 6, 0, tzinfo=UTC)  # 9:00 in Moscow


def local(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=MOSCOW).astimezone(UTC)


def of(item: Pass) -> str:
    """What the gate's own rule says of one pass, as a headline."""
    standing = standing_of(item.plate, PassList([item]), Instant(0.0, NOW, wall_trusted=True), policy=Policy())
    return headline(standing.word, standing.trace, now=NOW, zone=MOSCOW)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"valid_until": local(28, 18)}, "пропуск закончился вчера в 18:00"),
        ({"valid_until": local(29)}, "пропуск закончился вчера в конце дня"),
        ({"valid_until": local(29, 8, 5)}, "пропуск закончился сегодня в 08:05"),
        ({"valid_until": local(21, 18)}, "пропуск закончился 21.11 в 18:00"),
        ({"valid_until": local(21, 18) - timedelta(days=365)}, "пропуск закончился 21.11.2025 в 18:00"),
        ({"valid_from": local(30, 9)}, "пропуск начнёт действовать завтра в 09:00"),
        ({"valid_until": local(29, 23)}, "пропуск действует до сегодня 23:00"),
        ({"valid_until": local(30)}, "пропуск действует до конца дня"),
        ({}, "пропуск действует"),
        ({"revoked": True}, "пропуск отозван"),
        ({"used": True}, "разовый пропуск использован"),
        ({"blocked": True}, "номер в списке запрета"),
    ],
)
def test_a_pass_is_told_with_its_times(changes: dict[str, object], said: str) -> None:
    """Yesterday, today and tomorrow of the site's zone; midnight as an end belongs to the day before."""
    assert said == of(Pass(id="p1", plate="A001BC77", **changes))


def test_what_has_no_pass() -> None:
    """A stranger, a plate nobody could read, a doubtful one: with the facts there are, and without any."""
    assert "номера нет в списке" == headline("no_pass", (), now=NOW, zone=MOSCOW)
    unread = step_of(Rule.UNREADABLE, 0.0, why="no plate")
    assert "номер не прочитан: номера не видно" == headline("unreadable", (unread,), now=NOW, zone=MOSCOW)
    doubtful = step_of(Rule.LOW_CONFIDENCE, 0.0, confidence="0.71", needed="0.85")
    assert "прочитан неуверенно: 0.71, нужно 0.85" == headline("low_confidence", (doubtful,), now=NOW, zone=MOSCOW)
    assert "срок истёк" == headline("pass_expired", (), now=NOW, zone=MOSCOW)
    assert "a_newer_reason" == headline("a_newer_reason", (), now=NOW, zone=MOSCOW)


def test_the_newest_word_counts_and_a_broken_moment_is_none() -> None:
    """Of two steps of a rule the later is told; what is no moment is left out."""
    steps = (
        step_of(Rule.PASS_OVER, 0.0, end="2026-11-20T15:00+00:00"),
        step_of(Rule.PASS_OVER, 1.0, end="2026-11-28T15:00+00:00"),
    )
    assert "пропуск закончился вчера в 18:00" == headline("pass_expired", steps, now=NOW, zone=MOSCOW)
    broken = (step_of(Rule.PASS_OVER, 0.0, end="…"),)
    assert "срок истёк" == headline("pass_expired", broken, now=NOW, zone=MOSCOW)


def test_in_english() -> None:
    """The same in English."""
    with speaking(Language.EN):
        assert "yesterday at 18:00" == moment_words(local(28, 18), now=NOW, zone=MOSCOW)
        assert "the pass ended yesterday at 18:00" == of(Pass(id="p1", plate="A001BC77", valid_until=local(28, 18)))


@pytest.mark.parametrize(
    ("word", "step", "said"),
    [
        (
            Reason.NO_PASS,
            step_of(Rule.LIST_TOO_OLD, 0.0, age="3 d"),
            "список облака устарел (3 d): его пропуска не действуют",
        ),
        (Reason.AMBIGUOUS, step_of(Rule.TWO_WITHIN_REACH, 0.0, one="A1", other="A7"), "подходят два пропуска: A1 и A7"),
        (Reason.LOW_CONFIDENCE, step_of(Rule.REGION_HIDDEN, 0.0), "код региона не виден, без него номер не сверяется"),
        (
            Reason.LOW_CONFIDENCE,
            step_of(Rule.LOW_CONFIDENCE, 0.0, confidence="0.81", needed="0.9"),
            "прочитан неуверенно: 0.81, нужно 0.9",
        ),
    ],
)
def test_a_refusal_is_told_with_its_facts(word: Reason, step: TraceStep, said: str) -> None:
    """What the rule saw stands in the sentence."""
    assert said == headline(word.value, [step], now=NOW, zone=MOSCOW)


def test_a_refusal_whose_facts_are_missing_is_told_in_its_few_words() -> None:
    """A record of an earlier version may lack them: nothing is invented."""
    steps = [step_of(Rule.TWO_WITHIN_REACH, 0.0)]
    assert reason_words(Reason.AMBIGUOUS.value) == headline(Reason.AMBIGUOUS.value, steps, now=NOW, zone=MOSCOW)


@pytest.mark.parametrize("reason", [Reason.PASS_VALID, Reason.CONSOLE])
def test_an_opening_whose_visit_was_lost_does_not_pass_for_a_whole_visit(reason: Reason) -> None:
    """The reason it was opened for, and that nothing more was written down, in both languages."""
    lost = cut_off_record(BarrierActed(Instant(0.0, NOW, wall_trusted=True), "main", "entry", "r1", reason, "done"))
    said = headline(lost.reason.value, lost.trace, now=NOW, zone=MOSCOW)
    assert f"{reason_words(reason)} (программа прервалась, проезд не записан)" == said
    with speaking(Language.EN):
        english = headline(lost.reason.value, lost.trace, now=NOW, zone=MOSCOW)
        words = reason_words(reason)
    assert f"{words} (the program was cut off, the visit was not recorded)" == english
