"""`GET /passes`: deltas, tombstones, starting over."""

from __future__ import annotations

from datetime import timedelta

import httpx
from sqlalchemy import event

from cloud.db.models import Territory, utc_now
from sync import wire
from tests.pass_items import pass_item


def page(client: httpx.Client, cursor: str = "") -> wire.PassPage:
    answer = client.get("/api/edge/v1/passes", params={"cursor": cursor})
    assert answer.status_code == 200, answer.text
    return wire.decode(wire.PassPage, answer.content)


def test_first_answer_is_whole_list(client, place):
    """Without a cursor the whole list comes, said to be so by `reset`."""
    pass_id = place.add_pass("A777AA77", object_label="Участок 632")

    first = page(client)

    assert (pass_item(id=pass_id, plate="A777AA77", object="Участок 632"),) == first.items
    assert (True, False) == (first.reset, first.more)


def test_delta_names_only_what_changed(client, place):
    """After a cursor only later changes come."""
    place.add_pass("A777AA77")
    cursor = page(client).cursor
    added = place.add_pass("B001BB99")

    delta = page(client, cursor)

    assert [added] == [item.id for item in delta.items]
    assert not delta.reset
    assert () == page(client, delta.cursor).items


def test_an_unchanged_list_is_answered_without_a_look_at_it(client, place):
    """A poll that finds nothing new reads the territory's counter with the token and no pass; who asks for 304 gets it."""
    place.add_pass("A777AA77")
    cursor, asked = page(client).cursor, []
    listening = (place.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    event.listen(*listening)
    try:
        unchanged = page(client, cursor)
        known = {"If-None-Match": f'"{cursor}"'}
        again = client.get("/api/edge/v1/passes", params={"cursor": cursor}, headers=known)
    finally:
        event.remove(*listening)

    assert ((), cursor, False, False) == (unchanged.items, unchanged.cursor, unchanged.more, unchanged.reset)
    assert (304, b"") == (again.status_code, again.content)
    assert 2 == len([statement for statement in asked if "SELECT" in statement])
    assert not [statement for statement in asked if "FROM passes" in statement]

    place.add_pass("B001BB99")
    assert 200 == client.get("/api/edge/v1/passes", params={"cursor": cursor}, headers=known).status_code


def test_deleted_pass_is_tombstone_in_delta_and_absent_in_full(client, place):
    """A gate that holds a deleted pass is told so; a gate that begins anew never hears of it."""
    pass_id = place.add_pass()
    cursor = page(client).cursor
    place.change_pass(pass_id, deleted_at=utc_now())

    assert [(pass_id, True)] == [(item.id, item.deleted) for item in page(client, cursor).items]
    assert () == page(client).items


def test_pages_join_into_whole_list(client, place, monkeypatch):
    """A long list comes in pages, and a change between two pages is not lost."""
    monkeypatch.setattr(wire, "PAGE", 2)
    ids = [place.add_pass(f"A00{number}AA77") for number in range(5)]

    first = page(client)
    place.change_pass(ids[0], blocked=True)
    second = page(client, first.cursor)
    third = page(client, second.cursor)

    found = {item.id: item for part in (first, second, third) for item in part.items}
    assert set(ids) == set(found)
    assert found[ids[0]].blocked
    assert [True, True, False] == [part.more for part in (first, second, third)]


def test_cursor_of_another_epoch_is_gone(client, place):
    """A cursor that cannot be continued is answered 410: another epoch, from the future, below the floor, garbage."""
    place.add_pass()
    cursor = page(client).cursor
    with place.database.write() as session:
        session.get_one(Territory, place.territory_id).pass_floor = 2

    for stale in (cursor, "2-1", "1-99", "garbage"):
        assert 410 == client.get("/api/edge/v1/passes", params={"cursor": stale}).status_code


def test_long_expired_passes_do_not_burden_a_new_gate(client, place):
    """A full list leaves out what ended over a month ago, and keeps what ended yesterday."""
    place.add_pass("A001AA77", valid_until=utc_now() - timedelta(days=40))
    recent = place.add_pass("A002AA77", valid_until=utc_now() - timedelta(days=1))

    assert [recent] == [item.id for item in page(client).items]


def test_other_territories_are_invisible(client, place, new_place):
    """A gate sees the passes of its own territory only."""
    new_place("999-999").add_pass("X999XX99")

    assert () == page(client).items


def test_revoked_token_is_refused(client, place):
    """The manager's revocation stops the device at once."""
    place.revoke()

    answer = client.get("/api/edge/v1/passes")

    assert 401 == answer.status_code
    assert "error" in answer.json()


def test_a_gate_that_knows_no_hours_gets_no_pass_with_them(client, place):
    """It would take such a pass to hold always: to it the pass is no more; to a gate that asks, it comes with its hours."""
    hours = "1-5 08:00-18:00 Europe/Moscow"
    place.add_pass("A777AA77")
    start = page(client).cursor
    scheduled = place.add_pass("B001BB99", hours=hours)

    (old,) = page(client, start).items
    answer = client.get("/api/edge/v1/passes", params={"cursor": start, "speaks": wire.SPEAKS})
    (new,) = wire.decode(wire.PassPage, answer.content).items

    assert (scheduled, True, "") == (old.id, old.deleted, old.hours)
    assert (scheduled, False, hours) == (new.id, new.deleted, new.hours)
    assert {"A777AA77"} == {item.plate for item in page(client).items if not item.deleted}
