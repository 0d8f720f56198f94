"""Passes, periods and the decision with its reason."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.decision.decide import judge
from core.decision.standing import list_age_s, stand
from core.decision.trace import Rule
from core.events import Reason
from core.passes.pass_list import Pass, PassList, PassSource, PeriodInvalid, day_end, day_start, local_instant
from core.plates.canonical import PlateInvalid
from core.reading.decode import decode
from core.rules.policy import Direction, Policy
from core.wallclock import FloorClock

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOSCOW = ZoneInfo("Europe/Moscow")


def standing(instant, *items: Pass, **how):
    return stand(items, instant(0.0), **how)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (Pass("1", "A123BC77"), Reason.PASS_VALID),
        (Pass("1", "A123BC77", source=PassSource.LOCAL), Reason.LOCAL_LIST),
        (Pass("1", "A123BC77", NOON, NOON + HOUR), Reason.PASS_VALID),
        (Pass("1", "A123BC77", NOON + HOUR), Reason.PASS_NOT_STARTED),
        (Pass("1", "A123BC77", None, NOON), Reason.PASS_EXPIRED),
        (Pass("1", "A123BC77", revoked=True), Reason.PASS_REVOKED),
        (Pass("1", "A123BC77", one_time=True, used=True), Reason.PASS_EXPIRED),
        (Pass("1", "A123BC77", blocked=True), Reason.BLOCKED),
    ],
)
def test_one_pass(instant, item, reason):
    """Each state of a pass has its reason; a period includes its beginning and not its end."""
    assert standing(instant, item).reason is reason


def test_several_passes_are_the_union_of_their_periods(instant):
    """A plate may come in when any of its passes holds."""
    old = Pass("old", "A123BC77", None, NOON - HOUR)
    now = Pass("now", "A123BC77", NOON - HOUR, NOON + HOUR)
    later = Pass("later", "A123BC77", NOON + HOUR)

    assert standing(instant, old, later, now).item.id == "now"
    assert standing(instant, old, later).reason is Reason.PASS_NOT_STARTED


def test_prohibition_beats_passes(instant):
    """A blocked plate stays out though a pass holds, until the prohibition is over."""
    good = Pass("good", "A123BC77")
    assert standing(instant, good, Pass("bad", "A123BC77", blocked=True)).reason is Reason.BLOCKED
    assert standing(instant, good, Pass("bad", "A123BC77", None, NOON - HOUR, blocked=True)).opens


def test_a_prohibition_holds_in_its_period(instant):
    """One that begins later blocks nobody yet, unless the clock is a floor and it may have begun."""
    items = (Pass("good", "A123BC77"), Pass("bad", "A123BC77", NOON + HOUR, blocked=True))
    assert stand(items, instant(0.0)).opens
    assert stand(items, instant(0.0, trusted=False)).reason is Reason.BLOCKED


def test_a_used_pass_stays_used_when_it_is_withdrawn(instant):
    """The cloud takes a spent one-time pass off the list; it was used, not withdrawn."""
    spent = standing(instant, Pass("1", "A123BC77", one_time=True, used=True, revoked=True))
    assert (spent.reason, spent.used_up) == (Reason.PASS_EXPIRED, True)


def test_lasting_pass_is_used_before_a_one_time_one(instant):
    """A one-time pass is not spent where another holds."""
    assert standing(instant, Pass("a", "A123BC77", one_time=True), Pass("b", "A123BC77")).item.id == "b"


@given(st.permutations(range(6)))
def test_order_of_the_list_does_not_matter(order):
    """The same passes in any order give the same decision."""
    from core.events import Instant

    items = [
        Pass("1", "A123BC77", None, NOON - HOUR), Pass("2", "A123BC77", NOON + HOUR), Pass("3", "A123BC77", revoked=True),
        Pass("4", "A123BC77", NOON - HOUR, NOON + HOUR), Pass("5", "B555BB77"), Pass("6", "A123BC77", one_time=True),
    ]  # fmt: skip
    passes = PassList([items[i] for i in order])

    assert stand(passes.for_plate("A123BC77"), Instant(0, NOON, True)).item.id == "4"


def test_pass_list_looks_up_by_canonical_plate_only():
    """Ten thousand passes, one exact look-up each; what is not there is not there."""
    passes = PassList(Pass(str(i), f"A{i % 1000:03d}BC{i // 1000 + 10}") for i in range(10_000))

    assert len(passes) == 10_000
    assert [item.id for item in passes.for_plate("A123BC14")] == ["4123"]
    assert passes.for_plate("A123BC1") == ()
    assert passes.plates == 10_000


@pytest.mark.parametrize(
    "make",
    [
        lambda: Pass("1", "A123BC77", NOON, NOON),
        lambda: Pass("1", "A123BC77", NOON.replace(tzinfo=None)),
    ],
)
def test_impossible_period_is_refused(make):
    """A period must end after it starts and have a zone."""
    with pytest.raises(PeriodInvalid):
        make()


def test_pass_must_be_canonical():
    """A pass is only made for a canonical plate."""
    with pytest.raises(PlateInvalid):
        Pass("1", "а123вс77")


def test_days_in_the_site_zone():
    """A date means the whole day there, also where the clock changes."""
    berlin = ZoneInfo("Europe/Berlin")
    assert day_start(date(2026, 5, 1), MOSCOW) == datetime(2026, 4, 30, 21, tzinfo=UTC)
    assert day_end(date(2026, 3, 29), berlin) - day_start(date(2026, 3, 29), berlin) == 23 * HOUR
    assert day_end(date(2026, 10, 25), berlin) - day_start(date(2026, 10, 25), berlin) == 25 * HOUR
    assert local_instant(NOON.replace(hour=9, tzinfo=None), MOSCOW) == datetime(2026, 5, 1, 6, tzinfo=UTC)


def decide(reading, passes, at, **how):
    return judge(
        reading, passes, at, direction=how.pop("direction", Direction.ENTRY), policy=how.pop("policy", Policy()), **how
    )


def test_unsure_reading_does_not_open(read, instant):
    """Below the threshold there is no opening, and the reason says so."""
    reading = decode(read("A123BC77", doubt={2: {"2": 0.5, "7": 0.45}}))

    judgement = decide(reading, PassList([Pass("1", "A123BC77")]), instant(0))
    assert (judgement.opens, judgement.reason) == (False, Reason.LOW_CONFIDENCE)


def test_a_list_that_could_not_be_read_is_not_a_plate_without_a_pass(read, instant):
    """On a broken disk nobody is told that he has no pass; the exit is free all the same."""
    reading = decode(read("A123BC77"))
    unread = PassList(unread=True)
    assert (False, Reason.NO_LIST) == ((told := decide(reading, unread, instant(0.0))).opens, told.reason)
    assert decide(reading, unread, instant(0.0), direction=Direction.EXIT).opens


def test_near_match_clears_the_budget(read, instant):
    """A dirty character is forgiven for the only pass it fits, once waiting is over and the budget allows."""
    reading = decode(read("A123BC77", doubt={2: {"2": 0.7, "7": 0.25}}))
    passes = PassList([Pass("1", "A123BC77")])

    assert decide(reading, passes, instant(0), near=True, policy=Policy(false_open_budget=0.01)).opens
    assert not decide(reading, passes, instant(0), near=True, policy=Policy(false_open_budget=0.0)).opens
    assert not decide(reading, passes, instant(0), near=True, policy=Policy(near_max_characters=0)).opens


def test_two_passes_within_reach_are_ambiguous(read, instant):
    """When the dirty character fits two passes, nobody guesses."""
    reading = decode(read("A123BC77", doubt={2: {"2": 0.55, "7": 0.4}}))
    passes = PassList([Pass("1", "A123BC77"), Pass("2", "A173BC77")])

    judgement = decide(reading, passes, instant(0), near=True, policy=Policy(false_open_budget=0.05))
    assert (judgement.opens, judgement.reason) == (False, Reason.AMBIGUOUS)


@pytest.mark.parametrize("seen", ["A123BC", "A123BC7", "A123BC777", "A123BC70"])
def test_region_is_never_guessed(read, instant, seen):
    """A plate with a lost, cut or doubtful region is not the pass's plate."""
    doubt = {7: {"0": 0.5, "7": 0.49}} if seen == "A123BC70" else None
    reading = decode(read(seen, sure=0.9, doubt=doubt))

    judgement = decide(
        reading, PassList([Pass("1", "A123BC77")]), instant(0), near=True, policy=Policy(false_open_budget=0.05)
    )
    assert not judgement.opens


