"""The smallest whole gate.toml, for tests to start from."""

from __future__ import annotations

from pathlib import Path

SMALL = """\
[site]
name = "КПП-1"
timezone = "Europe/Moscow"
state_dir = "state"

[[lane]]
name = "entry"
direction = "entry"
camera = "file:clip.mp4"
barrier = "main"

[[barrier]]
name = "main"
driver = "simulated"
"""


def write_config(folder: Path, more: str = "", *, replacing: tuple[str, str] = ("", "")) -> Path:
    """`SMALL` with one text replaced by another and `more` after it, as `gate.toml` in `folder`."""
    old, new = replacing
    assert old in SMALL
    file = folder / "gate.toml"
    file.write_text((SMALL.replace(old, new, 1) if old else SMALL) + more, encoding="utf-8")
    return file
