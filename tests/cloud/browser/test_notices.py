"""Notices on this device, as Chromium shows them: a push message of the portal becomes a notice with its text."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from tests.bot_api import TOKEN, bot_server
from tests.cloud.browser.conftest import People, free_port, serving
from tests.cloud.browser.test_accessibility import RUN
from tests.patience import until

pytestmark = pytest.mark.browser

READY = "() => navigator.serviceWorker.ready.then((found) => found.scope)"
SHOWN = """() => navigator.serviceWorker.ready.then((found) => found.getNotifications()).then(
  (all) => all.map((one) => ({ title: one.title, body: one.body, tag: one.tag, path: one.data.path, lang: one.lang })))"""


def test_a_push_message_is_shown(people):
    """A message that arrives is shown once with its words; one that is no JSON shows nothing and breaks nothing."""
    person = people.stranger("Никто", "nobody@example.com", phone=True)
    page = person.page
    page.context.grant_permissions(["notifications"], origin=person.portal.url)
    page.goto(f"{person.portal.url}/login")
    page.evaluate(READY)
    tools = page.context.new_cdp_session(page)
    registered = []
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda event: registered.extend(event["registrations"]))
    tools.send("ServiceWorker.enable")
    until(lambda: page.evaluate("1") and registered)  # each call lets the browser's events in
    (worker,) = {one["registrationId"] for one in registered if not one["isDeleted"]}
    told = {
        "title": "Гостя не пропустили: А777АА999",
        "body": "СНТ",
        "path": "/t/123-456/guests/1",
        "tag": "g",
        "lang": "ru",
    }

    for data in ("nonsense", json.dumps(told)):
        message = {"origin": person.portal.url, "registrationId": worker, "data": data}
        tools.send("ServiceWorker.deliverPushMessage", message)

    page.wait_for_function(f"async () => (await ({SHOWN})()).length > 0")
    assert [told] == page.evaluate(SHOWN)


def test_the_page_offers_notices(people):
    """A browser that can has the button on «Уведомления»; what the push service refuses is told in words."""
    person = people.new("Управляющая Вера", "vera@example.com", phone=True)
    code = person.create_territory("СНТ Уведомлений")
    page = person.page
    page.goto(f"{person.portal.url}/t/{code}/notices")
    button = page.get_by_role("button", name="Включить на этом устройстве")
    expect(button).to_be_visible()
    expect(page.get_by_text("Этот браузер уведомлений не умеет")).to_be_hidden()

    button.click()  # a test's browser has nobody to ask: it is refused

    expect(page.locator("#push .error:visible")).to_have_count(1)
    person.problems.clear()


@pytest.mark.long
def test_a_chat_is_tied_and_untied_from_the_page(browser, tmp_path):
    """`okter serve` with a bot: the page's link, sent to the bot, ties the chat, which the page then shows and lets go; axe finds nothing."""
    with (
        bot_server() as bot,
        serving(tmp_path, free_port(), OKTER_TELEGRAM_TOKEN=TOKEN, OKTER_TELEGRAM_API=bot.url) as portal,
    ):
        group = People(browser, portal)
        person = group.new("Управляющая Вера", "vera@example.com", phone=True)
        notices = f"{portal.url}/t/{person.create_territory('СНТ Телеграм')}/notices"
        page = person.page
        page.goto(notices)
        expect(page.get_by_text("Telegram — иностранная служба")).to_be_visible()
        page.evaluate(AXE_SCRIPT)
        assert [] == page.evaluate(RUN)
        person.press("Подключить Telegram")  # the browser itself wants the tick first
        expect(page).to_have_url(notices)
        page.get_by_label("Согласен, чтобы уведомления передавались в Telegram, за границу").check()
        person.press("Подключить Telegram")
        link = page.get_by_role("link", name="Открыть Telegram").get_attribute("href")
        page.evaluate(AXE_SCRIPT)
        assert [] == page.evaluate(RUN)
        base, code = link.split("?start=")
        assert f"https://t.me/{bot.name}" == base

        bot.write(7, f"/start {code}")

        ((chat, said),) = bot.wait(1)
        assert (7, True) == (chat, said.startswith(f"Готово: уведомления с {portal.url}"))
        page.goto(notices)
        person.press("Отключить Telegram")
        expect(page.get_by_text("Telegram отключён: туда больше ничего не придёт.")).to_be_visible()
        expect(page.get_by_role("button", name="Подключить Telegram")).to_be_visible()
        assert [] == person.problems
        group.close()
