"""The guard's page in a browser: opening for who waits, and what it says when it knows nothing any more."""

from __future__ import annotations

import re
import signal

import pytest
from playwright.sync_api import Page, expect

from relay.client import RelayClient
from tests.console.browser.conftest import DESKTOP, PHONE, Post
from tests.console.gates import until, waiting

LOST = re.compile(r"^Нет связи с пультом \d+ с")


def ready(page: Page) -> None:
    """The stream has come: buttons are promised, and the picture is of now."""
    expect(page.locator(".lane.unready, .gone, .waiting.unready")).to_have_count(0)
    expect(page.locator("figcaption")).to_have_text(re.compile(r"^(кадру \d+ с|\d+ s ago)$"))


def pulses(post: Post) -> int:
    return RelayClient(post.config.state_dir).status().barriers[0].pulses


def test_open_for_a_refused_guest(post: Post) -> None:
    """A card at the top by itself, one confirmation, no other page, the relay's own answer; then the car is gone."""
    post.start()
    page = post.look()
    ready(page)
    expect(page.get_by_text("Никто не ждёт.")).to_be_visible()
    post.gate.visits = (waiting(),)
    card = page.locator("article.waiting")
    expect(card.get_by_role("heading", name="А 123 ВС 77")).to_be_visible()
    expect(card.get_by_text("пропуск закончился вчера в 18:00")).to_be_visible()
    expect(card.get_by_role("link", name="+7 912 345-67-89")).to_have_attribute("href", "tel:+79123456789")
    assert card.bounding_box()["y"] < page.locator("article.lane").bounding_box()["y"]
    assert 0 == pulses(post)
    card.get_by_text("Открыть", exact=True).click()
    assert 0 == pulses(post)
    card.get_by_label("Кого и почему (в журнал)").fill("к Ивановым")
    card.get_by_role("button", name="Да, открыть А 123 ВС 77").click()
    expect(card.locator("output")).to_have_text(re.compile("открыто, плата подтвердила|команда открыть отдана"))
    assert 1 == pulses(post)
    assert post.url in page.url
    assert "/visit/" not in page.url
    post.gate.visits = ()
    expect(card).to_have_count(0)
    expect(page.get_by_text("Никто не ждёт.")).to_be_visible()
    assert [] == post.problems


@pytest.mark.long
def test_a_car_that_leaves_under_the_finger(post: Post) -> None:
    """The question stays where it is, its button dies, and says why; nothing opens."""
    post.gate.visits = (waiting(),)
    post.start()
    page = post.look()
    ready(page)
    card = page.locator("article.waiting")
    card.get_by_text("Открыть", exact=True).click()
    post.gate.visits = (waiting("v2", plate="B555OO77"),)
    old = page.locator('article.waiting[data-visit="v1"]')
    expect(old.get_by_text("Этой машины уже не видно.")).to_be_visible()
    expect(old.locator("form button")).to_be_disabled()
    expect(page.locator('article.waiting[data-visit="v2"]')).to_be_visible()
    assert 0 == pulses(post)


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_page_without_its_server_says_so(post: Post, how: signal.Signals) -> None:
    """Killed, or silent: greyed, counting seconds, buttons dead, pictures told to be old; back again when it is."""
    post.gate.visits = (waiting(),)
    post.start()
    page = post.look()
    ready(page)
    post.kill("console", how)
    expect(page.locator("#link")).to_have_text(LOST)
    expect(page.locator("body")).to_have_class("gone")
    for button in page.locator("details.ask form button").all():
        expect(button).to_be_disabled()
    expect(page.locator("figure.picture")).to_have_class(re.compile("old"))
    expect(page.locator("figcaption")).to_have_text(re.compile("старая картинка"))
    if how is signal.SIGKILL:
        post.start_console()
    else:
        post.kill("console", signal.SIGCONT)
    expect(page.locator("#link")).to_be_hidden()
    ready(page)
    lane = page.locator("article.lane")
    lane.get_by_text("Открыть", exact=True).click()
    lane.get_by_role("button", name="Да, открыть «Въезд с Лесной»").click()
    expect(lane.locator("output")).to_have_class("answer well")
    assert 1 == pulses(post)


