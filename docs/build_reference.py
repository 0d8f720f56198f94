"""Writes `docs/reference/` from what the program itself declares; never edited by hand.

    python -m docs.build_reference            write every page
    python -m docs.build_reference --check    exit 1 and name the pages that are not what this would write

Help is made in the language in which its module was imported, so each language is written by a process of its own.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from docs.markdown import flat, head, row, table_head
from docs.reference_of_neighbours import metrics, visit_events

REFERENCE = Path(__file__).resolve().parent / "reference"
LANGUAGES = ("ru", "en")
WIDTH = 100
"""Columns of a help page, whatever terminal the script runs in."""


def main() -> int:
    """Write, or check, the pages of the languages asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--language", choices=LANGUAGES, help="one language, in this process")
    wanted = parser.parse_args()
    if wanted.language is None:
        again = [sys.executable, "-m", "docs.build_reference", *(["--check"] if wanted.check else [])]
        ended = [_in_language(language, again) for language in LANGUAGES]
        return max(ended)
    stale = 0
    for name, text in pages(wanted.language).items():
        path = REFERENCE / name
        if wanted.check and (not path.is_file() or path.read_text(encoding="utf-8") != text):
            print(f"{path}: not what `make reference` writes", file=sys.stderr)
            stale = 1
        elif not wanted.check:
            REFERENCE.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return stale


def _in_language(language: str, command: list[str]) -> int:
    environment = {**os.environ, "GATE_LANG": language}
    return subprocess.run([*command, "--language", language], env=environment, check=False).returncode  # noqa: S603 - ourselves


def pages(language: str) -> dict[str, str]:
    """Name to text of every page in one language; what has English alone is written beside the English."""
    made: dict[str, Callable[[], Iterable[str]]] = {
        f"cli.{language}.md": lambda: _commands(language),
        f"config.{language}.md": lambda: _keys(language),
        f"words.{language}.md": lambda: _words(language),
    }
    if language == "en":
        made |= {
            "edge-api.md": _edge_api,
            "portal-api.md": _portal_api,
            "relay-protocol.md": _relay_words,
            "metrics.md": metrics,
            "visit-events.md": visit_events,
        }
    return {name: "\n".join([*page(), ""]) for name, page in made.items()}


# -- commands ----------------------------------------------------------------------------------------------------------


def _commands(language: str) -> Iterator[str]:
    """The help of every command as the terminal shows it."""
    from cloud.cli import okter  # noqa: PLC0415 - help is made on import, in the language of this process
    from edge.cli import gate  # noqa: PLC0415 - as above

    yield from head(language, "Команды", "Commands")
    for name, program in (("gate", gate), ("okter", okter)):
        yield from _help_of(program, name, None)


def _help_of(command: Any, name: str, parent: Any) -> Iterator[str]:
    import click  # noqa: PLC0415 - as above

    shown = {**command.context_settings, "terminal_width": WIDTH, "max_content_width": WIDTH}
    context = click.Context(command, info_name=name, parent=parent, **shown)
    yield f"{'#' * (2 if parent is None else 3)} `{context.command_path}`"
    yield ""
    yield "```text"
    yield from (line.rstrip() for line in command.get_help(context).splitlines())
    yield "```"
    yield ""
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            yield from _help_of(found, child, context)


# -- settings ----------------------------------------------------------------------------------------------------------


def _keys(language: str) -> Iterator[str]:
    """Every key of gate.toml, a table each."""
    from edge.config.describe import all_keys, toml  # noqa: PLC0415 - as above

    yield from head(language, "Ключи `gate.toml`", "Keys of `gate.toml`")
    columns = (
        ("ключ", "что", "что можно", "по умолчанию") if language == "ru" else ("key", "what", "allowed", "default")
    )
    required = "обязателен" if language == "ru" else "required"
    table = ""
    for item in all_keys():
        if item.table != table:
            yield from (("",) if table else ())
            table = item.table
            yield from (f"## `[[{table}]]`" if item.many else f"## `[{table}]`", "")
            yield from table_head(columns)
        default = required if item.key.required else f"`{toml(item.key.default)}`"
        yield row(f"`{item.key.name}`", item.key.help, item.key.allowed, default)


