"""Shows the documents' diagrams as pictures: pages contain their source text, the site the drawings. Only reads files.

`docs/images/draw_diagrams.py` draws the pictures. Each one contains its source text as its description.
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
    """The source texts of the diagrams of a page, in order."""
    return _FENCE.findall(markdown)


def picture(source: str, number: int) -> str:
    """Path of the picture of a page's diagram `number` (from 0), relative to the root of the repository."""
    more = f"-{number + 1}" if number else ""
    return f"docs/images/diagram-{PurePosixPath(source).stem}{more}.svg"


def described(source: str, number: int) -> str:
    """The source text that the picture was drawn from; empty if there is no picture."""
    file = ROOT / picture(source, number)
    found = _DESCRIPTION.search(file.read_text(encoding="utf-8")) if file.is_file() else None
    return unescape(found[1]) if found else ""


def shown(markdown: str, source: str) -> str:
    """The page with each diagram replaced by its picture. ValueError if a picture is missing or of a different text."""
    title = next((line.removeprefix("# ") for line in markdown.splitlines() if line.startswith("# ")), source)
    for number, text in enumerate(texts(markdown)):
        if described(source, number) != text:
            raise ValueError(f"{source}: {picture(source, number)} is not of this diagram: make diagrams")
        image = picture(source, number).removeprefix("docs/")
        markdown = _FENCE.sub(
            f"[![{title}]({image})]({image})", markdown, count=1
        )  # a link to itself: a click shows it in full size
    return markdown
