"""Pages kept in Russian and in English tell the same facts: commands, keys, figures and rows."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAIRS = ("relay", "portal", "console", "neighbours")
WITH_FIGURES = (*PAIRS, "field", "cells", "list-risk", "reliability")
_NUMBER = re.compile(r"\d+(?:[.,]\d+|[ \u00a0]\d{3}(?!\d))*")
_OTHER_LANGUAGE = re.compile(r"\*(?:English|По-русски): [^*]*\*")


def both(name: str) -> tuple[str, str]:
    """The Russian and the English page, less the link from one to the other."""
    pages = (DOCS / f"{name}{ending}" for ending in (".md", ".en.md"))
    russian, english = (_OTHER_LANGUAGE.sub("", page.read_text(encoding="utf-8")) for page in pages)
    return russian, english


def figures(text: str) -> Counter[str]:
    """Digits of each number, whatever parts the thousands and the decimals."""
    return Counter(re.sub(r"\D", "", number) for number in _NUMBER.findall(text))


@pytest.mark.parametrize("name", PAIRS)
def test_the_same_code(name: str) -> None:
    """What stands between backticks is the same in both, as often."""
    russian, english = (Counter(re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)) for text in both(name))
    assert len(russian) >= 20
    assert (russian - english, english - russian) == (Counter(), Counter())


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_the_same_figures(name: str) -> None:
    """Every number stands in both, as often."""
    russian, english = map(figures, both(name))
    assert (russian - english, english - russian) == (Counter(), Counter())


@pytest.mark.parametrize("name", PAIRS)
def test_the_same_parts(name: str) -> None:
    """As many headings, rows and blocks in both."""
    russian, english = both(name)
    for mark in ("\n## ", "\n|", "\n```", "\n    ", "](adr/"):
        assert russian.count(mark) == english.count(mark), mark


@pytest.mark.parametrize(
    "page", ["README.md", "README.en.md", *(f"docs/{name}{end}.md" for name in PAIRS for end in ("", ".en"))]
)
def test_links_lead_to_pages(page: str) -> None:
    """What a page points at inside the repository is there."""
    file = ROOT / page
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", file.read_text(encoding="utf-8"))
    assert links
    assert [] == [link for link in links if not (file.parent / link).exists()]