# -- words -------------------------------------------------------------------------------------------------------------


def _words(language: str) -> Iterator[str]:
    """Reasons, alarms and states: the code for programs, the words for people."""
    from core.words.reasons import WORDS, reason_words  # noqa: PLC0415 - as above
    from edge.runtime.alarms import Alarm, Fault  # noqa: PLC0415 - as above
    from edge.words import STATES, state_words  # noqa: PLC0415 - as above

    russian = language == "ru"
    yield from head(language, "Причины, тревоги, состояния", "Reasons, alarms, states")
    yield from ("## Причины" if russian else "## Reasons", "")
    yield from table_head(("код", "словами") if russian else ("code", "in words"))
    yield from (row(f"`{code}`", reason_words(code)) for code in WORDS)
    yield from ("", "## Тревоги" if russian else "## Alarms", "")
    yield from table_head(("код", "что не так", "чем лечить") if russian else ("code", "what is wrong", "cure"))
    yield from (row(f"`{fault}`", Alarm(fault).text, Alarm(fault).cure) for fault in Fault)
    yield from ("", "## Состояния" if russian else "## States", "")
    yield from table_head(("код", "словами") if russian else ("code", "in words"))
    yield from (row(f"`{code}`", state_words(code)) for code in STATES)


# -- the relay socket --------------------------------------------------------------------------------------------------


def _relay_words() -> Iterator[str]:
    """The words and the messages of `relay.protocol`; the rules stand in docs/relay-protocol.md."""
    from core.words.outcomes import Outcome  # noqa: PLC0415 - as above
    from relay import protocol  # noqa: PLC0415

    yield from head("en", "", "Words of the relay socket")
    yield "What they mean together, and an example of each: [../relay-protocol.md](../relay-protocol.md)."
    for enum, what in ((protocol.Do, "`do`"), (Outcome, "`outcome`"), (protocol.EventKind, "`kind`")):
        said = _said_of_fields(enum)
        yield from ("", f"## {what}", "", flat(inspect.getdoc(enum) or ""), "")
        yield from table_head(("word", "meaning"))
        yield from (row(f"`{word.value}`", said.get(word.name, "")) for word in enum)
    messages = ("Request", "Reply", "RelayEvent", "Status", "BarrierStatus", "InputStatus")
    for message in (getattr(protocol, name) for name in messages):
        said = _said_of_fields(message)
        yield from ("", f"## `{message.__name__}`", "", flat(inspect.getdoc(message) or ""), "")
        yield from table_head(("key", "type", "meaning"))
        for name, kind in inspect.get_annotations(message).items():
            yield row(f"`{name}`", f"`{kind}`", said.get(name, ""))


def _said_of_fields(declared: type) -> dict[str, str]:
    """The docstring below each field of a class, by its name."""
    (body,) = (node for node in ast.parse(inspect.getsource(declared)).body if isinstance(node, ast.ClassDef))
    said: dict[str, str] = {}
    last = ""
    for node in body.body:
        if isinstance(node, ast.AnnAssign | ast.Assign):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            last = target.id if isinstance(target, ast.Name) else ""
        elif last and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            said[last] = flat(inspect.cleandoc(str(node.value.value)))
    return said


# -- the APIs of a portal ----------------------------------------------------------------------------------------------


def _edge_api() -> Iterator[str]:
    """Calls and bodies of the sync contract."""
    from cloud.api import router  # noqa: PLC0415 - as above
    from sync import call_wire, wire  # noqa: PLC0415 - as above

    yield from head("en", "", "The edge API")
    yield "A running portal publishes it as OpenAPI under `/api/openapi.json`; the rules stand in [../sync.md](../sync.md)."
    yield from _calls(router, wire, call_wire, caller="With a device token.")


