"""The catalogue: what the gate says in Russian has its English, the same places to fill, and nothing is left over."""

from __future__ import annotations

import ast
import json
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from core.passes.periods import NOT_A_MOMENT
from core.passes.schedule import NOT_HOURS
from core.passes.schedule import WORDS as SCHEDULE_WORDS
from core.plates.canonical import FAULTS
from core.words.language import CATALOGUES, Language, either, english, read_language, say, speaking, translate
from core.words.outcomes import Outcome
from core.words.reasons import WORDS, Reason
from core.words.system import WORDS as SYSTEM_WORDS
from edge.words import STATES
from relay.barrier.position import Position
from relay.boards.seam import Contact, Health
from relay.process.news_words import KINDS
from relay.process.news_words import WORDS as NEWS_WORDS

ROOT = Path(__file__).resolve().parents[1]
CYRILLIC = re.compile("[А-Яа-яЁё]")
# Templates of log lines without a word of either language.
WORDLESS = {"%s", "%s: %s", "lcus: %s", "%s %s %s %s %s %s"}
# Calls that take a key of the catalogue, and at which place.
KEY_AT = {"say": 0, "Doubt": 0, "Invalid": 1, "TableInvalid": 0, "RowProblem": 2}
HOUSES = ("core", "edge", "camera", "relay", "sync", "cloud")


