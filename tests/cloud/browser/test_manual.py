"""The short procedures of the user manual, step by step, in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.long]


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "plain"])
def test_a_resident_files_a_pass(people, javascript):
    """1.2, 1.3 and 1.1 of the manual lead a stranger to a pass on the list, with and without JavaScript."""
    tag = "s" if javascript else "p"
    manager = people.new("Управляющая Анна", f"manager-{tag}@example.com", javascript=javascript)
    code = manager.create_territory(f"СНТ Ромашка {tag}")

    resident = people.new("Иванов Иван", f"resident-{tag}@example.com", javascript=javascript, phone=True)
    resident.join(code, "Участок 632 и 633 (дом 148)")
    expect(resident.page.get_by_text("Ожидает подтверждения")).to_be_visible()

    manager.enter(f"СНТ Ромашка {tag}")
    manager.page.get_by_role("link", name="Участники").click()
    expect(manager.page.get_by_text("Иванов Иван")).to_be_visible()
    manager.press("Подтвердить")
    expect(manager.page.get_by_text("Запрос подтверждён")).to_be_visible()

    resident.enter(f"СНТ Ромашка {tag}")
    resident.press("Добавить новую заявку")
    resident.fill("Номер автомобиля", "A777AA999")
    resident.press("3 дня")
    resident.press("Добавить")
    expect(resident.page.get_by_text("A777AA999")).to_be_visible()
    expect(resident.page.get_by_text("Действует", exact=True)).to_be_visible()


def test_the_guard_checks_a_plate(people):
    """An operator types a plate and reads whether it may enter, whose guest it is and whom to call."""
    manager = people.new("Управляющий Пётр", "manager-g@example.com")
    code = manager.create_territory("Посёлок Дубки")
    manager.press_link("Заявки")
    manager.press("Добавить новую заявку")
    manager.fill("Номер автомобиля", "а123вс77")
    manager.press("Добавить")

    guard = people.new("Охранник Олег", "guard@example.com", phone=True)
    guard.join(code, "КПП")
    manager.press_link("Участники")
    manager.page.get_by_label("Роль").select_option(label="Оператор")
    manager.press("Подтвердить")

    guard.enter("Посёлок Дубки")
    guard.fill("Номер автомобиля", "A123BC77")
    guard.press("Проверить")
    expect(guard.page.get_by_text("Въезд разрешён")).to_be_visible()
    assert guard.page.get_by_role("link", name=re.compile("Позвонить")).get_attribute("href") == "tel:+79123456789"
    guard.fill("Номер автомобиля", "В999ОР50")
    guard.press("Проверить")
    expect(guard.page.get_by_text("Въезд запрещён")).to_be_visible()
    expect(guard.page.get_by_text("Нет пропуска")).to_be_visible()