@pytest.mark.long
def test_without_gate_run_nobody_is_said_to_wait(post: Post) -> None:
    """Decisions and pictures are told to be unknown, the card goes; the lane's button still works: the relay answers."""
    post.gate.visits = (waiting(),)
    post.start()
    page = post.look()
    ready(page)
    assert post.serving is not None
    post.serving.end()
    expect(page.get_by_text("Программа шлагбаума (gate run) не отвечает")).to_be_visible()
    expect(page.locator("article.waiting")).to_have_count(0)
    expect(page.get_by_text("Кто ждёт, неизвестно.")).to_be_visible()
    expect(page.locator("figcaption")).to_have_text(re.compile("старая картинка"))
    lane = page.locator("article.lane")
    lane.get_by_text("Открыть", exact=True).click()
    lane.get_by_role("button", name="Да, открыть «Въезд с Лесной»").click()
    until(lambda: pulses(post) == 1)


@pytest.mark.long
def test_buttons_are_promised_only_by_the_relay(post: Post) -> None:
    """A relay process that is gone: told at once, buttons dead; and alive again when it is back."""
    post.start()
    page = post.look()
    ready(page)
    post.kill("relay")
    expect(page.get_by_text("(gate relay) не отвечает: кнопки не действуют")).to_be_visible()
    expect(page.locator(".lane details.ask form button").first).to_be_disabled()
    post.start_relay()
    ready(page)


@pytest.mark.long
def test_an_old_picture_is_no_live_one(post: Post) -> None:
    """A camera whose frames stopped: its age is told, and the picture is greyed; a frozen one too."""
    post.start()
    page = post.look()
    ready(page)
    expect(page.locator("figcaption")).to_have_text(re.compile(r"^кадру \d+ с$"))
    expect(page.locator("svg .plate-box")).to_have_count(1)
    post.gate.age_s = 9.0
    expect(page.locator("figcaption")).to_have_text(re.compile(r"^старая картинка: \d+ с$"))
    expect(page.locator("figure.picture")).to_have_class(re.compile("old"))
    post.gate.age_s, post.gate.frozen = 0.1, True
    expect(page.locator("figcaption")).to_have_text("картинка застыла")


@pytest.mark.long
def test_hold_counts_down_and_release_says_what_it_did(post: Post) -> None:
    """The lane shows what the hold has left; a release tells that it ended, and a second one that there was none."""
    post.start()
    page = post.look(size=DESKTOP)
    ready(page)
    lane = page.locator("article.lane")
    lane.get_by_text("Удержать", exact=True).click()
    lane.get_by_label("На сколько минут").fill("3")
    lane.get_by_role("button", name="Да, держать «Въезд с Лесной» открытым").click()
    expect(lane.locator("output")).to_have_text("«Въезд с Лесной»: удерживается открытым 3 мин.")
    expect(lane.get_by_role("timer")).to_have_text(re.compile(r"^держится ещё 2:\d\d$"))
    for said in ("удержание снято", "и не удерживался"):
        lane.get_by_text("Отпустить", exact=True).click()
        lane.get_by_role("button", name="Да, отпустить «Въезд с Лесной»").click()
        expect(lane.locator("output")).to_have_text(re.compile(said))
    expect(lane.get_by_role("timer")).to_be_hidden()


@pytest.mark.long
def test_sound_is_off_until_it_is_wanted(post: Post) -> None:
    """One button, which keeps its word; a page loaded anew says that it waits for a touch."""
    post.start()
    page = post.look()
    sound = page.locator("#sound")
    expect(sound).to_have_text("Звук выключен")
    sound.click()
    expect(sound).to_have_text("Звук включён")
    page.reload()
    expect(sound).to_have_text(re.compile("Звук включён|Коснитесь, чтобы звук заработал"))


@pytest.mark.long
def test_without_scripts(post: Post) -> None:
    """The same question without a script: the answer is a page of its own."""
    post.gate.visits = (waiting(),)
    post.start()
    page = post.look(javascript=False)
    card = page.locator("article.waiting")
    card.get_by_text("Открыть", exact=True).click()
    card.get_by_role("button", name="Да, открыть А 123 ВС 77").click()
    expect(page.get_by_role("status")).to_have_text(re.compile("А 123 ВС 77"))
    assert 1 == pulses(post)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize(("lang", "title"), [("ru", "Последние проезды"), ("en", "Last visits")])
def test_every_way_to_look_at_it(standing_post: Post, size: dict, lang: str, title: str) -> None:
    """Phone and desktop, both languages, light and dark: nothing sticks out, and a finger can hit every button."""
    page = standing_post.look(size=size, lang=lang)
    ready(page)
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    small = "[...document.querySelectorAll('button, summary, .call')].filter((one) => one.offsetParent && one.offsetHeight < 44).length"
    for scheme, ground in (("light", "rgb(242, 245, 247)"), ("dark", "rgb(17, 21, 26)")):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert 0 == page.evaluate(small)
        assert ground == page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert [] == standing_post.problems
