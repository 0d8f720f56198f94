"""Lines of Markdown that the pages of the reference are made of."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum


def head(language: str, russian: str, english: str) -> Iterator[str]:
    """The title of a page, and where it comes from."""
    yield f"# {russian if language == 'ru' else english}"
    yield ""
    if language == "ru":
        yield "*Страница сделана из самой программы командой `make reference`; руками её не правят.*"
    else:
        yield "*Made from the program itself by `make reference`; not edited by hand.*"
    yield ""


def table_head(names: tuple[str, ...]) -> Iterator[str]:
    yield row(*names)
    yield "|" + "---|" * len(names)


def row(*cells: str | StrEnum) -> str:
    return "| " + " | ".join(flat(str(cell)).replace("|", "\\|") for cell in cells) + " |"


def flat(text: str) -> str:
    return " ".join(text.split())
