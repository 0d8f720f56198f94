"""«Ключи API»: made with the password, shown once, revoked at once."""

from __future__ import annotations

import re

import pytest

from cloud.db.models import ApiToken, AuditEntry
from cloud.domain.tokens import token_hash
from tests.cloud.portal.conftest import PASSWORD


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_a_token_is_made_with_the_password(world, place, password):
    """The password is asked again; the token is on the page once, in the database as a hash, and in the acts by its name."""
    manager, path = world.as_(place.manager), f"/t/{place.territory.code}/api"

    page = manager.post(path, name="УК", journal="1", current_password=password)

    token = re.search("<pre>([^<]+)</pre>", page.text)
    assert (password == PASSWORD) == bool(token)
    with world.database.read() as session:
        rows = session.query(ApiToken).filter_by(name="УК").all()
        acts = session.query(AuditEntry).filter_by(action="api-token-made").count()
    if token is None:
        assert (422, [], 0) == (page.status_code, rows, acts)
        return
    assert [(token_hash(token[1]), "journal")] == [(row.token_hash, row.scopes) for row in rows]
    assert acts == 1
    assert token[1] not in manager.get(path).text


@pytest.mark.parametrize("fields", [{"name": " ", "passes": "1"}, {"name": "УК"}])
def test_a_token_without_a_name_or_a_scope_is_none(world, place, fields):
    """A key says whose it is and what it may do."""
    manager = world.as_(place.manager)

    page = manager.post(f"/t/{place.territory.code}/api", current_password=PASSWORD, **fields)

    assert 422 == page.status_code


def test_a_token_is_revoked(world, place):
    """One press, and the key is dead; the page goes on saying that there was one."""
    manager, path = world.as_(place.manager), f"/t/{place.territory.code}/api"

    manager.post(f"{path}/{place.ids['token_id']}/revoke")

    with world.database.read() as session:
        assert session.get(ApiToken, int(place.ids["token_id"])).revoked_at is not None
    assert "отозван" in manager.get(path).text
