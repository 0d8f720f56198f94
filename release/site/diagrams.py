"""The diagrams of the documents as pictures: a page keeps its text, the site shows what was drawn of it. Pure but for reading files.

`docs/images/draw_diagrams.py` draws them; each picture holds, as its description, the text of which it was drawn.
"""

from __future__ import annotations

import re
from html import unescape
from pathlib import PurePosixPath
from typing import Final

from release.site.pages import ROOT

_FENCE: Final = re.compile(r"^```mermaid\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_DESCRIPTION: Final = re.compile(r"<desc>(.*?)</desc>", re.DOTALL)


def texts(markdown: str) -> list[str]:
    """The diagrams of a page, in its order."""
    return _FENCE.findall(markdown)


def picture(source: str, number: int) -> str:
    """Where the picture of a page's diagram `number` (from 0) lies, as a path from the root of the repository."""
    more = f"-{number + 1}" if number else ""
    return f"docs/images/diagram-{PurePosixPath(source).stem}{more}.svg"


def described(source: str, number: int) -> str:
    """The text of which that picture was drawn; empty when there is no picture."""
    file = ROOT / picture(source, number)
    found = _DESCRIPTION.search(file.read_text(encoding="utf-8")) if file.is_file() else None
    return unescape(found[1]) if found else ""


def shown(markdown: str, source: str) -> str:
    """The page of `docs/` with each diagram as its picture. ValueError when one was drawn of another text, or never."""
    title = next((line.removeprefix("# ") for line in markdown.splitlines() if line.startswith("# ")), source)
    for number, text in enumerate(texts(markdown)):
        if described(source, number) != text:
            raise ValueError(f"{source}: {picture(source, number)} is not of this diagram: make diagrams")
        image = picture(source, number).removeprefix("docs/")
        markdown = _FENCE.sub(
            f"[![{title}]({image})]({image})", markdown, count=1
        )  # pressed, it shows itself in full size
    return markdown
