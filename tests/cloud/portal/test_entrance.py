"""Registration, log-in, devices, and what a stranger cannot learn."""

from __future__ import annotations

import asyncio
import hashlib
import re
import socket
import threading
from datetime import timedelta
from itertools import islice
from pathlib import Path
from urllib.parse import urlencode

import pytest
from argon2 import PasswordHasher

import cloud.web
from cloud.app import create_app
from cloud.db.models import Account, Device, Letter, LetterState, utc_now
from cloud.domain import accounts, consent, limits, passwords
from cloud.domain.errors import Invalid
from cloud.settings import MailSettings, Settings
from cloud.web import forms

FORM = {
    "name": "Иванов Иван",
    "phone": "8 (912) 345-67-89",
    "email": "Ivanov@Example.com",
    "password": "правильный пароль 1",
    "password_again": "правильный пароль 1",
    "consent": "1",
}
LINK = re.compile(r"http://portal\.test(/(?:confirm|reset|email)/\S+)")


def accounts_in(world):
    with world.database.read() as session:
        return session.query(Account).all()


def register(world, **changes):
    """A visitor who has registered, and the link of their letter."""
    visitor = world.visitor()
    assert "/register/sent" == visitor.post("/register", **(FORM | changes)).headers["location"]
    return visitor, LINK.search(world.letters()[-1])[1]


def test_registration_ends_with_the_link(world):
    """The link of the letter is opened, and from then on the person gets in with their password (the manual, 1.2)."""
    visitor, link = register(world)
    assert "Подтвердите адрес" in visitor.log_in("ivanov@example.com").text

    visitor.get(link)

    assert "/territories" == visitor.log_in("ivanov@example.com").headers["location"]
    assert ["+79123456789"] == [account.phone for account in accounts_in(world)]


def test_the_page_of_the_link_takes_in_by_the_password(world):
    """On another device than the one that registered, the page of the link asks for the password and logs in."""
    _, link = register(world)
    elsewhere = world.visitor()
    elsewhere.get(link)
    assert "Неверный пароль" in elsewhere.post(link, password="wrong").text
    assert [] == accounts_in(world)

    assert "/territories" == elsewhere.post(link, password=FORM["password"]).headers["location"]

    assert 200 == elsewhere.get("/territories").status_code
    assert 404 == world.visitor().get(link).status_code


def test_a_mail_scanner_confirms_nothing(world):
    """Whoever merely opens the link, as mail scanners do, makes no account."""
    registering, link = register(world)

    assert 200 == world.visitor().get(link).status_code

    assert [] == accounts_in(world)
    assert "Подтвердите адрес" in registering.log_in("ivanov@example.com").text


def test_nobody_confirms_a_strangers_password(world):
    """Somebody registers the victim's address first: the victim's own registration keeps its own password."""
    _, strangers = register(world, password="чужой пароль 1", password_again="чужой пароль 1", name="Чужой Человек")
    victim, own = register(world)
    for opened in (strangers, own):
        victim.get(opened)

    assert "/territories" == victim.log_in("ivanov@example.com").headers["location"]

    assert ["Иванов Иван"] == [account.name for account in accounts_in(world)]
    assert "Неверная почта" in world.visitor().log_in("ivanov@example.com", password="чужой пароль 1").text
    assert 404 == world.visitor().get(strangers).status_code


def test_a_strangers_letter_is_worthless_to_the_victim_alone(world):
    """The victim who opens a stranger's link and does not know its password has made no account for the stranger."""
    stranger, link = register(world, password="чужой пароль 1", password_again="чужой пароль 1")
    victim = world.visitor()
    victim.get(link)

    for _ in range(3):
        assert 422 == victim.post(link, password="мой пароль 123").status_code

    assert [] == accounts_in(world)
    assert "Подтвердите адрес" in stranger.log_in("ivanov@example.com", password="чужой пароль 1").text