def catalogue(name: str) -> dict[str, str]:
    return json.loads((ROOT / "core" / "words" / "english" / f"{name}.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Found:
    """What all tests here ask of the sources: each file is parsed once. Every list: file and line, text."""

    said: list[tuple[str, str]]
    filled: list[tuple[str, str]]
    past_the_catalogue: list[tuple[str, str]]
    on_import: list[tuple[str, str]]


@cache
def found() -> Found:
    rows = Found([], [], [], [])
    for house in HOUSES:
        for file in sorted((ROOT / house).rglob("*.py")):
            name, tree = str(file.relative_to(ROOT)), ast.parse(file.read_text(encoding="utf-8"))
            for into, lines in (
                (rows.said, _said_in(tree, logs=house != "cloud")),
                (rows.filled, _filled_in(tree)),
                (rows.past_the_catalogue, _untranslatable_in(tree)),
                (rows.on_import, _said_on_import(tree)),
            ):
                into += [(f"{name}:{line}", text) for line, text in lines]
    return rows


@cache
def said() -> tuple[tuple[str, str], ...]:
    """Where, and every literal text that is handed to `say`."""
    return (*found().said, *_said_elsewhere())


def _said_in(tree: ast.Module, *, logs: bool) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and is_log(node.func) and node.args and logs:
            yield from ((node.lineno, one) for one in texts_of(node.args[0]))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEY_AT:
            yield from ((node.lineno, one) for one in texts_of(node.args[KEY_AT[node.func.id]]))


def _filled_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Words that stand in the code beside a Russian log line and are put into it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and is_log(node.func) and any(map(CYRILLIC.search, texts_of(node.args[0]))):
            for value in node.args[1:]:
                if isinstance(value, ast.IfExp):
                    yield from ((node.lineno, one) for one in texts_of(value) if one)


def _said_elsewhere() -> Iterator[tuple[str, str]]:
    for file in (ROOT / "edge").rglob("*.html"):
        for text in re.findall(r"\bsay\(\s*'([^']*)'", file.read_text(encoding="utf-8")):
            yield str(file.relative_to(ROOT)), text
    yield from (
        ("a table of words", text)
        for text in (
            *WORDS.values(),
            *FAULTS.values(),
            NOT_A_MOMENT,
            NOT_HOURS,
            *SCHEDULE_WORDS,
            *SYSTEM_WORDS.values(),
            *STATES.values(),
            *KINDS.values(),
            *NEWS_WORDS.values(),
        )
    )


def is_log(function: ast.expr) -> bool:
    """Whether it is a call of a module's `log`, also of one of two of its levels; its template is a key."""
    if isinstance(function, ast.IfExp):
        return is_log(function.body)
    return isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "log"


def texts_of(node: ast.expr) -> Iterator[str]:
    """A literal, or either literal of a choice; what is no literal is looked up where its words stand."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts_of(node.body)
        yield from texts_of(node.orelse)


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_nothing_is_said_without_its_english() -> None:
    """Every text handed to `say` stands in the catalogue."""
    assert [] == [(where, text) for where, text in said() if text not in english() and text not in WORDLESS]


@pytest.mark.parametrize("code", [*Health, *Contact, *Position, *Outcome])
def test_no_state_is_shown_as_its_code(code: str) -> None:
    """What a board, a boom or an opening can be has its words for whoever looks."""
    assert code in STATES


def test_no_log_line_fills_in_a_word_of_its_own() -> None:
    """What a log line is filled with is a name or a number: a word that stands in the code beside it would not be translated."""
    assert [] == found().filled


def test_nothing_is_left_over() -> None:
    """The catalogues of the gate, its relay process and `okter` hold nothing that nobody says."""
    texts = {text for _, text in said()}
    assert set() == {text for name in ("gate", "okter", "relay") for text in catalogue(name)} - texts


def test_a_text_stands_once() -> None:
    """Two houses share a text, or have different ones."""
    names = [text for name in CATALOGUES for text in catalogue(name)]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", CATALOGUES)
def test_both_texts_say_the_same_things(name: str) -> None:
    """A text and its English have the same places to fill, and each is in its own letters."""
    for russian, text in catalogue(name).items():
        assert places(russian) == places(text), russian
        assert text.strip(), russian
        assert CYRILLIC.search(russian), russian
        assert not CYRILLIC.search(text), text


def test_a_process_and_a_page_speak_their_own_language() -> None:
    """A page asked in English is English though the process speaks Russian, and only while it is made."""
    assert say("нет пропуска") == "нет пропуска"
    with speaking(Language.EN):
        assert (say("нет пропуска"), either("да", "yes")) == ("no pass", "yes")
    assert either("да", "yes") == "да"


def test_places_are_filled_also_where_the_english_is_missing() -> None:
    """A text that is in no catalogue is told in Russian, and not lost."""
    assert translate(Language.EN, "нет перевода {n}", n=3) == "нет перевода 3"


@pytest.mark.parametrize(
    ("asked", "language"),
    [("en", Language.EN), ("en_GB.UTF-8", Language.EN), ("ru", Language.RU), ("", Language.RU), (None, Language.RU)],
)
def test_what_is_asked_for(asked: str | None, language: Language) -> None:
    """Whatever begins with "en" is English; anything else is Russian."""
    assert read_language(asked) is language


def test_every_reason_has_its_words() -> None:
    """No page shows the code of a reason."""
    assert set(Reason) <= set(WORDS)


def _named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _untranslatable_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Russian words past the catalogue: in an f-string outside `either`, or right in an error."""
    in_both = {id(below) for call in ast.walk(tree) if _named(call, "either") for below in ast.walk(call)}
    for node in ast.walk(tree):
        if id(node) in in_both:
            continue
        parts: list[ast.expr] = []
        if isinstance(node, ast.JoinedStr):
            parts = node.values
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            keyed = isinstance(node.exc.func, ast.Name) and node.exc.func.id in KEY_AT
            parts = [] if keyed else node.exc.args
        for part in parts:
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and CYRILLIC.search(part.value):
                yield node.lineno, part.value


def test_no_russian_word_goes_past_the_catalogue() -> None:
    """A Russian word in an f-string, or handed to an error as it is, would be Russian in every language."""
    assert [] == found().past_the_catalogue


def _said_on_import(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Where a text is translated while a module is imported, outside every function."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call) and (_named(node, "say") or _named(node, "either")):
            yield node.lineno, ""
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


@pytest.mark.parametrize("house", ["core", "camera", "relay", "sync", "edge/runtime"])
def test_no_text_is_said_on_import(house: str) -> None:
    """It would stay in whatever language was spoken before anybody could choose one."""
    assert [] == [where for where, _ in found().on_import if where.startswith(f"{house}/")]
