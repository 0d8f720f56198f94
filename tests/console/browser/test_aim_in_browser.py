"""The aim assistant under a finger: live, drawn on, and never old as new."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from edge.config import load
from tests.console.browser.conftest import DESKTOP, PHONE, Post


def aim(post: Post, page: Page, more: str = "") -> None:
    page.goto(f"{post.url}aim/entry{more}")
    expect(page.locator("figcaption")).to_have_text(re.compile(r"^(кадру \d+ с|\d+ s ago)$"))


def drag(page: Page, left: float, top: float, right: float, bottom: float) -> None:
    box = page.locator("figure.picture canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + left * box["width"], box["y"] + top * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + right * box["width"], box["y"] + bottom * box["height"], steps=4)
    page.mouse.up()


@pytest.mark.parametrize("size", [PHONE, pytest.param(DESKTOP, marks=pytest.mark.long)])
def test_zone_and_mask_are_drawn_and_saved(post: Post, size: dict[str, int]) -> None:
    """A finger draws the zone, as far as the edge, and two more rectangles the mask; saved, they are the lane's settings; nothing scrolls sideways."""
    post.start()
    page = post.look(size=size)
    aim(post, page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    drag(page, 0.5, 0.5, 0.6, 0.6)  # without a mode a finger only scrolls
    page.get_by_role("button", name="Рисовать зону").click()
    drag(page, 0.1, 0.2, 0.9, 0.95)
    page.get_by_role("button", name="Закрыть лишнее").click()
    drag(page, 0.015, 0.1, 0.2, 0.25)
    drag(page, 0.95, 0.3, 0.8, 0.1)
    expect(page.locator("rect.masked")).to_have_count(2)
    page.get_by_role("button", name="Сохранить зону и маску").click()
    expect(page.get_by_text("Записано в настройки")).to_be_visible()
    view = load(post.file).lanes[0].view
    assert (0.1, 0.2, 0.9, 0.95) == pytest.approx(view.zone, abs=0.01)
    assert (0.0, 0.1, 0.2, 0.25, 0.8, 0.1, 0.95, 0.3) == pytest.approx(view.mask, abs=0.01)
    assert [] == post.problems


@pytest.mark.long
def test_measures_follow_and_old_is_told(post: Post) -> None:
    """What is measured changes on the page by itself; a gate that is gone is unknown; a page without its server is grey."""
    post.start()
    page = post.look()
    aim(post, page)
    width = page.locator('[data-code="width"]')
    expect(width).to_have_class("good")
    assert post.gate.plate is not None
    post.gate.plate = replace(post.gate.plate, width_px=88.0)
    expect(width).to_have_class("bad")
    expect(width).to_contain_text("приблизьте")
    post.gate.age_s = 9.0
    expect(page.locator("figcaption")).to_have_text(re.compile(r"^старая картинка: \d+ с$"))
    post.kill("console")
    expect(page.locator("#link")).to_have_text(re.compile(r"^Нет связи с пультом \d+ с: замеры старые$"))
    expect(page.locator("body")).to_have_class("gone")


@pytest.mark.long
def test_without_scripts_it_still_measures_and_saves(post: Post) -> None:
    """The same rows, and the zone as numbers."""
    post.start()
    page = post.look(javascript=False)
    page.goto(f"{post.url}aim/entry")
    expect(page.locator('[data-code="width"]')).to_contain_text("142 пикс.")
    page.get_by_text("Числами").click()
    page.get_by_label("Зона: левый, верхний, правый, нижний край").fill("0.1,0.1,0.9,0.9")
    page.get_by_role("button", name="Сохранить зону и маску").click()
    assert (0.1, 0.1, 0.9, 0.9) == load(post.file).lanes[0].view.zone
