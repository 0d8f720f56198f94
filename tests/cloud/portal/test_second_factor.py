"""Log-in with a code beside the password, for those who choose it."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta

import pytest

from cloud import cli
from cloud.db.models import Account, utc_now
from cloud.domain import second_factor

PASSWORD = "правильный пароль 1"
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("second", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(second, code):
    """The examples of RFC 6238, appendix B, in six digits."""
    assert code == second_factor.code_at(RFC_SECRET, second // 30)


def code(secret, *, after=0):
    return second_factor.code_at(secret, int(utc_now().timestamp()) // 30 + after)


@pytest.fixture
def protected(world):
    """An account with a second factor, its secret and its recovery codes."""
    account = world.account("Manager")
    inside = world.as_(account)
    secret = re.search(r'name="secret" value="(\w+)"', inside.get("/account/second").text)[1]
    page = inside.post("/account/second/on", secret=secret, code=code(secret, after=-1), current_password=PASSWORD)
    assert 200 == page.status_code
    return account, secret, re.findall(r"(?:[2-9A-Z]{4}-){3}[2-9A-Z]{4}", page.text)


def test_the_password_alone_is_half_a_log_in(world, protected):
    """With a second factor the right password leads to the code, and nowhere else; the code of now leads in."""
    account, secret, _ = protected
    visitor = world.visitor()

    assert "/login/code" == visitor.log_in(account.email).headers["location"]

    assert "/login" in visitor.get("/territories").headers["location"]
    assert 200 == visitor.get("/login/code").status_code
    assert "Неверный код" in visitor.post("/login/code", code="000000").text
    assert "/territories" == visitor.post("/login/code", code=code(secret)).headers["location"]
    assert 200 == visitor.get("/territories").status_code


def test_a_code_works_once(world, protected):
    """Who has looked over a shoulder cannot use the same code again."""
    account, secret, _ = protected
    for expected in (303, 422):
        visitor = world.visitor()
        visitor.log_in(account.email)
        visitor.get("/login/code")
        assert expected == visitor.post("/login/code", code=code(secret)).status_code


def test_a_lost_telephone_is_replaced_by_a_recovery_code_once(world, protected):
    """Each of ten recovery codes stands in once, however it is typed."""
    account, _, codes = protected
    assert 10 == len(set(codes))
    for typed, expected in ((codes[0].lower().replace("-", " "), 303), (codes[0], 422), (codes[1], 303)):
        visitor = world.visitor()
        visitor.log_in(account.email)
        visitor.get("/login/code")
        assert expected == visitor.post("/login/code", code=typed).status_code


def test_codes_are_limited_in_total(world, protected):
    """Whoever has the password has ten codes to try, from however many browsers; a recovery code still gets the owner in."""
    account, secret, codes = protected
    for _ in range(second_factor.TRIES.free):
        thief = world.visitor(address="203.0.113.9")
        thief.log_in(account.email)
        thief.get("/login/code")
        thief.post("/login/code", code="000000")
    owner = world.visitor()
    owner.log_in(account.email)
    owner.get("/login/code")

    assert "Слишком много попыток" in owner.post("/login/code", code=code(secret)).text
    assert 303 == owner.post("/login/code", code=codes[0]).status_code


@pytest.mark.parametrize("forge", ["none", "unsigned", "another account", "another password"])
def test_half_a_log_in_cannot_be_made_up(world, protected, forge):
    """Without the password of now nobody is asked for a code: the cookie is signed, and for one account and password."""
    account, secret, _ = protected
    visitor = world.visitor()
    visitor.log_in(account.email)
    made = visitor.client.cookies.get("okter_half")
    if forge == "none":
        visitor.client.cookies.delete("okter_half")
    elif forge == "unsigned":
        visitor.client.cookies.set("okter_half", made.rpartition(".")[0] + ".x", domain="portal.test")
    elif forge == "another account":
        visitor.client.cookies.set("okter_half", "9" + made, domain="portal.test")
    else:
        with world.database.write() as session:
            session.get(Account, account.id).password_hash = "x"
    visitor.csrf = ""
    visitor.get("/reset")

    answer = visitor.post("/login/code", code=code(secret))

    assert answer.headers.get("location") == "/login" or answer.status_code == 422


def test_switching_it_needs_the_password_and_a_code(world):
    """A stolen session neither switches it on for itself nor off."""
    visitor = world.as_(world.account("Manager"))
    secret = re.search(r'name="secret" value="(\w+)"', visitor.get("/account/second").text)[1]

    assert (
        422 == visitor.post("/account/second/on", secret=secret, code="000000", current_password=PASSWORD).status_code
    )
    assert 422 == visitor.post("/account/second/on", secret=secret, code=code(secret), current_password="x").status_code
    assert 422 == visitor.post("/account/second/on", secret="!", code="1", current_password=PASSWORD).status_code
    assert (
        200
        == visitor.post("/account/second/on", secret=secret, code=code(secret), current_password=PASSWORD).status_code
    )
    visitor.get("/account/second")
    assert 422 == visitor.post("/account/second/off", current_password="x").status_code
    assert 303 == visitor.post("/account/second/off", current_password=PASSWORD).status_code


def test_the_operator_of_the_portal_helps_who_lost_everything(world, protected):
    """`okter user no-code` switches it off."""
    account, _, _ = protected

    cli.okter.main(["user", "no-code", account.email, "--data", str(world.settings.data_dir)], standalone_mode=False)

    assert "/territories" == world.visitor().log_in(account.email).headers["location"]


def test_a_code_of_another_moment_is_none():
    """Codes of a minute ago and of a minute ahead are refused: clocks differ by half of that."""
    now = datetime(2026, 11, 29, 12, tzinfo=UTC)
    step = int(now.timestamp()) // 30
    found = {
        shift: second_factor.step_of(RFC_SECRET, second_factor.code_at(RFC_SECRET, step + shift), now=now, used=None)
        for shift in (-2, -1, 0, 1, 2)
    }

    assert {-2: None, -1: step - 1, 0: step, 1: step + 1, 2: None} == found
    assert second_factor.step_of(RFC_SECRET, "", now=now + timedelta(), used=None) is None
