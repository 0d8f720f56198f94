"""Whether the passes of a plate hold (`core.decision.standing`): each rule by itself, at its very edge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.decision.standing import list_age_s, stand, standing_of
from core.decision.trace import Rule
from core.instant import Instant
from core.passes.pass_list import Pass, PassList, PassSource
from core.passes.schedule import written
from core.rules.policy import Policy
from core.words.reasons import Reason

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
AT = Instant(5.0, NOW, wall_trusted=True)
UNSURE = Instant(5.0, NOW, wall_trusted=False)
PLATE = "A123BC77"
MOSCOW = ZoneInfo("Europe/Moscow")
HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)


def one(name: str = "p", **facts: object) -> Pass:
    return Pass(name, PLATE, **facts)  # type: ignore[arg-type]


def judged(*passes: Pass, at: Instant = AT, policy: Policy | None = None, **facts: object):
    return standing_of(PLATE, PassList(passes, **facts), at, policy=policy or Policy())


KINDS = {
    "not started": one("z", valid_from=NOW + TICK),
    "over": one("y", valid_until=NOW),
    "used": one("x", one_time=True, used=True),
    "withdrawn": one("w", revoked=True),
}
REASONS = {
    "not started": (Reason.PASS_NOT_STARTED, Rule.PASS_NOT_STARTED),
    "over": (Reason.PASS_EXPIRED, Rule.PASS_OVER),
    "used": (Reason.PASS_EXPIRED, Rule.PASS_USED),
    "withdrawn": (Reason.PASS_REVOKED, Rule.PASS_REVOKED),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_pass_that_does_not_hold_says_why(kind: str) -> None:
    """Each by itself opens nothing, with a reason and a rule of its own; the used one is told apart."""
    found = stand([KINDS[kind]], AT)
    assert (False, REASONS[kind]) == (found.opens, (found.reason, found.step.rule))
    whole = judged(KINDS[kind])
    assert (kind == "used") is whole.used_up
    assert whole.word == ("pass_used" if kind == "used" else found.reason.value)


def test_of_several_refusals_the_one_with_hope_is_named() -> None:
    """Not started before over, over before used, used before withdrawn, in whatever order they stand."""
    order = list(KINDS)
    for first in range(len(order)):
        for second in range(first + 1, len(order)):
            pair = [KINDS[order[second]], KINDS[order[first]]]
            assert REASONS[order[first]] == (stand(pair, AT).reason, stand(pair, AT).step.rule)
    later = one("a", valid_from=NOW + 2 * HOUR)
    assert "z" == stand([later, KINDS["not started"]], AT).item.id  # and of two that begin, the one that begins first


def test_which_of_several_that_hold_is_named() -> None:
    """A lasting one before a one-time one, the cloud's before the local list's, then by id."""
    local, cloud = one("a", source=PassSource.LOCAL), one("b")
    once = one("0", one_time=True)
    assert ("b", Reason.PASS_VALID) == (stand([local, cloud], AT).item.id, stand([local, cloud], AT).reason)
    assert ("a", Reason.LOCAL_LIST) == (stand([once, local], AT).item.id, stand([once, local], AT).reason)
    assert "b" == stand([one("c"), cloud], AT).item.id
    assert stand([KINDS["over"], once], AT).opens  # one that holds is enough
    assert Rule.PASS_USED == stand([once], AT, consumed=frozenset({"0"})).step.rule


def test_a_prohibition_goes_before_everything_while_it_lasts() -> None:
    """From its first moment to its last; lifted or over it is nothing at all, and begun may be said by a clock nobody trusts."""
    held = one("pass")
    assert (False, Reason.BLOCKED) == (
        stand([held, one(blocked=True)], AT).opens,
        stand([one(blocked=True)], AT).reason,
    )
    for lifted in (one(blocked=True, revoked=True), one(blocked=True, valid_until=NOW)):
        assert stand([held, lifted], AT).opens
        assert (False, Reason.NO_PASS) == (stand([lifted], AT).opens, stand([lifted], AT).reason)
    later = one(blocked=True, valid_from=NOW + TICK)
    assert stand([held, later], AT).opens
    assert Reason.BLOCKED is stand([held, later], UNSURE).reason


def test_what_a_list_that_does_not_name_the_plate_says() -> None:
    """Not listed and not readable are two answers; neither opens, neither is used up, and neither has a pass."""
    for found, reason, rule in (
        (judged(), Reason.NO_PASS, Rule.NOT_LISTED),
        (standing_of(PLATE, PassList(unread=True), AT, policy=Policy()), Reason.NO_LIST, Rule.LIST_UNREAD),
    ):
        assert (False, reason, None, False) == (found.opens, found.reason, found.item, found.used_up)
        assert [rule] == [step.rule for step in found.trace]


def test_a_list_is_too_old_only_beyond_its_limit() -> None:
    """At the limit it still holds, a tick later it does not; a local pass and a prohibition never age; the trace says which."""
    policy = Policy(list_max_age_h=24, list_max_age_open_ended_h=48)
    dated, lasting = one("d", valid_until=NOW + HOUR), one("o")
    for item, limit_h in ((dated, 24), (lasting, 48)):
        at_limit = judged(item, policy=policy, fetched_at=NOW - limit_h * HOUR)
        beyond = judged(item, policy=policy, fetched_at=NOW - limit_h * HOUR - TICK)
        assert (True, False) == (at_limit.opens, beyond.opens)
        assert [Rule.EXACT_MATCH, Rule.LIST_AGE, Rule.PASS_HOLDS] == [step.rule for step in at_limit.trace]
        assert [Rule.EXACT_MATCH, Rule.LIST_AGE, Rule.LIST_TOO_OLD] == [step.rule for step in beyond.trace]
        assert (Reason.NO_PASS, item, False) == (beyond.reason, beyond.item, beyond.used_up)
    old = NOW - 1000 * HOUR
    assert judged(one(source=PassSource.LOCAL), policy=policy, fetched_at=old).opens
    assert Reason.BLOCKED is judged(one(blocked=True), policy=policy, fetched_at=old).reason
    assert judged(lasting, policy=Policy(list_max_age_open_ended_h=0), fetched_at=old).opens  # 0: no limit


@pytest.mark.parametrize(("age", "told"), [(0 * HOUR, "0 h"), (HOUR - TICK, "0 h"), (HOUR, "1 h"), (-HOUR, "0 h")])
def test_the_age_of_a_list_is_told_in_whole_hours(age: timedelta, told: str) -> None:
    """Also when it is none at all, and when the clock stands before the list."""
    (step,) = (step for step in judged(one(), fetched_at=NOW - age).trace if step.rule == Rule.LIST_AGE)
    assert told == dict(step.facts)["age"]
    assert max(0.0, age.total_seconds()) == list_age_s(PassList([], fetched_at=NOW - age), AT)
    assert list_age_s(PassList([]), AT) is None


def test_a_limit_of_an_hour_or_less_is_one() -> None:
    """Only none at all, which is 0, keeps a list from growing too old."""
    limited = one(valid_until=NOW + 100 * HOUR)
    for limit_h in (0.5, 1.0):
        policy = Policy(list_max_age_h=limit_h)
        assert judged(limited, policy=policy, fetched_at=NOW - limit_h * HOUR).opens
        assert not judged(limited, policy=policy, fetched_at=NOW - limit_h * HOUR - TICK).opens


def test_the_version_of_the_list_is_told() -> None:
    """A list that has none says so."""
    for version, told in (("list-7", "list-7"), ("", "?")):
        found = judged(one(), fetched_at=NOW, version=version)
        assert [told] == [dict(step.facts)["version"] for step in found.trace if step.rule == Rule.LIST_AGE]


def test_hours_that_do_not_hold_are_a_reason_with_hope() -> None:
    """It is named before what is over; of two the one that holds sooner; by a clock that nobody trusts none holds."""
    noon, tomorrow = (one(name, hours=written(text, MOSCOW)) for name, text in (("z", "13–18"), ("a", "8–11")))
    for at, rule in ((AT, Rule.OUTSIDE_HOURS), (UNSURE, Rule.HOURS_UNKNOWN)):
        for order in ((KINDS["over"], noon, tomorrow), (tomorrow, noon, KINDS["over"])):
            found = stand(order, at)
            first = "z" if at is AT else "a"  # when one of them holds is known only by a clock that is
            assert (False, Reason.OUTSIDE_HOURS, first, rule) == (
                found.opens,
                found.reason,
                found.item.id,
                found.step.rule,
            )
    assert stand([noon, tomorrow], Instant(5.0, NOW + 2 * HOUR, wall_trusted=True)).opens
    assert not stand([noon, tomorrow], Instant(5.0, NOW + 2 * HOUR, wall_trusted=False)).opens


def test_a_clock_that_nobody_trusts_is_told() -> None:
    """With the floor that it stands on, whatever the pass says."""
    for at, told in ((UNSURE, ["2026-12-01T09:00+00:00"]), (AT, [])):
        steps = [step for step in judged(one(), at=at).trace if step.rule == Rule.CLOCK_UNTRUSTED]
        assert told == [dict(step.facts)["floor"] for step in steps]