def test_foreign_plates_match_as_typed_only(read, instant):
    """A doubtful character of a neighbour's plate is not forgiven; a clear one opens."""
    passes = PassList([Pass("1", "1234AB7")])
    policy = Policy(false_open_budget=0.05)

    assert decide(decode(read("1234AB7", sure=0.99)), passes, instant(0), policy=policy).opens
    doubtful = decode(read("1234AB7", doubt={1: {"2": 0.4, "7": 0.55}}))
    assert not decide(doubtful, passes, instant(0), near=True, policy=policy).opens


def test_sure_reading_of_another_plate_is_no_near_match(read, instant):
    """The neighbour's plate, read clearly, is a stranger's plate."""
    judgement = decide(
        decode(read("A173BC77", sure=0.99)), PassList([Pass("1", "A123BC77")]), instant(0), near=True,
        policy=Policy(false_open_budget=0.05),
    )  # fmt: skip
    assert (judgement.opens, judgement.reason) == (False, Reason.NO_PASS)


@pytest.mark.parametrize(
    ("age_h", "limit_h", "open_limit_h", "expected"),
    [(6, 0, 0, True), (72, 0, 0, True), (720, 0, 0, True), (72, 24, 0, True), (72, 24, 48, False), (6, 24, 48, True)],
)
def test_old_list(read, instant, age_h, limit_h, open_limit_h, expected):
    """A list holds for ever unless the site says otherwise; open-ended passes have their own limit."""
    passes = PassList([Pass("1", "A123BC77")], fetched_at=NOON - timedelta(hours=age_h))
    policy = Policy(list_max_age_h=limit_h, list_max_age_open_ended_h=open_limit_h)

    assert decide(decode(read("A123BC77", sure=0.99)), passes, instant(0), policy=policy).opens is expected