def test_a_strangers_wishes_use_up_nobody_elses_letters(world):
    """A stranger who registers an address over and over is told to wait; its owner's own letter still comes."""
    for _ in range(limits.MAILS_FROM_ONE.most + 2):
        last = world.visitor(address="203.0.113.9").post("/register", **FORM)
    assert "Слишком много попыток" in last.text
    letters = len(world.letters())

    register(world)

    assert letters + 1 == len(world.letters())


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", " ", "Введите фамилию и имя"),
        ("phone", "позвоните", "Введите номер телефона"),
        ("email", "ivanov", "Введите адрес электронной почты"),
        ("password_again", "другой пароль", "должны совпадать"),
        ("password", "short", "не короче 8"),
        ("consent", "", "Примите политику"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(world, field, value, words):
    """A registration with one bad field is refused with words that name it, and nothing is stored."""
    answer = world.visitor().post("/register", **(FORM | {field: value}))

    assert 422 == answer.status_code
    assert words in answer.text
    assert [] == accounts_in(world)


def test_a_known_address_cannot_be_told_from_a_new_one(world):
    """Registration, reset and log-in answer the same for a known address as for an unknown one."""
    known = world.account("Known").email

    def answers(email):
        visitor = world.visitor()
        pages = [
            visitor.post("/register", **(FORM | {"email": email})),
            visitor.post("/reset", email=email),
            visitor.log_in(email, password="a wrong password"),
        ]
        return [(page.status_code, page.headers.get("location"), _stripped(page.text, email)) for page in pages]

    assert answers("nobody@example.com") == answers(known)


def _stripped(page, email):
    return re.sub(r'name="csrf" value="\w+"', "", page).replace(email, "")


def test_registering_again_does_not_touch_the_account(world):
    """Whoever registers a confirmed address anew changes neither its password nor its name; its owner gets a letter."""
    known = world.account("Known")

    world.visitor().post("/register", **(FORM | {"email": known.email}))

    (account,) = accounts_in(world)
    assert (known.name, known.password_hash) == (account.name, account.password_hash)
    assert "/login" in world.letters()[-1]


def test_log_in_asks_for_consent(world):
    """Log-in without the consent is refused even with the right password."""
    account = world.account("Known")

    assert "Примите политику" in world.visitor().log_in(account.email, consent="").text


def test_a_session_is_new_at_log_in(world):
    """A session that was planted before log-in is worth nothing after it."""
    account = world.account("Known")
    visitor = world.visitor()
    visitor.client.cookies.set("okter", "planted")

    visitor.log_in(account.email)

    assert "planted" not in [cookie.value for cookie in visitor.client.cookies.jar if cookie.domain]
    stranger = world.visitor()
    stranger.client.cookies.set("okter", "planted")
    assert "/login" == stranger.get("/territories").headers["location"]


def test_guessing_stops(world):
    """After ten wrong passwords even the right one waits."""
    account = world.account("Known")
    visitor = world.visitor()
    for _ in range(10):
        visitor.log_in(account.email, password="wrong")

    assert "Слишком много попыток" in visitor.log_in(account.email).text


def test_guessing_all_at_once_stops_too(world, monkeypatch):
    """Of thirty wrong passwords sent at the same moment ten are looked at."""
    account, visitor, looked_at, all_in = world.account("Known"), world.visitor(), [], threading.Event()

    def slowly(password_hash, password):
        looked_at.append(password)
        all_in.wait(10)
        return False

    monkeypatch.setattr(passwords, "matches", slowly)
    visitor.get("/login")
    form = urlencode({"csrf": visitor.csrf, "email": account.email, "password": "wrong", "consent": "1"})

    async def all_at_once():
        headers = {"content-type": "application/x-www-form-urlencoded"}
        sent = [asyncio.create_task(visitor.client.post("/login", content=form, headers=headers)) for _ in range(30)]
        for refused in islice(asyncio.as_completed(sent), 20):
            await refused
        all_in.set()
        await asyncio.gather(*sent)

    world.runner.run(all_at_once())

    assert 10 == len(looked_at)


def test_the_eleventh_device_asks_for_room(world):
    """Ten devices are in; the eleventh is shown the oldest first, gets nowhere until one leaves, and then gets in."""
    account = world.account("Known")
    now = utc_now()
    with world.database.write() as session:
        for age in range(10):
            session.add(
                Device(
                    token_hash=f"{age:064}",
                    account_id=account.id,
                    created_at=now,
                    last_seen_at=now - timedelta(days=age),
                    expires_at=now + timedelta(days=1),
                    user_agent=f"Firefox/{age}",
                )
            )
    visitor = world.visitor()

    assert "/devices/full" == visitor.log_in(account.email).headers["location"]
    assert "/devices/full" == visitor.get("/territories").headers["location"]
    page = visitor.get("/devices/full").text
    assert page.index("самое старое") < page.index("Завершить и продолжить")
    oldest = re.search(r"/devices/full/(\d+)", page)[1]
    assert "/territories" == visitor.post(f"/devices/full/{oldest}").headers["location"]
    assert 200 == visitor.get("/territories").status_code
    with world.database.read() as session:
        left = accounts.live_devices(session, account, now=now)
        assert 10 == len(left)
        assert "Firefox/9" not in [device.user_agent for device in left]


def test_a_removed_device_is_out(world):
    """Removing a device on the page of devices ends its session at once; another person's device is not there."""
    account = world.account("Known")
    here, there, foreign = world.as_(account), world.as_(account), world.as_(world.account("Other"))
    with world.database.read() as session:
        device_id = session.query(Device).filter_by(account_id=account.id).order_by(Device.id.desc()).first().id

    assert 404 == foreign.post(f"/devices/{device_id}/remove").status_code
    assert 303 == here.post(f"/devices/{device_id}/remove").status_code

    assert "/login" == there.get("/territories").headers["location"]
    assert 200 == here.get("/territories").status_code


def test_a_new_password_ends_every_session(world):
    """The link of a reset works once, sets the password and logs everybody out."""
    account = world.account("Known")
    inside = world.as_(account)
    visitor = world.visitor()
    visitor.post("/reset", email=account.email)
    link = LINK.search(world.letters()[-1])[1]
    visitor.get(link)

    answer = visitor.post(link, password="совсем новый", password_again="совсем новый")

    assert "/login" == answer.headers["location"]
    assert "/login" == inside.get("/territories").headers["location"]
    assert 404 == visitor.get(link).status_code
    assert "Неверная почта" in visitor.log_in(account.email).text
    assert 303 == visitor.log_in(account.email, password="совсем новый").status_code


def test_a_new_password_ends_the_wait(world):
    """Whoever guessed wrong ten times and then set a new password by mail gets in with it at once."""
    account = world.account("Known")
    visitor = world.visitor()
    for _ in range(10):
        visitor.log_in(account.email, password="wrong")
    visitor.get("/reset")
    visitor.post("/reset", email=account.email)
    link = LINK.search(world.letters()[-1])[1]
    visitor.get(link)
    visitor.post(link, password="совсем новый", password_again="совсем новый")

    assert 303 == visitor.log_in(account.email, password="совсем новый").status_code


def test_a_changed_address_makes_its_letters_worthless(world):
    """A reset link that went to the old address opens nothing once the address has changed."""
    account = world.account("Known")
    visitor = world.as_(account)
    world.visitor().post("/reset", email=account.email)
    link = LINK.search(world.letters()[-1])[1]
    assert 200 == world.visitor().get(link).status_code
    visitor.get("/account")
    visitor.post("/account/email", email="new@example.com", current_password="правильный пароль 1")

    change = LINK.search(world.letters()[-1])[1]
    visitor.get(change)
    assert 200 == world.visitor().get(link).status_code
    visitor.post(change)

    assert 404 == world.visitor().get(link).status_code


@pytest.mark.parametrize(
    "typed", ["a:known@example.com", "known@example.com:", "a[b@c.ru", "a\\b@c.ru", "a|b@c.ru", "a@[1.2.3].ru"]
)
def test_an_address_means_itself_in_a_header(typed):
    """An address that a mail header would read as something else is none: its letters would reach another person."""
    with pytest.raises(Invalid):
        accounts.read_email(typed)


def test_the_address_changes_by_a_link_to_the_new_one(world):
    """A new address counts only when its link was opened and said yes to; the old one is told."""
    account = world.account("Known")
    visitor = world.as_(account)
    visitor.get("/account")
    visitor.post("/account/email", email="new@example.com", current_password="правильный пароль 1")
    assert ["known@example.com"] == [row.email for row in accounts_in(world)]

    link = LINK.search(world.letters()[-1])[1]
    visitor.get(link)
    assert ["known@example.com"] == [row.email for row in accounts_in(world)]
    visitor.post(link)

    assert ["new@example.com"] == [row.email for row in accounts_in(world)]
    assert "To: known@example.com" in world.letters()[-1]


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example", "https://evil.example", "/t\\x"])
def test_log_in_leads_only_inside(world, path):
    """The page to go to after log-in is ever one of this portal."""
    account = world.account("Known")
    visitor = world.visitor()
    visitor.get("/login")

    answer = visitor.post("/login", email=account.email, password="правильный пароль 1", consent="1", next=path)

    assert "/territories" == answer.headers["location"]


@pytest.mark.parametrize(
    "password",
    ["12345678", "87654321", "qwerty123", "йцукен123", "1qaz2wsx", "aaaaaaaa", "12341234", "password1", "P@ssw0rd!",
     "пароль123", "парольпароль", "01021985", "89123456789", "ivanov123", "Иванов1234", "шлагбаум1", "ivanov@example.com"],
)  # fmt: skip
def test_a_password_that_everybody_tries_first_is_refused(world, password):
    """Common words, rows of keys, repetitions, dates and the person's own name are no passwords."""
    answer = world.visitor().post("/register", **(FORM | {"password": password, "password_again": password}))

    assert "одним из первых" in answer.text


@pytest.mark.parametrize("password", ["правильный пароль 1", "сосна дрова чайник", "kX8#tq2Lw", "123456789012", "Ivanov любит рыбалку"])  # fmt: skip
def test_a_password_of_some_words_is_taken(password):
    """What nobody tries among the first passes, also with a common word in it."""
    passwords.check_new(password, password, about=("Иванов Иван", "ivanov@example.com"))


def test_the_version_that_was_accepted_is_kept(world, monkeypatch):
    """Registration and log-in keep which version of the texts was accepted, each once, and the person's export tells."""
    visitor, link = register(world)
    visitor.get(link)
    visitor.log_in("ivanov@example.com")
    visitor.log_in("ivanov@example.com")
    monkeypatch.setitem(consent.accept.__kwdefaults__, "version", "2099-01-01")
    visitor.log_in("ivanov@example.com")

    kept = visitor.get("/account/export").json()["consents"]

    assert [consent.CURRENT, "2099-01-01"] == [row["version"] for row in kept]
    assert "192.0.2.1" == kept[0]["address"]


def test_a_changed_text_is_a_new_version():
    """Whoever changes the texts that people accept gives them a new date."""
    page = Path(cloud.web.__file__).parent / "html" / "legal.html"

    assert consent.VERSIONS[consent.CURRENT] == hashlib.sha256(page.read_bytes()).hexdigest()


def test_a_half_sent_form_does_not_wait_for_ever(world, monkeypatch):
    """A form whose rest never comes is answered 408 after its time."""
    monkeypatch.setattr(forms, "FORM_S", 0.05)
    visitor = world.visitor()
    visitor.get("/login")

    async def half():
        yield b"email=a"
        await asyncio.sleep(30)

    headers = {"content-type": "application/x-www-form-urlencoded"}

    assert 408 == visitor.request("POST", "/login", content=half(), headers=headers).status_code


def test_a_silent_mail_server_keeps_no_page_waiting(world):
    """Registrations are answered while the mail server accepts and says nothing; the letters wait, and people are told."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        mail = MailSettings(host="127.0.0.1", port=silent.getsockname()[1], security="none")
        settings = Settings(world.settings.data_dir, world.settings.database_url, "http://portal.test", b"key", mail)
        app = create_app(settings)
        visitor = type(world.visitor())(app, world.runner)
        for number in range(5):
            answer = visitor.post("/register", **(FORM | {"email": f"i{number}@example.com"}))
            assert "/register/sent" == answer.headers["location"]

        assert 200 == visitor.get("/login").status_code
        app.state.database.close()
    with world.database.write() as session:
        waiting = session.query(Letter).filter_by(state=LetterState.WAITING).all()
        assert 5 == len(waiting)
        for letter in waiting:
            letter.created_at -= timedelta(minutes=5)
    assert "Письмо не потеряно" in visitor.get("/register/sent").text
    visitor.close()


def test_a_password_costs_what_owasp_asks():
    """Outside the tests a hash takes 19 MiB, two passes and one lane, and one that took less is made anew."""
    assert (2, 19456, 1) == (passwords.TIME_COST, passwords.MEMORY_KIB, passwords.LANES)
    real = PasswordHasher(time_cost=passwords.TIME_COST, memory_cost=passwords.MEMORY_KIB, parallelism=passwords.LANES)
    assert real.hash("x").startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert real.check_needs_rehash(passwords.hashed("x"))  # the tests' own are cheap


def test_a_form_tells_all_its_mistakes_at_once(world):
    """Whoever registers with four mistakes reads four, each at its field, and what was typed stays."""
    answer = world.visitor().post("/register", name="Иванов Иван", phone="1", email="нет", password="123")

    assert 422 == answer.status_code
    assert {"e-phone", "e-email", "e-password", "e-consent"} == set(re.findall(r'id="(e-[a-z]+)"', answer.text))
    assert 'value="Иванов Иван"' in answer.text
