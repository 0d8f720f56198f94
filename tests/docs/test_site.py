"""The site: every page is in the navigation, every link leads somewhere, readers find their pages in both languages."""

from __future__ import annotations

import posixpath
import re
from collections import Counter

import pytest

from release.site import diagrams, pages

READERS = (
    "README",
    "docs/resident",
    "docs/manager",
    "docs/guard",
    "docs/field",
    "docs/relay",
    "docs/portal",
    "docs/benchmark",
)
"""Pages of those who write no code."""


def shown(language: str) -> list[str]:
    """Every source in the navigation, in its order."""
    return [source for section in pages.SECTIONS for page in section.pages for source in pages.sources(page, language)]


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_every_page_is_in_the_navigation_once(language: str) -> None:
    """A page that nobody is led to is not read; one in two places is found in neither."""
    assert sorted(pages.placed(language)) == sorted(shown(language))


def test_every_document_is_in_one_site_at_least() -> None:
    """No Markdown below docs/ is left out of both languages."""
    documents = {str(path.relative_to(pages.ROOT)) for path in (pages.ROOT / "docs").rglob("*.md")}
    assert documents <= set(pages.placed("ru")) | set(pages.placed("en"))


@pytest.mark.parametrize("page", READERS)
def test_a_reader_finds_the_page_in_both_languages(page: str) -> None:
    """Who writes no code need not read the other language; both pages stand at the same place of their sites."""
    (russian,), (english,) = (tuple(pages.sources(page, language)) for language in pages.LANGUAGES)
    assert russian != english
    assert pages.placed("ru")[russian] == pages.placed("en")[english]


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_no_two_pages_share_a_place(language: str) -> None:
    """Each page has an address of its own."""
    assert [] == [place for place, n in Counter(pages.placed(language).values()).items() if n > 1]


def _targets(markdown: str) -> list[str]:
    plain = re.sub(r"^(```|~~~).*?^\1", "", markdown, flags=re.DOTALL | re.MULTILINE)
    plain = re.sub(r"`[^`\n]*`", "", plain)
    return re.findall(r"\]\(([^()\s]+)\)", plain)


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_no_link_is_broken(language: str) -> None:
    """Every link of a page leads to something in the repository, and in the site to a page or a file of one of the sites."""
    there = {*pages.placed(language).values()}
    other = {
        f"en/{place}" if language == "ru" else f"../{place}"
        for place in pages.placed("en" if language == "ru" else "ru").values()
    }
    broken = []
    for source, place in pages.placed(language).items():
        text = (pages.ROOT / source).read_text(encoding="utf-8")
        for target in _targets(text):
            if ":" not in target and not target.startswith("#"):
                path = target.partition("#")[0]
                if not (pages.ROOT / posixpath.dirname(source) / path).exists():
                    broken.append(f"{source}: {target}")
        for target in _targets(pages.relinked(text, source, language)):
            if ":" not in target and not target.startswith("#"):
                path = posixpath.normpath(posixpath.join(posixpath.dirname(place), target.partition("#")[0]))
                known = path in there or path.replace(".html", ".md") in other
                if not known and not (pages.ROOT / "docs" / path).is_file():
                    broken.append(f"{source} in the site: {target}")
    assert [] == broken


@pytest.mark.parametrize(
    ("target", "source", "language", "place"),
    [
        ("docs/field.md", "README.md", "ru", "field.md"),
        ("README.en.md", "README.md", "ru", "en/index.html"),
        ("field.md", "docs/field.en.md", "en", "../field.html"),
        ("../models/README.md", "docs/benchmark.md", "ru", "project/models.md"),
        ("../../models/README.md", "docs/adr/0064-small-plates-are-stacked.md", "ru", "../project/models.md"),
        ("words.ru.md#x", "docs/reference/README.md", "ru", "words.md#x"),
        ("docs/adr/", "README.md", "ru", "adr/0001-folders-are-import-packages.md"),
        ("docs/images/gate.jpg", "README.en.md", "en", "images/gate.jpg"),
        ("constraints.txt", "README.md", "ru", None),
        ("https://example.org/x.md", "README.md", "ru", "https://example.org/x.md"),
        ("#anchor", "README.md", "ru", "#anchor"),
    ],
)
def test_where_a_link_leads_in_the_site(target: str, source: str, language: str, place: str | None) -> None:
    """Pages go by their places, those of the other language by its site, what the site has not loses its link."""
    assert place == pages.link(target, source, language)


def test_code_is_left_as_it_is() -> None:
    """What looks like a link within code is code; a link to what the site does not hold stays as its words."""
    text = "`[a](README.md)` and [the *pins*](constraints.txt)\n\n```\n[b](README.md)\n```\n"
    assert "`[a](README.md)` and the *pins*\n\n```\n[b](README.md)\n```\n" == pages.relinked(text, "README.md", "ru")


def test_the_settings_ask_for_nothing_from_elsewhere() -> None:
    """Web fonts are off, and no plug-in but the search is on: others bring scripts from a CDN."""
    common = (pages.ROOT / "release" / "site" / "common.yml").read_text(encoding="utf-8")
    assert "\n  font: false\n" in common
    assert "\nplugins:\n  - search\nmarkdown_extensions:" in common
    assert "http" not in common


DRAWN = [
    (source, number, text)
    for source in ("docs/architecture.md", "docs/visits.md")
    for number, text in enumerate(diagrams.texts((pages.ROOT / source).read_text(encoding="utf-8")))
]


def test_every_diagram_is_known() -> None:
    """A page with a diagram that the test below has not heard of would go unlooked at."""
    held = {
        source
        for source in pages.placed("ru")
        if "```mermaid" in (pages.ROOT / source).read_text(encoding="utf-8") and not source.startswith("docs/adr/")
    }
    assert {source for source, _, _ in DRAWN} == held


@pytest.mark.parametrize(("source", "number", "text"), DRAWN)
def test_a_diagrams_picture_is_of_its_text(source: str, number: int, text: str) -> None:
    """Who changes a diagram draws it anew (`make diagrams`): the site shows the picture."""
    assert text == diagrams.described(source, number)


def test_the_site_shows_the_picture_where_the_text_stands() -> None:
    """Around a diagram the page stays as it is."""
    page = (pages.ROOT / "docs/visits.md").read_text(encoding="utf-8")
    shown = diagrams.shown(page, "docs/visits.md")
    assert [] == diagrams.texts(shown)
    assert "](images/diagram-visits.svg)](images/diagram-visits.svg)" in shown
    assert page.partition("```mermaid")[0] == shown.partition("[![")[0]
    assert page.rpartition("```\n\n")[2] == shown.rpartition(".svg)\n\n")[2]


def test_a_changed_diagram_ends_the_build() -> None:
    """A picture of an older text is never shown, nor a page without its picture."""
    for source in ("docs/visits.md", "docs/nowhere.md"):
        with pytest.raises(ValueError, match=source):
            diagrams.shown("# A\n\n```mermaid\nflowchart LR\n```\n", source)
