"""Nobody reaches a page that is not theirs: every route, every wrong role, and another territory."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import text

from cloud.web.access import Access
from cloud.web.pages import ALL_PAGES

TERRITORIAL = [page for page in ALL_PAGES if page.access.territorial]
ROLES = {"resident": Access.RESIDENT, "operator": Access.OPERATOR, "manager": Access.MANAGER}
RANK = {Access.RESIDENT: 1, Access.OPERATOR: 2, Access.MANAGER: 3}
TABLES = (
    "territories",
    "memberships",
    "passes",
    "gates",
    "pairing_codes",
    "commands",
    "event_notes",
    "audit",
    "invitations",
    "unwelcome",
    "object_quotas",
    "api_tokens",
    "foot_passes",
    "webhooks",
    "webhook_events",
    "jobs",
    "calls",
)


def filled(page, ids):
    """The path of a page with real objects in it."""
    if page.path.startswith("/t/{code}/blocked/"):
        ids = ids | {"pass_id": ids["blocked_id"]}
    return page.path.format(**ids)


def contents(world):
    """A fingerprint of everything that a territory consists of."""
    digest = hashlib.sha256()
    with world.database.read() as session:
        for table in TABLES:
            digest.update(repr(session.execute(text(f"SELECT * FROM {table} ORDER BY 1")).all()).encode())
    return digest.hexdigest()


def send(visitor, page, path):
    return visitor.get(path) if page.method == "GET" else visitor.post(path, lane="entry", name="x", note="x")


def test_a_stranger_is_sent_to_the_log_in(world, place):
    """Without a session every page of a territory leads to the log-in and changes nothing."""
    before = contents(world)
    stranger = world.visitor()

    for page in TERRITORIAL:
        answer = send(stranger, page, filled(page, place.ids))
        assert (303, True) == (answer.status_code, answer.headers["location"].startswith("/login")), page.path

    assert before == contents(world)


@pytest.mark.parametrize("who", ["asking", "foreign_manager", "left"])
def test_outsiders_find_nothing(world, place, make_place, who):
    """Who asked to join, who left, and who manages another territory get 404 everywhere, and change nothing."""
    other = make_place("B")
    people = {"asking": place.asking, "foreign_manager": other.manager, "left": world.account("Nobody")}
    before = contents(world)
    visitor = world.as_(people[who])

    for page in TERRITORIAL:
        answer = send(visitor, page, filled(page, place.ids))
        assert 404 == answer.status_code, (page.method, page.path)

    assert before == contents(world)


@pytest.mark.parametrize("role", ["resident", "operator"])
def test_a_lower_role_is_refused(world, place, role):
    """A page that asks for a higher role answers 403 to members below it, and changes nothing."""
    before = contents(world)
    visitor = world.as_(getattr(place, role))
    above = [page for page in TERRITORIAL if RANK[page.access] > RANK[ROLES[role]]]

    for page in above:
        assert 403 == send(visitor, page, filled(page, place.ids)).status_code, (page.method, page.path)

    assert above
    assert before == contents(world)


def test_objects_of_another_territory_are_not_there(world, place, make_place):
    """A manager who puts another territory's objects behind their own code gets 404, and changes nothing."""
    other = make_place("B")
    before = contents(world)
    visitor = world.as_(place.manager)
    mixed = other.ids | {"code": place.ids["code"]}
    with_objects = [page for page in TERRITORIAL if page.path.count("{") - page.path.count("{kind}") > 1]

    for page in with_objects:
        assert 404 == send(visitor, page, filled(page, mixed)).status_code, (page.method, page.path)

    assert len(with_objects) > 15
    assert before == contents(world)


@pytest.mark.parametrize("role", ["operator", "asking"])
def test_a_neighbours_pass_is_not_there(world, place, role):
    """A member who does not manage cannot see or change a pass of somebody else, even of the same object."""
    before = contents(world)
    visitor = world.as_(getattr(place, role))

    for page in TERRITORIAL:
        if "{pass_id}" in page.path:
            assert send(visitor, page, filled(page, place.ids)).status_code in {403, 404}, page.path

    assert before == contents(world)


def test_every_page_answers_its_own_role(world, place):
    """Each GET page opens for a manager: no path is declared that no handler serves."""
    visitor = world.as_(place.manager)

    for page in TERRITORIAL:
        if page.method == "GET" and not page.path.endswith((".jpg", "/{code}", "journal.csv")):
            assert 200 == visitor.get(filled(page, place.ids | {"kind": "open"}) + "?lane=entry").status_code, page.path


def test_a_form_without_its_token_is_refused(world, place):
    """No POST of any page works without the token of the asking session."""
    before = contents(world)
    visitor = world.as_(place.manager)

    for page in ALL_PAGES:
        if page.method == "POST":
            ids = place.ids | {"token": "x", "device_id": "1"}
            visitor.csrf = "0" * 40
            answer = visitor.request("POST", filled(page, ids), data={"csrf": "0" * 40})
            assert 403 == answer.status_code, page.path

    assert before == contents(world)


def test_another_site_cannot_send_a_form(world, place):
    """A form that names another origin is refused even with the right token."""
    visitor = world.as_(place.manager)
    visitor.get(f"/t/{place.ids['code']}/settings")

    answer = visitor.request(
        "POST", f"/t/{place.ids['code']}/leave", data={"csrf": visitor.csrf}, headers={"origin": "https://evil.example"}
    )

    assert 403 == answer.status_code
