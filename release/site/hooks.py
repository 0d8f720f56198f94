"""Hooks for mkdocs: they provide the pages and links, and check that pages load nothing from other servers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from release.site import diagrams, pages

_LOADED: Final = re.compile(r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?(https?:)?//|<link\b[^>]*\brel=["']?(?:stylesheet|preload|preconnect|icon)["']?[^>]*\bhref=["']?(https?:)?//""")  # fmt: skip


def on_config(config: MkDocsConfig) -> None:
    """Sets the navigation for the site's language."""
    config.nav = pages.navigation(_language(config))


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The pages of this language at their paths in the site, and all other files unchanged (except `*.py`)."""
    assets = [file for file in files if not file.is_documentation_page() and not file.src_uri.endswith(".py")]
    drawn = [
        File.generated(config, place, abs_src_path=str(pages.ROOT / source))
        for source, place in pages.placed(_language(config)).items()
    ]
    return Files([*assets, *drawn])


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: Any) -> str:
    """Replaces diagrams by pictures and adapts links. Raises PluginError if a picture is not of its diagram's text."""
    language = _language(config)
    source = next(source for source, place in pages.placed(language).items() if place == page.file.src_uri)
    try:
        markdown = diagrams.shown(markdown, source)
    except ValueError as error:
        raise PluginError(str(error)) from None
    return pages.relinked(markdown, source, language)


def on_post_build(config: MkDocsConfig) -> None:
    """Raises PluginError if a page would load anything from another server."""
    for page in sorted(Path(config.site_dir).rglob("*.html")):
        found = _LOADED.search(page.read_text(encoding="utf-8"))
        if found is not None:
            raise PluginError(f"{page}: loads from elsewhere: {found[0]}")


def _language(config: MkDocsConfig) -> str:
    return str(config.theme["language"])
