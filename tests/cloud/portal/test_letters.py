"""Letters are in the language of their reader, whole; who has chosen none gets both, Russian first."""

from __future__ import annotations

import pytest

from cloud.db.models import Account, Membership, Registration
from cloud.web import letters, mails
from cloud.web.language import Language
from tests.cloud.places import PASSWORD
from tests.cloud.portal.test_entrance import FORM
from tests.cloud.portal.test_guests import happens, subject

RUSSIAN, ENGLISH = "въехал на территорию", "has entered"
"""Of the letter about a guest who has come."""


def speaks(world, account, language):
    with world.database.write() as session:
        session.get(Account, account.id).language = language


def language_of(world, account):
    with world.database.read() as session:
        return session.get(Account, account.id).language


def arrives(world, place):
    """The letter about a guest who has come."""
    with world.database.write() as session:
        session.get(Membership, int(place.ids["member_id"])).tell_arrived = True
    happens(world, place, "A777AA999", "open", "pass_valid")
    (letter,) = world.letters()
    return letter


@pytest.mark.parametrize(
    ("language", "said", "about"),
    [
        ("ru", (True, False), "Гость приехал: А777АА999"),
        ("en", (False, True), "Your guest has come: А777АА999"),
        (None, (True, True), "Гость приехал: А777АА999"),
    ],
)
def test_a_letter_is_in_the_language_of_its_reader(world, place, language, said, about):
    """Each says everything: the car, the place and the time; Russian comes first where nobody knows."""
    speaks(world, place.resident, language)

    letter = arrives(world, place)

    assert said == (RUSSIAN in letter, ENGLISH in letter)
    assert about == subject(letter)
    assert sum(said) == letter.count("Place A")
    assert letter.find(RUSSIAN) < letter.find(ENGLISH) or not all(said)


def test_the_language_is_the_last_that_was_chosen(world, place):
    """The button of a page, and the language of the browser in which somebody logs in; a page that nobody has set is no choice."""
    visitor = world.visitor()
    visitor.log_in("residenta@example.com", password=PASSWORD)
    assert language_of(world, place.resident) is None
    visitor.post("/preferences", language="en")
    assert "en" == language_of(world, place.resident)
    visitor.post("/preferences", language="xx")
    visitor.post("/preferences", theme="dark")
    assert "en" == language_of(world, place.resident)

    other = world.visitor()
    other.post("/preferences", language="ru")
    assert "en" == language_of(world, place.resident)
    other.log_in("residenta@example.com", password=PASSWORD)
    assert "ru" == language_of(world, place.resident)


def test_a_stranger_chooses_no_language(world, place):
    """Who asks for a new password of somebody in English has them written to in their own language."""
    speaks(world, place.resident, "ru")
    stranger = world.visitor()
    stranger.client.cookies.set("okter_language", "en")

    stranger.post("/reset", email="residenta@example.com")
    stranger.post("/register", **FORM | {"email": "residenta@example.com"})

    reset, known = world.letters()
    assert "Чтобы задать новый пароль" in reset
    assert "Вы уже зарегистрированы" in known
    assert not any(word in reset + known for word in ("To set a new password", "You are registered"))


@pytest.mark.parametrize("chosen", [True, False])
def test_who_registers_is_written_to_as_the_page_spoke(world, chosen):
    """In English where that was chosen on it, else in both."""
    visitor = world.visitor()
    if chosen:
        visitor.client.cookies.set("okter_language", "en")

    visitor.post("/register", **FORM)

    (letter,) = world.letters()
    assert "To finish your registration" in letter
    assert chosen is ("Чтобы закончить регистрацию" not in letter)
    with world.database.read() as session:
        assert 1 == session.query(Registration).count()


def test_what_people_have_typed_makes_no_lines_of_its_own(world, place):
    """A name is no second paragraph with a link of somebody else's, nor a place to fill."""
    with world.database.write() as session:
        member = session.get(Membership, int(place.ids["member_id"]))
        mails.asks_to_join(world.app.state.portal, session, member, "Пётр {link}\n\nhttps://evil.example", "дом\n2")
        member.role = "manager"

    (letter,) = world.letters()

    assert "Пётр {link} https://evil.example (дом 2) просит" in letter.replace("=\n", "")


def test_two_languages_are_two_letters_in_one():
    """A line between them, and the subject of the first."""
    words = letters.Words("Новый пароль в ОКтер", ("Здравствуйте!", "Вход: {url}/login\nНовый пароль: {url}/reset"))

    said = letters.made(words, letters.BOTH, lambda language: {"url": language.value})

    russian = "Здравствуйте!\n\nВход: ru/login\nНовый пароль: ru/reset\n"
    assert ("Новый пароль в ОКтер", f"{russian}\n--\nHello!\n\nLog in: en/login\nNew password: en/reset\n") == said
    assert "A new password for OKter" == letters.made(words, [Language.EN], lambda _: {"url": ""})[0]
