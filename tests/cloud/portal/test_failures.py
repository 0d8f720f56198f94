"""What people and programs are told when the portal fails."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from cloud.domain import passes
from cloud.web.headers import secure_headers
from cloud.web.pages import operator
from cloud.web.templates import templates
from tests.cloud.places import PASSWORD


def fails(*_: object, **__: object) -> None:
    raise RuntimeError("a fault of ours, with secrets")


def silent(*_: object, **__: object) -> None:
    raise OperationalError("SELECT", {}, Exception("the server closed the connection"))


def file_pass(world, place, fail, monkeypatch) -> httpx.Response:
    visitor = world.as_(place.resident)
    visitor.get(f"/t/{place.territory.code}/passes/new")
    monkeypatch.setattr(passes, "file", fail)
    return visitor.post(f"/t/{place.territory.code}/passes/new", plate="В123ОР77", note="курьер <b>", valid_until="")


def test_a_fault_of_ours_says_what_became_of_the_input(world, place, monkeypatch, caplog):
    """A page with what was typed, a number that is in the log with the reason, and no word of the reason itself."""
    answer = file_pass(world, place, fails, monkeypatch)

    assert 500 == answer.status_code
    for words in ("скорее всего, не записано", "В123ОР77", "курьер &lt;b&gt;", "Шлагбаум работает как всегда"):
        assert words in answer.text, words
    assert "secrets" not in answer.text
    assert "<form" not in answer.text  # it has no token, so every form on it would be refused
    number = answer.text.partition('<strong class="code">')[2].partition("<")[0]
    assert 8 == len(number)
    assert number in caplog.text
    assert "a fault of ours" in caplog.text


def test_it_is_told_in_the_language_of_the_page(world, place, monkeypatch):
    """English where English was chosen."""
    visitor = world.as_(place.resident)
    visitor.client.cookies.set("okter_language", "en")
    visitor.get(f"/t/{place.territory.code}/passes/new")
    monkeypatch.setattr(passes, "file", fails)
    answer = visitor.post(f"/t/{place.territory.code}/passes/new", plate="В123ОР77", valid_until="")

    assert 500 == answer.status_code
    assert "What you sent was probably not saved." in answer.text
    assert "You typed:" in answer.text


def test_a_database_that_does_not_answer_is_no_fault_to_report(world, place, monkeypatch):
    """503 with a time to come back, the input on the page."""
    answer = file_pass(world, place, silent, monkeypatch)

    assert (503, "10") == (answer.status_code, answer.headers["retry-after"])
    assert "Портал не ответил" in answer.text
    assert "В123ОР77" in answer.text


def test_secrets_are_not_shown_again(world, place, monkeypatch):
    """A password that was sent with the form that failed is on no page."""
    visitor = world.as_(place.resident)
    visitor.get("/account")
    monkeypatch.setattr("cloud.domain.accounts.change_password", fails)
    fresh = {"password": "новый длинный пароль", "password_again": "новый длинный пароль"}
    answer = visitor.post("/account/password", current_password=PASSWORD, **fresh)

    assert 500 == answer.status_code
    assert PASSWORD not in answer.text
    assert "новый длинный пароль" not in answer.text


def test_of_a_barrier_nothing_is_promised(world, place, monkeypatch):
    """A press of OPEN that failed may have opened: the page sends people to look, and does not say that nothing happened."""
    visitor = world.as_(place.operator)
    path = f"/t/{place.territory.code}/gates/{place.ids['gate_id']}/open"
    visitor.get(f"{path}?lane=entry")
    monkeypatch.setattr(operator.gates, "command", fails)
    answer = visitor.post(path, lane="entry")

    assert 500 == answer.status_code
    assert "Открылся ли шлагбаум, портал не знает." in answer.text
    assert "не записано" not in answer.text


def test_whoever_only_looked_has_lost_nothing(world, place, monkeypatch):
    """A page that cannot be shown says so, and the next one is."""
    visitor = world.as_(place.resident)
    with monkeypatch.context() as broken:
        broken.setattr("cloud.domain.accounts.live_devices", fails)
        answer = visitor.get("/devices")

    assert 500 == answer.status_code
    assert "Вы ничего не меняли" in answer.text
    assert 200 == visitor.get("/account").status_code


@pytest.fixture
def unasked(world):
    """A visitor of a portal whose failures are answered and not thrown into the test."""
    visitor = world.visitor()
    transport = httpx.ASGITransport(app=world.app, raise_app_exceptions=False)
    visitor.client = httpx.AsyncClient(transport=transport, base_url="http://portal.test")
    return visitor


def test_a_page_needs_no_database_to_say_that_there_is_none(world, place, unasked, monkeypatch):
    """Also who asks cannot be looked up: the page comes all the same, with the headers of every page."""
    unasked.client.cookies.set("okter", "x" * 43)
    monkeypatch.setattr("cloud.web.gatekeeper._device", silent)
    for path in ("/territories", "/nowhere"):
        answer = unasked.get(path)
        assert 503 == answer.status_code, path
        assert "Портал не ответил" in answer.text
        for name, value in secure_headers(secure=False).items():
            assert value == answer.headers[name], name
        assert "no-store" == answer.headers["cache-control"]


def test_a_page_that_cannot_be_drawn_is_told_in_both_languages(world, unasked, monkeypatch):
    """Where the drawing is what fails, a fixed page says it."""
    plain = templates.get_template("failure_plain.html")
    monkeypatch.setattr(templates, "get_template", lambda name: plain if name == "failure_plain.html" else fails())
    answer = unasked.get("/login")

    assert 500 == answer.status_code
    assert "text/html; charset=utf-8" == answer.headers["content-type"]
    assert "probably not saved" in answer.text
    assert "скорее всего, не записано" in answer.text


@pytest.mark.parametrize(("fail", "status"), [(fails, 500), (silent, 503)])
def test_programs_are_told_in_json(world, place, unasked, monkeypatch, fail, status):
    """An error of the API is JSON with a code and without the reason; a database that is away is a 503 with a time to come back."""
    monkeypatch.setattr("cloud.domain.api_tokens.holder", fail)
    answer = unasked.request("GET", "/api/v1/passes", headers={"Authorization": "Bearer x"})

    assert (status, "application/json") == (answer.status_code, answer.headers["content-type"])
    assert {500: "internal", 503: "unavailable"}[status] == answer.json()["code"]
    assert {"error", "code", "field"} == set(answer.json())
    assert "secrets" not in answer.text
    assert (status == 503) == ("retry-after" in answer.headers)


@pytest.mark.parametrize(("action", "field"), [("password", "current-1"), ("email", "current-2"), ("pin", "current-3")])
def test_a_wrong_password_is_marked_in_the_form_that_was_sent(world, place, action, field):
    """Three forms of «Аккаунт» ask for the password: the error stands once, in the one that was sent, and only that one opens."""
    visitor = world.as_(place.resident)
    visitor.get("/account")
    sent = {
        "password": "длинный пароль 2",
        "password_again": "длинный пароль 2",
        "email": "new@example.com",
        "pin": "2468",
    }
    answer = visitor.post(f"/account/{action}", current_password="не тот", **sent)

    assert 422 == answer.status_code
    assert 1 == answer.text.count("Неверный пароль.")
    assert 1 == answer.text.count('aria-invalid="true"')
    assert f'id="e-{field}"' in answer.text
    assert 1 == answer.text.count(" open><summary>")


@pytest.mark.parametrize("sender", [{"origin": "http://elsewhere.test"}, {"sec-fetch-site": "cross-site"}])
def test_another_site_has_none_of_its_words_shown(world, place, monkeypatch, sender):
    """While the database is away nobody's token is known: what a form of another site says is not on the page."""
    visitor = world.as_(place.resident)
    monkeypatch.setattr("cloud.web.gatekeeper.identify", silent)
    headers = {"content-type": "application/x-www-form-urlencoded", **sender}
    answer = visitor.request("POST", "/login", content="name=Call+8-800", headers=headers)

    assert 503 == answer.status_code
    assert "8-800" not in answer.text
    headers = {"content-type": "application/x-www-form-urlencoded", "origin": "http://portal.test"}
    assert "8-800" in visitor.request("POST", "/login", content="name=Call+8-800", headers=headers).text
