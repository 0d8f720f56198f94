"""The structure of the site: where each page of the repository goes, who it is for, and how links are adapted. No mkdocs.

Two sites are built from the same sources, Russian at the top and English under `en/`. If a page exists in two languages
(`NAME.md` in Russian and `NAME.en.md`), each version is only in the site of its language. Other pages, which are for
developers, are in both.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
LANGUAGES: Final = ("ru", "en")
DECISIONS: Final = "docs/adr/*"
_PROJECT: Final = {
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "RELEASING.md": "project/releasing.md",
    "SUPPORTED.md": "project/supported.md",
    "examples/README.md": "project/examples.md",
    "models/README.md": "project/models.md",
}
"""Pages outside `docs/` that belong to the site."""
_LINK: Final = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
_FENCE: Final = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
_CODE: Final = re.compile(r"`[^`\n]*`")


@dataclass(frozen=True, slots=True)
class Section:
    """One tab of the site: an audience and its pages. `NAME` stands for the page in the site's language."""

    russian: str
    english: str
    pages: tuple[str, ...]

    def title(self, language: str) -> str:
        return self.russian if language == "ru" else self.english


SECTIONS: Final = (
    Section("Попробовать", "Try it", ("README",)),
    Section("Жителю", "Residents", ("docs/resident",)),
    Section("Управляющему", "Managers", ("docs/manager", "docs/list-risk")),
    Section("Охране", "Guards", ("docs/guard", "docs/console")),
    Section(
        "Технику",
        "Technicians",
        ("docs/field", "docs/relay", "docs/neighbours", "docs/reliability", "docs/security", "docs/reference/README",
         "docs/reference/cli", "docs/reference/config", "docs/reference/words", "docs/reference/metrics", "SUPPORTED"),
    ),
    Section("Владельцу портала", "Portal owners", ("docs/portal", "docs/scale", "docs/cells", "docs/reference/edge-api", "docs/reference/portal-api")),
    Section(
        "Разработчику",
        "Developers",
        ("docs/architecture", "docs/visits", "docs/sync", "docs/sync-benchmarks", "docs/relay-protocol",
         "docs/reference/relay-protocol", "docs/reference/visit-events", "docs/performance", "docs/benchmark", "models/README", "examples/README",
         "CONTRIBUTING", "RELEASING", "CHANGELOG", DECISIONS),
    ),
)  # fmt: skip

_TITLES: Final = {
    "docs/security.md": (None, "Security"),
    "docs/reference/README.md": ("Справочник", "Reference"),
    "docs/reference/edge-api.md": ("Сервер для шлагбаумов (по-английски)", None),
    "docs/reference/portal-api.md": ("API портала (по-английски)", None),
    "docs/reference/metrics.md": ("Метрики (по-английски)", None),
    "docs/reference/visit-events.md": ("Проезд для других программ (по-английски)", None),
    "SUPPORTED.md": (None, "What has been tried with what"),
    "examples/README.md": (None, "Examples"),
}
"""Navigation titles (Russian, English) of pages whose heading would not do. None = use the page's heading."""


@cache
def _sources() -> tuple[str, ...]:
    """Every page, as a path from the root of the repository."""
    docs = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))
    return ("README.md", "README.en.md", *_PROJECT, *docs)


def _language(source: str) -> str | None:
    """The language of a page that exists in two languages; None if it exists in only one."""
    stem, _, ending = source.removesuffix(".md").rpartition(".")
    if ending in LANGUAGES and stem:
        return ending
    return "ru" if source.removesuffix(".md") + ".en.md" in _sources() else None


@cache
def placed(language: str) -> dict[str, str]:
    """The path of each page in the site of `language`, by its path in the repository."""
    places: dict[str, str] = {}
    for source in _sources():
        if _language(source) in {None, language}:
            place = _PROJECT.get(source) or source.removeprefix("docs/")
            for ending in LANGUAGES:
                place = place.removesuffix(f".{ending}.md") + ".md" if place.endswith(f".{ending}.md") else place
            places[source] = "index.md" if place == "README.md" else place
    return places


def sources(page: str, language: str) -> Iterator[str]:
    """The sources that an entry of a section stands for."""
    places = placed(language)
    if page == DECISIONS:
        yield from (source for source in places if source.startswith("docs/adr/"))
        return
    names = (f"{page}.{language}.md", f"{page}.md")
    yield from [name for name in names if name in places][:1]


def navigation(language: str) -> list[dict[str, object]]:
    """The navigation in mkdocs' format."""
    places = placed(language)
    found: list[dict[str, object]] = []
    for section in SECTIONS:
        entries: list[object] = []
        for page in section.pages:
            held = [_entry(source, places[source], language) for source in sources(page, language)]
            entries += [{"Решения" if language == "ru" else "Decisions": held}] if page == DECISIONS else held
        found.append({section.title(language): entries})
    return found


def _entry(source: str, place: str, language: str) -> str | dict[str, str]:
    title = _TITLES.get(source, (None, None))[LANGUAGES.index(language)]
    return place if title is None else {title: place}


def relinked(markdown: str, source: str, language: str) -> str:
    """The page with its links adapted to the site. A link to something that the site lacks becomes plain text."""
    kept = [(found.start(), found.end()) for found in (*_FENCE.finditer(markdown), *_CODE.finditer(markdown))]

    def there(found: re.Match[str]) -> str:
        if any(start <= found.start() and found.end() <= end for start, end in kept):
            return found[0]
        mark, text, target = found.groups()
        place = link(target, source, language)
        return f"{mark}[{text}]({place})" if place is not None else text

    return _LINK.sub(there, markdown)


def link(target: str, source: str, language: str) -> str | None:
    """The link in the site for `target` as written in `source`, relative to that page; None if the site lacks it."""
    path, mark, anchor = target.partition("#")
    if ":" in path or not path:
        return target
    wanted = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    own = posixpath.dirname(placed(language)[source])
    place = _place(wanted, language)
    return posixpath.relpath(place, own or ".") + mark + anchor if place else None


def _place(wanted: str, language: str) -> str | None:
    for page in (wanted, f"{wanted}/README.md"):
        if page in placed(language):
            return placed(language)[page]
        for other in LANGUAGES:
            if page in placed(other):  # the English site is a folder in the Russian one
                html = placed(other)[page].removesuffix(".md") + ".html"
                return f"en/{html}" if other == "en" else f"../{html}"
    if wanted == "docs/adr":
        return min(place for source, place in placed(language).items() if source.startswith("docs/adr/"))
    inside = wanted.startswith("docs/") and (ROOT / wanted).is_file() and not wanted.endswith((".md", ".py"))
    return wanted.removeprefix("docs/") if inside else None
