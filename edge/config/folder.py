"""The state folder that a config names, also where other lines of the config are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from edge.config.find import find_config
from edge.config.lines import key_lines
from edge.config.problems import Report
from edge.config.settings import SiteSettings
from edge.config.table import absolute
from edge.config.text import MOST_BYTES, parse

DEFAULT = SiteSettings().state_dir


def state_folder(path: Path | None = None) -> Path:
    """Where `gate relay` with this config keeps its state; the default folder if the config does not tell."""
    file = find_config(path).absolute()
    with suppress(OSError, ValueError, RuntimeError):  # no file; a name that is none; ~ of nobody
        with file.open("rb") as opened:
            text = opened.read(MOST_BYTES).decode("utf-8-sig", "replace")
        document, _ = parse(text, Report(file, key_lines(text)))
        site = document.get("site")
        named = site.get("state_dir") if isinstance(site, Mapping) else None
        if isinstance(named, str) and named:
            return absolute(named, base=file.parent)
    return DEFAULT
