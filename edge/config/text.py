"""Reads the file into a TOML document, with every syntax error on the way."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from core.errors import ConfigError
from core.words.system import system_words
from edge.config.lines import split_key
from edge.config.problems import Report, unknown_key
from edge.language import either, say

MOST_BYTES = 1024 * 1024
_MOST_ERRORS = 50
_PLACE = re.compile(r"^(?P<what>.*?) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
_DECIMAL_COMMA = re.compile(r"=\s*[+-]?\d+,\d+\s*(#|$)")
_RUSSIAN = (
    ("Cannot overwrite", "ключ задан второй раз"),
    ("Cannot declare", "таблица объявлена второй раз"),
    ("Cannot mutate", "таблица объявлена второй раз"),
    ("Expected '='", "нужно: ключ = значение"),
    ("Expected newline", "лишнее после значения; строки пишутся в кавычках"),
    ("Invalid value", "значение не понять; строки пишутся в кавычках, числа без них, дробь через точку"),
    ("Invalid statement", "строку не понять; нужно: ключ = значение, [таблица] или # пояснение"),
    ("Unterminated string", "нет закрывающей кавычки"),
    ("Illegal character", "недопустимый знак в строке; закройте кавычку на той же строке"),
    ("Unescaped '\\'", "обратная черта в строке; пишите '…' или \\\\"),
    ("Expected ']", "нет закрывающей скобки ]"),
    ("Unclosed array", "нет закрывающей скобки ]"),
    ("Unclosed inline table", "нет закрывающей скобки }"),
    ("Invalid initial character", "ключ не понять; ключи пишутся латиницей"),
)


def read_text(file: Path) -> str:
    """The text of the file without a BOM. Raises ConfigError with the file's name."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(MOST_BYTES + 1)
    except OSError as error:
        why = {
            "FileNotFoundError": say("такого файла нет"),
            "PermissionError": say("нет права читать; запустите с sudo"),
            "IsADirectoryError": say("это папка, а нужен файл"),
        }.get(type(error).__name__, system_words(error))
        raise ConfigError(f"{file}: {why}") from error
    if len(raw) > MOST_BYTES:
        raise ConfigError(f"{file}: " + say("больше 1 МБ; это не gate.toml"))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ConfigError(f"{file}:{line}: " + say("не UTF-8; сохраните в UTF-8")) from error


def parse(text: str, report: Report) -> tuple[dict[str, Any], bool]:
    """The document, and whether lines had to be left out.

    A broken line is reported and blanked, then the rest is parsed again, so that one run reports all of them.
    """
    lines = text.splitlines()
    for _ in range(_MOST_ERRORS):
        try:
            return tomllib.loads("\n".join(lines) + "\n"), bool(report.problems)
        except RecursionError:  # brackets nested too deeply
            deepest = max(range(len(lines)), key=lambda number: sum(map(lines[number].count, "[{")))
            report.add_at(deepest + 1, "", say("скобки вложены слишком глубоко"))
            lines[deepest] = ""
        except tomllib.TOMLDecodeError as error:
            place = _PLACE.match(str(error))
            number = int(place["line"]) if place and place["line"] else len(lines)
            number = min(max(number, 1), max(len(lines), 1))
            what = place["what"] if place else str(error)
            report.add_at(number, *_syntax_problem(lines[number - 1] if lines else "", what, report))
            if not lines or not lines[number - 1].strip() or (place and not place["line"]):
                break  # nothing on that line is left to blank
            lines[number - 1] = ""
    return {}, True


def _syntax_problem(line: str, what: str, report: Report) -> tuple[str, str]:
    """The key and the message for one syntax error."""
    parts, end = split_key(line.strip().lstrip("["))
    is_key = line.strip()[end:].lstrip().startswith("=")
    key = ".".join(parts) if is_key else ""
    if key and not key.isascii():
        known = sorted(
            {part for path in report.lines.known for part in path if isinstance(part, str) and part.isascii()}
        )
        return key, unknown_key(key, [*_keys_worth_naming(), *known])
    if any(quote in line for quote in "“”„«»‘’") and '"' not in line:
        return key, say('кавычки нужны прямые: "')
    if _DECIMAL_COMMA.search(line):
        return key, say("дробная часть пишется через точку: 0.5")
    russian = next((ru for en, ru in _RUSSIAN if what.startswith(en)), None)
    return key, either(russian or f"ошибка записи: {what}", what[:1].lower() + what[1:])


def _keys_worth_naming() -> list[str]:
    from edge.config.keys import keys_of  # noqa: PLC0415 - needed only after an error
    from edge.config.schema import ARRAY_TABLES, SINGLE_TABLES  # noqa: PLC0415 - needed only after an error

    return [key for declared in (*SINGLE_TABLES.values(), *ARRAY_TABLES.values()) for key in keys_of(declared)]
