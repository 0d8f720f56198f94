"""Notices of the guard's page, as Chromium shows them: told of a car, led to its card, opened for it alone."""

from __future__ import annotations

import json
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from edge.neighbours.subscriptions import Subscription, Subscriptions, mark_of
from edge.persons import Persons
from tests.console.browser.conftest import DESKTOP, PHONE, Post
from tests.console.gates import waiting
from tests.patience import until

ON = '[web_push]\non = true\ncontact = "mailto:a@example.ru"\n'
READY = "() => navigator.serviceWorker.ready.then((found) => found.scope)"
SHOWN = """() => navigator.serviceWorker.ready.then((found) => found.getNotifications()).then(
  (all) => all.map((one) => ({ title: one.title, body: one.body, tag: one.tag, path: one.data.path, lang: one.lang })))"""


def test_a_push_message_is_shown(post: Post) -> None:
    """As the gate writes it, once however often it comes; one that is no JSON shows nothing and breaks nothing."""
    post.start(ON)
    page = post.look()
    page.context.grant_permissions(["notifications"], origin=post.url.rstrip("/"))
    page.goto(f"{post.url}notices")
    page.evaluate(READY)
    tools = page.context.new_cdp_session(page)
    registered: list[dict[str, object]] = []
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda event: registered.extend(event["registrations"]))
    tools.send("ServiceWorker.enable")
    until(lambda: page.evaluate("1") and registered)  # each call lets the browser's events in
    (worker,) = {one["registrationId"] for one in registered if not one["isDeleted"]}
    told = {"title": "entry: А 123 ВС 77", "body": "Ждёт: нет пропуска", "path": "/notice/v1?until=9", "tag": "v1"}
    told["lang"] = "ru"

    def push(data: str) -> None:
        message = {"origin": post.url.rstrip("/"), "registrationId": worker, "data": data}
        tools.send("ServiceWorker.deliverPushMessage", message)

    def shown_alone() -> bool:
        """Sent again each time: a look between Chromium's writing of a notice and its showing may take it away."""
        push(json.dumps(told))
        page.wait_for_timeout(200)
        return bool(page.evaluate(SHOWN) == [told])

    push("nonsense")
    until(shown_alone)
    assert [] == post.problems


@pytest.mark.long
@pytest.mark.parametrize(("size", "dark"), [(PHONE, True), (DESKTOP, False)], ids=["phone dark", "desktop light"])
def test_both_pages_are_whole_and_open_to_everybody(post: Post, size: dict[str, int], *, dark: bool) -> None:
    """Nothing sticks out, axe finds nothing, in both languages; the button is there, what a refusal means is told."""
    post.start(ON)
    post.gate.visits = (waiting(),)
    for lang in ("ru", "en"):
        page = post.look(size=size, lang=lang, dark=dark)
        page.emulate_media(reduced_motion="reduce")  # colours as they stay, not as they come
        for path in ("notices", f"notice/v1?until={int(time.monotonic()) + 59}"):
            page.goto(post.url + path)
            expect(page.locator("button.open:visible")).to_have_count(1)
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
            assert [] == [one["id"] for one in Axe().run(page).response["violations"]]
    assert [] == post.problems


@pytest.mark.long
def test_the_card_of_a_notice_opens_the_barrier_for_its_car(post: Post) -> None:
    """One touch on the card, a real relay process behind it, and the answer that it gave."""
    post.start(ON)
    post.gate.visits = (waiting(),)
    page = post.look()
    page.goto(f"{post.url}notice/v1?until={int(time.monotonic()) + 59}")
    page.get_by_label("Кого и почему").fill("к Ивановым")
    page.get_by_role("button", name="Открыть").click()
    expect(page.get_by_role("status")).to_contain_text("А 123 ВС 77")
    expect(page.get_by_role("heading", level=1)).to_have_class("good")


@pytest.mark.long
def test_on_is_what_the_gate_keeps(post: Post) -> None:
    """The browser has its subscription still: the page says "off" where the gate has none, "on" where it has, else neither."""
    there = "https://push.example.net/one"
    post.start(ON)
    page = post.look()
    page.context.grant_permissions(["notifications"], origin=post.url.rstrip("/"))
    page.add_init_script(
        f"PushManager.prototype.getSubscription = async () => ({{ endpoint: '{there}', options: {{}} }})"
    )
    state = page.locator('[data-push="state"]')
    page.goto(f"{post.url}notices")
    expect(state).to_have_text("Выключены.")
    kept = Subscriptions(post.config.state_dir)
    persons = Persons(post.config.state_dir)
    kept.put(Subscription(there, "p", "a", "ru", "", mark_of(persons, "", post.config.console.password)))
    page.goto(f"{post.url}notices")
    expect(state).to_have_text("Включены.")
    page.route("**/notices/kept", lambda route: route.abort())
    page.goto(f"{post.url}notices")
    expect(page.get_by_text("сейчас не узнать")).to_be_visible()
    expect(state).to_have_text("")