@pytest.mark.parametrize("fetched_at", [None, NOON + timedelta(days=400)])
def test_a_list_of_unknown_age_is_not_a_fresh_one(read, instant, fetched_at):
    """Where the site limits the age, a time that is missing or yet to come admits nobody; without a limit it does."""
    passes = PassList([Pass("1", "A123BC77"), Pass("2", "B001BB77", source=PassSource.LOCAL)], fetched_at=fetched_at)
    seen = decode(read("A123BC77", sure=0.99))
    strict = Policy(list_max_age_h=24, list_max_age_open_ended_h=24)

    judgement = decide(seen, passes, instant(0), policy=strict)
    assert (False, Reason.NO_PASS) == (judgement.opens, judgement.reason)
    assert Rule.LIST_AGE_UNKNOWN in {step.rule for step in judgement.trace}
    assert decide(seen, passes, instant(0), policy=Policy()).opens
    assert decide(decode(read("B001BB77", sure=0.99)), passes, instant(0), policy=strict).opens
    assert list_age_s(passes, instant(0)) is None


def test_old_list_does_not_touch_local_passes(read, instant):
    """What a technician wrote holds when the cloud is long gone."""
    passes = PassList([Pass("1", "A123BC77", source=PassSource.LOCAL)], fetched_at=NOON - timedelta(days=400))
    policy = Policy(list_max_age_h=1, list_max_age_open_ended_h=1)

    judgement = decide(decode(read("A123BC77", sure=0.99)), passes, instant(0), policy=policy)
    assert judgement.reason is Reason.LOCAL_LIST


@pytest.mark.parametrize(
    ("item", "opens"),
    [
        (Pass("1", "A123BC77"), True),
        (Pass("1", "A123BC77", NOON - HOUR, NOON + HOUR), True),
        (Pass("1", "A123BC77", NOON - 2 * HOUR, NOON - HOUR), False),
        (Pass("1", "A123BC77", NOON + HOUR, NOON + 2 * HOUR), False),
    ],
)
def test_untrusted_clock(read, instant, item, opens):
    """With the floor time: open-ended holds, a period with the floor inside is not over, and the record says so."""
    judgement = decide(decode(read("A123BC77", sure=0.99)), PassList([item]), instant(0, trusted=False))

    assert judgement.opens is opens
    assert "clock_untrusted" in [step.rule for step in judgement.trace]


def test_floor_clock():
    """The floor moves on with the monotonic clock and never falls by what was seen earlier."""
    clock = FloorClock(NOON, 100.0)
    assert clock.at(160.0) == NOON + timedelta(seconds=60)
    assert clock.raised(NOON - HOUR, mono=160.0).at(160.0) == NOON + timedelta(seconds=60)
    assert clock.raised(NOON + HOUR, mono=160.0).at(220.0) == NOON + HOUR + timedelta(seconds=60)


def test_sequential_fleet_plates_are_not_mixed_up(read, instant):
    """Of a firm's cars only those on the list come in."""
    rng = random.Random(3)
    listed = rng.sample(range(1000), 50)
    passes = PassList([Pass(str(number), f"K{number:03d}MX77") for number in listed])

    for number in range(0, 1000, 37):
        judgement = decide(decode(read(f"K{number:03d}MX77", sure=0.98)), passes, instant(0), near=True)
        assert judgement.opens is (number in listed)


@pytest.mark.parametrize("near", [False, True])
@pytest.mark.parametrize(
    ("text", "look", "opens"),
    [
        ("A123BC", (("ru_1", 0.98),), False),
        ("A123BC", (), False),
        ("AB1234", (("ru_2", 0.95), ("eu", 0.02)), False),
        ("A123BC", (("ab", 0.98),), True),
        ("AB1234", (("eu", 0.98),), True),
    ],
)
def test_a_plate_whose_region_is_hidden_is_nobodys(read, instant, text, look, opens, near):
    """A Russian plate read without its region opens by no pass, also by one that was filed without a region."""
    reading = decode(read(text, sure=0.9999, formats=look))
    passes = PassList([Pass("p", text)])
    assert reading.text == text

    decided = judge(reading, passes, instant(0.0), direction=Direction.ENTRY, policy=Policy(), near=near)

    assert decided.opens is opens
    assert decided.reason is (Reason.PASS_VALID if opens else Reason.LOW_CONFIDENCE)
    assert judge(reading, passes, instant(0.0), direction=Direction.EXIT, policy=Policy()).opens
