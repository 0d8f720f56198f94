"""The command-line texts that are click's own, in Russian. In English they stay as they are.

click passes each of them to gettext. Whoever starts a command line replaces click's gettext by `gettext` and `ngettext`
of this module (`edge.cli.words`), because click would look for a compiled catalogue somewhere on the system, and none
has our texts.
"""

from __future__ import annotations

from types import MappingProxyType

from core.words.language import Language, spoken

RUSSIAN = MappingProxyType(
    {
        "Usage:": "Как писать:",
        "Options": "Параметры",
        "Commands": "Команды",
        "Positional arguments": "Аргументы",
        "default: {default}": "по умолчанию: {default}",
        "required": "обязательно",
        "env var: {var}": "переменная: {var}",
        "deprecated": "устарело",
        "(dynamic)": "(вычисляется)",
        "Show this message and exit.": "Показать эту справку.",
        "Show the version and exit.": "Показать версию.",
        "%(prog)s, version %(version)s": "%(prog)s, версия %(version)s",
        "Aborted!": "Прервано.",
        "Error: {message}": "Ошибка: {message}",
        "Try '{command} {option}' for help.": "Справка: {command} {option}",
        "Missing command.": "Не названа команда.",
        "Missing argument": "Не хватает аргумента",
        "Missing option": "Не хватает параметра",
        "Missing parameter": "Не хватает параметра",
        "Missing parameter: {param_name}": "Не хватает параметра: {param_name}",
        "Missing {param_type}": "Не хватает: {param_type}",
        "No such command {name!r}.": "Нет команды {name!r}.",
        "No such option {name!r}.": "Нет параметра {name!r}.",
        "No such option: {name}": "Нет параметра {name}.",
        "Did you mean {possibility}?": "Похоже на {possibility}.",
        "(Did you mean one of: {possibilities}?)": "(Похоже на: {possibilities}.)",
        "(Possible options: {possibilities})": "(Похоже на: {possibilities}.)",
        "Got unexpected extra argument ({args})": "Лишний аргумент ({args})",
        "Got unexpected extra arguments ({args})": "Лишние аргументы ({args})",
        "Invalid value for {param_hint}: {message}": "Не годится {param_hint}: {message}",
        "Invalid value: {message}": "Не годится: {message}",
        "Could not open file {filename!r}: {message}": "Файл {filename!r} не открывается: {message}",
        "unknown error": "неизвестная ошибка",
        "Option {name!r} does not take a value.": "У параметра {name!r} нет значения.",
        "Option {name!r} requires an argument.": "У параметра {name!r} должно быть значение.",
        "Option {name!r} requires {nargs} arguments.": "У параметра {name!r} должно быть значений: {nargs}.",
        "Argument {name!r} takes {nargs} values.": "У аргумента {name!r} должно быть значений: {nargs}.",
        "Takes {nargs} values but 1 was given.": "Нужно значений: {nargs}, дано одно.",
        "Takes {nargs} values but {len} were given.": "Нужно значений: {nargs}, дано {len}.",
        "file": "файл",
        "directory": "папка",
        "path": "путь",
        "{name} {filename!r} does not exist.": "{name} {filename!r}: такого нет.",
        "{name} {filename!r} is a directory.": "{name} {filename!r}: это папка.",
        "{name} {filename!r} is a file.": "{name} {filename!r}: это файл.",
        "{name} {filename!r} is not executable.": "{name} {filename!r}: нет права запускать.",
        "{name} {filename!r} is not readable.": "{name} {filename!r}: нет права читать.",
        "{name} {filename!r} is not writable.": "{name} {filename!r}: нет права писать.",
        "{value!r} is not a valid {number_type}.": "{value!r} не число.",
        "{value} is not in the range {range}.": "{value} вне пределов {range}.",
        "{value!r} is not one of {choices}.": "{value!r} — не одно из {choices}.",
        "{value!r} is not {choice}.": "{value!r} — не {choice}.",
        "{value!r} is not a valid boolean. Recognized values: {states}": "{value!r} — не да и не нет; можно: {states}",
        "{value!r} is not a valid UUID.": "{value!r} не UUID.",
        "{value!r} does not match the format {format}.": "{value!r} не вида {format}.",
        "{value!r} does not match the formats {formats}.": "{value!r} не вида {formats}.",
        "Choose from:\n\t{choices}": "Можно:\n\t{choices}",
    }
)
"""click's English texts in Russian. A text of a newer click that is missing here stays English."""


def gettext(message: str) -> str:
    return message if spoken() is Language.EN else RUSSIAN.get(message, message)


def ngettext(one: str, many: str, count: int) -> str:
    return gettext(one if count == 1 else many)
