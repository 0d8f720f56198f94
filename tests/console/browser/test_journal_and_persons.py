"""The journal and the door in a browser: found, paged, added to the list, by whom."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from edge.persons import Persons, Role
from edge.store.journal import Journal
from tests.console.browser.conftest import DESKTOP, PHONE, Post
from tests.store.records import visit_record

PIN = "482913"


@pytest.mark.parametrize("size", [PHONE, pytest.param(DESKTOP, marks=pytest.mark.long)], ids=["phone", "desktop"])
def test_from_a_part_of_a_plate_to_the_local_list(post: Post, size: dict[str, int]) -> None:
    """A guard logs in by PIN, finds a visit by three digits, and lets its car in for today; nothing sticks out."""
    post.start()
    Persons(post.config.state_dir).put("Иван Петров", Role.GUARD, PIN)
    with Journal(post.config.state_dir / "journal.db") as journal:
        journal.record(visit_record(77, plate="B555OO77", display="В 555 ОО 77"))
    page = post.look(size=size)
    page.get_by_label("Имя").fill("Иван Петров")
    page.get_by_label("PIN или пароль").fill(PIN)
    page.get_by_role("button", name="Войти").click()
    page.get_by_role("link", name="Журнал").first.click()
    page.get_by_label("Часть номера").fill("555")
    page.get_by_role("button", name="Найти").click()
    expect(page.locator(".visits li")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.get_by_role("link", name="В 555 ОО 77").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.get_by_role("link", name="В местный список").click()
    expect(page.get_by_text("Пропуск будет действовать до конца сегодняшнего дня.")).to_be_visible()
    page.get_by_label("Чья машина и телефон").fill("к Ивановым")
    page.get_by_role("button", name="Добавить").click()
    expect(page.get_by_role("status")).to_contain_text("В 555 ОО 77: в местном списке")
    assert [] == post.problems


@pytest.mark.long
def test_a_removed_guard_is_out_at_once(post: Post) -> None:
    """The open page of somebody removed goes to the door by itself."""
    post.start()
    persons = Persons(post.config.state_dir)
    persons.put("Иван", Role.GUARD, PIN)
    persons.put("Анна", Role.TECHNICIAN, "длинный пароль")
    page = post.look()
    page.get_by_label("Имя").fill("Иван")
    page.get_by_label("PIN или пароль").fill(PIN)
    page.get_by_role("button", name="Войти").click()
    expect(page.locator(".lane.unready")).to_have_count(0)
    persons.remove("Иван")
    expect(page.get_by_role("heading", name="Вход")).to_be_visible()


@pytest.mark.long
def test_installable(post: Post) -> None:
    """A manifest with its icons, also before anybody has logged in."""
    post.start()
    page = post.look()
    found = page.evaluate(
        "fetch('/manifest.webmanifest').then((answer) => answer.json()).then(async (manifest) => "
        "[manifest.display, (await Promise.all(manifest.icons.map((icon) => fetch(icon.src)))).every((answer) => answer.ok)])"
    )
    assert ["standalone", True] == found
