"""Draws the diagrams of `docs/*.md` as `diagram-PAGE.svg`, for the site, which loads no library to draw them itself.

    make diagrams        (python docs/images/draw_diagrams.py mermaid.min.js)

Needs chromium and playwright, as the browser tests do, and mermaid's own file, which is not kept here.
"""

from __future__ import annotations

import re
import shutil
import sys
from html import escape
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from release.site import diagrams, pages

# Labels as SVG's own text: HTML inside of a picture is not shown where a page embeds it as an image.
SETTINGS = {
    "startOnLoad": False, "theme": "neutral", "htmlLabels": False, "flowchart": {"htmlLabels": False},
    "deterministicIds": True, "handDrawnSeed": 1, "fontFamily": "sans-serif",
}  # fmt: skip
DRAW = "([settings, text]) => { mermaid.initialize(settings); return mermaid.render('diagram', text).then(drawn => drawn.svg); }"


def drawn(page: Page, text: str) -> str:
    """The diagram on white, as wide as it was laid out, with its text as description."""
    svg = page.evaluate(DRAW, [SETTINGS, text])
    x, y, width, height = map(float, re.search(r'viewBox="([^"]+)"', svg)[1].split())
    size = f'width="{width:.0f}" height="{height:.0f}"'
    head = re.sub(r' style="[^"]*"| width="[^"]*"', "", svg[: svg.index(">")]) + f" {size}>"
    paper = f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="#ffffff"/>'
    return f"{head}<desc>{escape(text, quote=False)}</desc>{paper}{svg[svg.index('>') + 1 :]}\n"


def main(mermaid: Path) -> None:
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page()
        page.add_script_tag(path=mermaid)
        for file in sorted((pages.ROOT / "docs").glob("*.md")):
            source = f"docs/{file.name}"
            for number, text in enumerate(diagrams.texts(file.read_text(encoding="utf-8"))):
                target = pages.ROOT / diagrams.picture(source, number)
                target.write_text(drawn(page, text), encoding="utf-8")
                print(target.relative_to(pages.ROOT))
        chromium.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
