"""The generated reference: what is committed is what the program says of itself, and nothing is missing from it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cloud.cli import okter
from core.words.outcomes import Outcome
from core.words.reasons import WORDS
from docs.build_reference import REFERENCE, pages
from edge.cli import COMMANDS
from edge.config.describe import all_keys
from edge.runtime.alarms import Fault
from relay.protocol import Do, EventKind

ROOT = Path(__file__).resolve().parents[2]


def test_the_russian_pages_are_what_the_program_says() -> None:
    """`make reference` would change no Russian page."""
    assert {name: (REFERENCE / name).read_text(encoding="utf-8") for name in pages("ru")} == pages("ru")


def test_the_english_pages_are_what_the_program_says() -> None:
    """`make reference` would change no English page."""
    command = [sys.executable, "-m", "docs.build_reference", "--check", "--language", "en"]
    checked = subprocess.run(command, cwd=ROOT, env={**os.environ, "GATE_LANG": "en"},
                             capture_output=True, text=True, check=False)  # fmt: skip
    assert (0, "") == (checked.returncode, checked.stderr)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_command_is_there(language: str) -> None:
    """Each command of both programs has its help on the page."""
    page = (REFERENCE / f"cli.{language}.md").read_text(encoding="utf-8")
    wanted = [*(f"gate {name}" for name in COMMANDS), *(f"okter {name}" for name in okter.commands)]
    assert [] == [name for name in wanted if f"### `{name}`" not in page]


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_key_is_there(language: str) -> None:
    """Each key that `gate.toml` may have stands in the table of its name."""
    page = (REFERENCE / f"config.{language}.md").read_text(encoding="utf-8")
    tables = {part.partition("]")[0].strip("[`"): part for part in page.split("\n## ")[1:]}
    assert [] == [item.name for item in all_keys() if f"| `{item.key.name}` |" not in tables[item.table]]


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_word_is_there(language: str) -> None:
    """Each reason and alarm that a program may meet is explained."""
    page = (REFERENCE / f"words.{language}.md").read_text(encoding="utf-8")
    assert [] == [word for word in (*WORDS, *Fault) if f"| `{word}` |" not in page]


def test_every_word_of_the_relay_socket_is_explained() -> None:
    """Requests, outcomes and events each have a meaning beside them."""
    page = (REFERENCE / "relay-protocol.md").read_text(encoding="utf-8")
    assert [] == [word for word in (*Do, *Outcome, *EventKind) if f"| `{word}` |" not in page]
    assert [] == [word for word in (*Do, *Outcome, *EventKind) if f"| `{word}` |  |" in page]