def _portal_api() -> Iterator[str]:
    """Calls and bodies of the API for other programs."""
    from cloud.domain.errors import RULE_WORDS  # noqa: PLC0415 - as above
    from cloud.public_api import bodies, problems, router  # noqa: PLC0415 - as above
    from core.words.language import Language, translate  # noqa: PLC0415 - as above
    from sync import wire  # noqa: PLC0415 - as above

    yield from head("en", "", "The portal's API for other programs")
    yield "A manager makes its tokens under «Ключи API» ([../portal.en.md](../portal.en.md))."
    yield from _calls(router, bodies, wire, caller="With a manager's token.")
    yield from (
        "",
        "# Codes of errors",
        "",
        "The reason (`error`) is in the language of `Accept-Language`, Russian unless English is wanted more.",
        "",
    )
    yield from table_head(("code", "reason"))
    words = {**problems.WORDS, **{problems.Code(rule): text for rule, text in RULE_WORDS.items()}}
    for code in problems.Code:
        text = words.get(code, "")
        yield row(f"`{code}`", translate(Language.EN, text) if text else "a rule of the territory, in its own words")


def _calls(router: Any, *declared_in: Any, caller: str) -> Iterator[str]:
    """Every call of a router and every body it takes or gives, from the OpenAPI that a portal publishes."""
    from fastapi import FastAPI  # noqa: PLC0415 - as above

    app = FastAPI()
    app.include_router(router)
    bodies: dict[str, dict[str, Any]] = {}
    for path, calls in app.openapi()["paths"].items():
        for method, call in calls.items():
            yield from ("", f"## `{method.upper()} {path}`", "", call["summary"] + ".")
            yield from _call(call, bodies, caller)
    yield from ("", "# Bodies")
    for title, body in sorted(bodies.items()):
        yield from ("", f"## `{title}`", "")
        if said_of_it := body.get("description", ""):
            yield from (flat(said_of_it), "")
        yield from table_head(("key", "what may stand there", "meaning"))
        required, said = (
            body.get("required", ()),
            _said_of_fields(next(found for of in declared_in if (found := getattr(of, title, None)) is not None)),
        )
        for name, of in body["properties"].items():
            allowed = _allowed(of) + ("" if name in required else "; may be left out")
            yield row(f"`{name}`", allowed, said.get(name, ""))


def _call(call: dict[str, Any], bodies: dict[str, dict[str, Any]], caller: str) -> Iterator[str]:
    yield ""
    yield caller if call.get("security") else "Without a token."
    yield ""
    for parameter in call.get("parameters", ()):
        needed = "" if parameter.get("required") else ", may be left out"
        yield f"- in the {parameter['in']}: `{parameter['name']}`, {_allowed(parameter['schema'])}{needed}"
    for kind, content in call.get("requestBody", {}).get("content", {}).items():
        yield f"- takes `{kind}`: {_body(content['schema'], bodies)}"
    for code, answer in sorted(call["responses"].items()):
        for kind, content in answer.get("content", {"": {}}).items():
            body = _body(content.get("schema", {}), bodies)
            what = f" `{kind}`: {body}" if kind and body else ""
            yield f"- {code}: {flat(answer['description'])}{what}"


def _body(schema: dict[str, Any], bodies: dict[str, dict[str, Any]]) -> str:
    """The name of a body, which is noted with the bodies inside it."""
    if "title" not in schema or "properties" not in schema:
        return _allowed(schema) if schema else ""
    bodies[schema["title"]] = schema
    for inner in schema["properties"].values():
        for one in (inner, inner.get("items", {}), *inner.get("anyOf", ())):
            _body(one, bodies)
    return f"[`{schema['title']}`](#{schema['title'].lower()})"


def _allowed(schema: dict[str, Any]) -> str:
    """One schema in words."""
    if "properties" in schema:
        return f"[`{schema['title']}`](#{schema['title'].lower()})"
    if "anyOf" in schema:
        return " or ".join(_allowed(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"up to {schema['maxItems']} of {_allowed(schema['items'])}"
    words = schema.get("format") or schema.get("type", "anything")
    low, high = (schema.get(f"{end}Length", schema.get(f"{end}imum")) for end in ("min", "max"))
    if low is not None or high is not None:
        words += " " + "–".join("" if end is None else f"{end:.0f}" for end in dict.fromkeys((low, high)))
    return str(words)


if __name__ == "__main__":
    sys.exit(main())
