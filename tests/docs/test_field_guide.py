"""The technician's guide names nothing that is not there, and says the same in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from core.words.reasons import WORDS
from docs.images import draw_field
from edge.cli import gate
from edge.config.describe import matching
from edge.config.schema import ARRAY_TABLES, SINGLE_TABLES
from edge.doctor import barriers
from edge.runtime.alarms import Fault
from relay.boards.seam import Health

DOCS = Path(__file__).resolve().parents[2] / "docs"
TEXTS = {name: (DOCS / name).read_text(encoding="utf-8") for name in ("field.md", "field.en.md")}
TABLES = {*SINGLE_TABLES, *ARRAY_TABLES}
BOARD_STATES = set(Health) - {Health.STARTING, Health.OK}
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_CALL = re.compile(r"(?<![\w./-])gate ((?:[a-z][\w-]*)[^\n`;#|]*)")


def code(text: str) -> list[str]:
    """Blocks that are no TOML, and what stands between backticks."""
    return [block for kind, block in _FENCE.findall(text) if kind != "toml"] + re.findall(
        r"`([^`\n]+)`", _FENCE.sub("", text)
    )


def calls(text: str) -> set[tuple[tuple[str, ...], frozenset[str]]]:
    """Each call of `gate`: the commands one below the other, and the options; a name that is no command is kept as one."""
    found = set()
    for line in code(text):
        for words in (call.split() for call in _CALL.findall(line)):
            path: list[str] = []
            at: click.Command | None = gate
            while isinstance(at, click.Group) and words and not words[0].startswith("-"):
                path.append(words.pop(0))
                at = at.get_command(click.Context(at), path[-1])
            found.add((tuple(path), frozenset(word for word in words if word.startswith("--"))))
    return found


def keys(text: str) -> set[str]:
    """`table.key`, also with an entry's name between, in the text; and `table.key` of each line of a TOML block."""
    found = set()
    for span in code(text):
        for name in re.findall(r"(?<![\w./-])([a-z]+(?:\.[a-z]+)?\.[a-z_]+)(?![\w./-])", span):
            table, *between, key = name.split(".")
            if table in TABLES and (not between or table in ARRAY_TABLES):
                found.add(f"{table}.{key.removesuffix('_file')}")
    found.discard("console.secret")  # the file with the page's password
    for kind, block in _FENCE.findall(text):
        table = ""
        for line in block.splitlines() if kind == "toml" else ():
            if header := re.match(r"\[+(\w+)\]+", line):
                table = header[1]
            elif pair := re.match(r"(\w+) = ", line):
                found.add(f"{table}.{pair[1].removesuffix('_file')}")
    return found


def exists(path: tuple[str, ...], options: frozenset[str]) -> bool:
    at: click.Command | None = gate
    for name in path:
        at = at.get_command(click.Context(at), name) if isinstance(at, click.Group) else None
    known = {} if at is None else {option: True for parameter in at.params for option in parameter.opts}
    return at is not None and options <= known.keys()


@pytest.mark.parametrize("name", TEXTS)
def test_every_command_is_there(name: str) -> None:
    """Each `gate …` of the guide is a command of the program, with the options that the guide gives it."""
    found = calls(TEXTS[name])
    assert len(found) > 20
    assert [] == [call for call in sorted(found, key=str) if not exists(*call)]


@pytest.mark.parametrize("name", TEXTS)
def test_every_key_is_there(name: str) -> None:
    """Each key of the guide is one that `gate config explain` knows."""
    found = keys(TEXTS[name])
    assert len(found) > 30
    assert [] == [key for key in sorted(found) if not matching(key)]


@pytest.mark.parametrize("name", TEXTS)
def test_every_bare_key_is_there(name: str) -> None:
    """A lone word with an underscore between backticks is a key, an alarm, or a reason that the program knows."""
    words = {span for span in code(TEXTS[name]) if re.fullmatch(r"[a-z]+(_[a-z]+)+", span)}
    known = {*Fault, *barriers._ALARMS, *WORDS}
    assert words
    assert [] == [word for word in sorted(words - known) if not matching(word.removesuffix("_file"))]


@pytest.mark.parametrize("name", TEXTS)
def test_every_alarm_has_its_cure(name: str) -> None:
    """Each alarm and each state of a board that is not well stands in a row of the tables."""
    wanted = [*Fault, *barriers._ALARMS, *BOARD_STATES]
    assert [] == [code for code in wanted if f"\n| `{code}` |" not in TEXTS[name]]


def test_both_languages_say_the_same() -> None:
    """The same commands, keys, numbers of rows and headings in Russian and in English."""
    russian, english = TEXTS.values()
    assert calls(russian) == calls(english)
    assert keys(russian) == keys(english)
    for mark in ("\n## ", "\n### ", "\n| ", "\n!["):
        assert russian.count(mark) == english.count(mark), mark


def test_the_russian_guide_says_the_doctors_own_words() -> None:
    """What the table of alarms puts between «» is what `gate check` prints."""
    said = {code: words[0][0] for code, words in barriers._ALARMS.items()}
    assert [] == [code for code, text in said.items() if f"| `{code}` | «{text}» |" not in TEXTS["field.md"]]


@pytest.mark.parametrize("name", TEXTS)
def test_every_link_leads_somewhere(name: str) -> None:
    """Pages and pictures that the guide points at are there."""
    links = re.findall(r"\]\(([^)#:]+)[^)]*\)", TEXTS[name])
    assert [] == [link for link in links if not (DOCS / link).exists()]


@pytest.mark.parametrize("language", draw_field.LANGUAGES)
@pytest.mark.parametrize("draw", draw_field.DRAWINGS)
def test_the_drawings_are_what_the_script_draws(draw: draw_field.Draw, language: str) -> None:
    """`python docs/images/draw_field.py` would change no picture."""
    kept = DOCS / "images" / f"field-{draw.__name__}.{language}.svg"
    assert kept.read_text(encoding="utf-8") == draw(language).svg()
