"""Strangers who guess passwords: they wait, and whoever they guess at does not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cloud.db.models import utc_now
from cloud.domain import guessing, limits, passwords
from cloud.domain.errors import Invalid
from cloud.domain.guessing import Try

SECRET = b"secret"
EMAIL, HASH = "owner@example.com", "a hash"


def tries(database, one: Try, *, most: int, now) -> int:
    """How many of `most` tries are looked at."""
    looked_at = 0
    for _ in range(most):
        try:
            with database.write() as session:
                guessing.allow(session, SECRET, one, now=now)
        except Invalid:
            continue
        looked_at += 1
    return looked_at


def test_a_stranger_keeps_no_owner_out(world):
    """After a stranger's ten wrong passwords the owner gets in with the right one at once, from elsewhere."""
    account = world.account("Known")
    stranger = world.visitor(address="203.0.113.9")
    for _ in range(10):
        stranger.log_in(account.email, password="wrong")

    assert "Слишком много попыток" in stranger.log_in(account.email).text
    assert "/territories" == world.visitor(address="192.0.2.77").log_in(account.email).headers["location"]


def test_a_browser_that_knows_the_account_gets_in_whatever_strangers_do(database):
    """Guesses from a thousand addresses slow down unknown browsers; one that was logged in before is counted alone."""
    now = utc_now()
    for number in range(guessing.ACCOUNT.free):
        assert 1 == tries(database, Try(EMAIL, f"198.51.100.{number}", None, HASH), most=1, now=now)

    assert 0 == tries(database, Try(EMAIL, "192.0.2.1", None, HASH), most=1, now=now)
    known = Try(EMAIL, "192.0.2.1", guessing.new_mark(SECRET, EMAIL), HASH)
    assert guessing.KNOWN.free == tries(database, known, most=30, now=now)


@pytest.mark.parametrize("kind", ["empty", "no signature", "nonsense", "another account", "another portal"])
def test_a_mark_is_made_here_and_for_one_account(kind):
    """What a stranger writes into the cookie, and the mark of another account, make no browser a known one."""
    marks = {
        "empty": "",
        "no signature": "x",
        "nonsense": "x.y",
        "another account": guessing.new_mark(SECRET, "other@example.com"),
        "another portal": guessing.new_mark(b"", EMAIL),
    }

    assert not guessing.is_known(SECRET, EMAIL, marks[kind])


def test_the_wait_grows(database):
    """Each try after the free ones waits twice as long as the one before; a pause of a day forgets them."""
    one, now, waits = Try(EMAIL, "192.0.2.1", None, HASH), utc_now(), []
    assert guessing.PAIR.free == tries(database, one, most=20, now=now)
    for _ in range(8):
        before = now
        while not tries(database, one, most=1, now=now):
            now += timedelta(minutes=1)
        waits.append(int((now - before).total_seconds()) // 60)

    assert [1, 2, 4, 8, 16, 32, 60, 60] == waits
    assert guessing.PAIR.free == tries(database, one, most=20, now=now + timedelta(days=1, minutes=1))


def test_a_new_password_is_counted_anew(database):
    """What was guessed of the old password says nothing about the new one."""
    now = utc_now()
    tries(database, Try(EMAIL, "192.0.2.1", None, HASH), most=20, now=now)

    assert 1 == tries(database, Try(EMAIL, "192.0.2.1", None, "another hash"), most=1, now=now)


def test_right_passwords_of_a_shared_address_count_nothing(database):
    """Three hundred people behind one address log in in a quarter of an hour, and a guard's typing error is forgiven."""
    now, allowed = utc_now(), 0
    with database.write() as session:
        for number in range(300):
            one = Try(f"{number}@example.com", "192.0.2.1", None, HASH)
            guessing.allow(session, SECRET, one, now=now)
            guessing.succeeded(session, SECRET, one)
            allowed += 1

    assert 300 == allowed


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_a_household_of_ipv6_is_one(address, network):
    """Whoever has a /64 has 2⁶⁴ addresses: they count as one."""
    assert network == limits.network(address)


@pytest.fixture
def hashes(monkeypatch):
    """What Argon2 was asked to work on, 36 ms each."""
    asked = []
    for name in ("hashed", "matches"):
        real = getattr(passwords, name)
        monkeypatch.setattr(passwords, name, lambda *given, real=real: (asked.append(given), real(*given))[1])
    return asked


def test_nothing_costs_a_hash_before_its_cheap_questions(world, hashes):
    """Links that are none, tries beyond their limit and forms that are wrong anyway cost nobody a password hash."""
    visitor = world.visitor()
    form = {"name": "Иванов Иван", "phone": "+79120000000", "email": "a@example.com", "consent": "1"}
    form |= {"password": "правильный пароль 1", "password_again": "правильный пароль 1"}
    for _ in range(limits.MAILS_FROM_ONE.most):
        assert 303 == visitor.post("/register", **form).status_code
    for _ in range(guessing.PAIR.free):
        visitor.log_in("a@example.com", password="wrong")
    hashes.clear()

    visitor.get("/reset")
    new = {"password": "новый пароль 1", "password_again": "новый пароль 1"}
    for _ in range(5):
        assert 404 == visitor.post("/reset/nonsense", **new).status_code
        assert 404 == visitor.post("/confirm/nonsense", password="x").status_code
        assert 422 == visitor.post("/register", **form).status_code
        assert 422 == visitor.post("/register", **(form | {"email": "nonsense"})).status_code
        assert 422 == visitor.post("/login", email="a@example.com", password="x", consent="1").status_code

    assert [] == hashes


def test_guesses_of_others_do_not_close_the_owners_account_page(world):
    """Inside, the password is asked again and counted by the session: strangers' guesses at the door do not matter."""
    account = world.account("Known")
    stranger, inside = world.visitor(address="203.0.113.9"), world.as_(account)
    for _ in range(11):
        stranger.log_in(account.email, password="wrong")
    inside.get("/account")

    form = {"current_password": "правильный пароль 1", "password": "совсем новый", "password_again": "совсем новый"}

    assert 303 == inside.post("/account/password", **form).status_code
