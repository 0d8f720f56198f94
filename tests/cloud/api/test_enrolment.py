"""`POST /enroll`: a code works once."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from cloud.api.enrolment import count_try
from cloud.api.problems import ApiProblem
from cloud.api.requests import make_limits
from cloud.db.models import Gate, utc_now
from cloud.settings import Quota
from sync import wire


def ask(client: httpx.Client, code: str) -> httpx.Response:
    request = wire.EnrollRequest(code, "КПП-2", (wire.Lane("entry", "entry"),), "0.1.0")
    return client.post("/api/edge/v1/enroll", content=wire.encode(request), headers={"Authorization": ""})


def test_code_buys_a_working_token(client, place):
    """The token that a code buys opens the territory's list, and the gate is known by what it told."""
    answer = wire.decode(wire.EnrollAnswer, ask(client, place.pairing_code()).content)

    assert ("Сосновый бор", "Europe/Moscow") == (answer.territory, answer.timezone)
    headers = {"Authorization": f"Bearer {answer.device_token}"}
    assert 200 == client.get("/api/edge/v1/passes", headers=headers).status_code
    with place.database.read() as session:
        gate = session.query(Gate).filter_by(name="КПП-2").one()
    assert [{"name": "entry", "direction": "entry"}] == gate.lanes
    assert answer.device_token not in str(vars(gate))


def test_code_typed_by_people_fits(client, place):
    """Case, dashes and spaces do not matter."""
    code = place.pairing_code()

    assert 200 == ask(client, f" {code.lower().replace('-', ' ')} ").status_code


def test_code_works_once(client, place):
    """A used code buys nothing."""
    code = place.pairing_code()
    ask(client, code)

    assert 403 == ask(client, code).status_code


def test_old_and_unknown_codes_are_refused(client, place):
    """A code past its time, or never given, buys nothing."""
    late = place.pairing_code(expires_at=utc_now() - timedelta(seconds=1))

    assert [403, 403] == [ask(client, late).status_code, ask(client, "ZZZZ-ZZZZ").status_code]


def test_pairing_again_takes_the_old_token_away(client, place):
    """A box that is paired anew to the same gate leaves its predecessor outside."""
    assert 200 == client.get("/api/edge/v1/passes").status_code

    assert 200 == ask(client, place.pairing_code(gate_id=place.gate_id)).status_code

    assert 401 == client.get("/api/edge/v1/passes").status_code


def test_guessing_is_slowed_down(client, place):
    """After some tries from one address every further one is told to wait, by whichever worker."""
    answers = [ask(client, "ZZZZ-ZZZZ") for _ in range(12)]

    assert 429 == answers[-1].status_code
    assert 0 < int(answers[-1].headers["retry-after"]) <= 20
    with pytest.raises(ApiProblem):
        count_try(place.database, "127.0.0.1")


def test_a_site_binds_many_boxes(client, place):
    """Right codes are no guesses: a site with more gates than free tries binds them all at once."""
    codes = [place.pairing_code() for _ in range(15)]

    assert {200} == {ask(client, code).status_code for code in codes}


def test_a_token_is_changed_while_the_gate_works(client, place):
    """Old and new token work until the new one is used; from then on the old one is worth nothing."""
    fresh = wire.decode(wire.EnrollAnswer, client.post("/api/edge/v1/token").content).device_token
    assert 200 == client.get("/api/edge/v1/passes").status_code  # the box has lost the answer, say
    fresher = wire.decode(wire.EnrollAnswer, client.post("/api/edge/v1/token").content).device_token

    new = {"Authorization": f"Bearer {fresher}"}
    assert 401 == client.get("/api/edge/v1/passes", headers={"Authorization": f"Bearer {fresh}"}).status_code
    assert 200 == client.get("/api/edge/v1/passes", headers=new).status_code

    assert 401 == client.get("/api/edge/v1/passes").status_code
    assert 200 == client.get("/api/edge/v1/passes", headers=new).status_code
    place.revoke()
    assert 401 == client.get("/api/edge/v1/passes", headers=new).status_code


def test_a_gate_has_a_quota(client, place, app):
    """A gate that sends more than a day's events or pictures is told how long to wait; another gate is not."""
    app.state.edge_limits = make_limits(Quota(events=3, picture_bytes=1000))
    batch = {"events": [
        {"id": f"00000000-0000-4000-8000-{number:012}", "kind": "visit", "at": "2026-11-29T00:00:00Z", "clock_trusted": True}
        for number in range(3)
    ]}  # fmt: skip
    picture = b"\xff\xd8\xff" + b"x" * 700
    path = f"/api/edge/v1/events/{batch['events'][0]['id']}/snapshot"
    jpeg = {"content-type": "image/jpeg"}

    assert 200 == client.post("/api/edge/v1/events", json=batch).status_code
    assert 429 == client.post("/api/edge/v1/events", json=batch).status_code
    assert 204 == client.put(path, content=picture, headers=jpeg).status_code
    refused = client.put(path, content=picture, headers=jpeg)
    assert 429 == refused.status_code
    assert int(refused.headers["retry-after"]) > 3600


def test_wrong_bodies_are_told_so(client, place):
    """A body that is not the contract's is answered 422 with one line."""
    for body in (b"", b"{}", b"[]", b'{"code": 5}', b"\xff", b"[" * 10_000):
        answer = client.post("/api/edge/v1/enroll", content=body)

        assert 422 == answer.status_code
        assert "\n" not in answer.json()["error"]
