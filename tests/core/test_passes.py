"""The pass list as a value: a changed list is a new one, and equals one made anew."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.passes.pass_list import Pass, PassList, PassSource
from core.passes.schedule import NEVER, Schedule, kept

PLATES = ("A123BC77", "A123BC777", "O001OO99", "X777XX178")
UNHURRIED = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])  # busy machines
passes = st.lists(
    st.builds(
        Pass,
        id=st.integers(0, 10_000).map(str),
        plate=st.sampled_from(PLATES),
        valid_from=st.sampled_from((None, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))),
        blocked=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda item: item.id,
)


def told(found: PassList) -> tuple[object, ...]:
    """Everything a list answers."""
    return (len(found), found.plates, sorted(one.id for one in found), *(found.for_plate(plate) for plate in PLATES))


def changed(before: PassList, gone: Iterable[Pass], come: Iterable[Pass]) -> PassList:
    return before.changed(gone=gone, come=come, version="2", fetched_at=None)


@UNHURRIED
@given(before=passes, come=passes, data=st.data())
def test_a_changed_list_equals_one_made_anew(before: list[Pass], come: list[Pass], data: st.DataObject) -> None:
    """Whatever goes and comes, the changed list answers as one that is made of what is left."""
    gone = data.draw(st.lists(st.sampled_from(before), unique=True) if before else st.just([]))
    left = [item for item in before if item not in gone]

    after = changed(PassList(before), gone, come)

    assert told(PassList([*left, *come])) == told(after)
    assert {plate for plate in PLATES if plate in after} == {item.plate for item in (*left, *come)}


@UNHURRIED
@given(before=passes, come=passes)
def test_the_list_before_stays_as_it_was(before: list[Pass], come: list[Pass]) -> None:
    """A list in somebody's hands does not change under him."""
    held = PassList(before)
    was = told(held)

    changed(held, before, come)

    assert was == told(held)


def test_a_change_costs_the_change() -> None:
    """A list with one pass changed shares all but one of its buckets with the list before."""
    many = [Pass(id=str(n), plate=f"A{n:03d}BC77") for n in range(1000)]
    before = PassList(many)

    after = changed(before, many[:1], [Pass(id="0", plate="A000BC77", blocked=True)])

    old, new = before.lines.buckets, after.lines.buckets
    assert old.keys() == new.keys()
    assert 1 == sum(old[number] is not new[number] for number in old)


def test_what_was_never_in_it_cannot_go() -> None:
    """A pass that the list does not hold is an error, and not a list that counts wrongly."""
    with pytest.raises(KeyError):
        changed(PassList(), [Pass(id="1", plate=PLATES[0])], [])
    with pytest.raises(KeyError):
        changed(PassList([Pass(id="2", plate=PLATES[0])]), [Pass(id="1", plate=PLATES[0])], [])
    with pytest.raises(KeyError):
        changed(
            PassList([Pass(id="1", plate=PLATES[0], note="кв. 12")]), [Pass(id="1", plate=PLATES[0], note="кв. 1")], []
        )


HOURS = (None, NEVER, kept("1-5 08:00-18:00 Europe/Moscow"))
ZONES = (UTC, timezone(timedelta(hours=3)), timezone(timedelta(hours=5, minutes=45)))
moments = st.none() | st.builds(
    lambda at, zone: at.replace(tzinfo=zone),
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - Hypothesis wants them so
    st.sampled_from(ZONES),
)


@UNHURRIED
@given(
    name=st.text() | st.uuids().map(str) | st.uuids().map(lambda one: str(one).upper()),
    note=st.text(alphabet=st.characters(codec=None)) | st.text(alphabet="\\nt\n\t"),
    begins=moments,
    ends=moments,
    marks=st.tuples(*[st.booleans()] * 4),
    source=st.sampled_from(PassSource),
    hours=st.sampled_from(HOURS),
)
def test_a_pass_comes_out_of_the_list_as_it_went_in(
    name: str,
    note: str,
    begins: datetime | None,
    ends: datetime | None,
    marks: tuple[bool, ...],
    source: PassSource,
    hours: Schedule | None,
) -> None:
    """Whatever stands in a pass, the list gives back an equal one, and the same offsets from UTC."""
    assume(begins is None or ends is None or begins < ends)
    one_time, blocked, revoked, used = marks
    item = Pass(name, PLATES[0], begins, ends, one_time, blocked, revoked, used, source, note, hours)

    found = PassList([item]).for_plate(PLATES[0])

    assert (item,) == found
    assert (begins and begins.utcoffset(), ends and ends.utcoffset()) == (
        found[0].valid_from and found[0].valid_from.utcoffset(),
        found[0].valid_until and found[0].valid_until.utcoffset(),
    )
    assert 0 == len(changed(PassList([item]), [item], []))


def test_which_of_some_passes_are_not_used_is_told_without_reading_the_others() -> None:
    """By id, of whatever kind: those that the list holds and that are not used."""
    known = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
    held = PassList([Pass(known, "A001BC77"), Pass("p1", "A002BC77", used=True), Pass("p11", "A003BC77")])

    assert held.unused({known, "p1", "p11", "p", "gone"}) == {known, "p11"}
