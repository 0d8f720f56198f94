"""The problems of a config file, each with its line, reported all at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from core.errors import ConfigError
from edge.config.lines import KeyLines
from edge.language import say

_NAMED_AT_MOST = 8

KeyPath = tuple[str | int, ...]

_LOOK_ALIKES = str.maketrans("аеорсухвкмнтАВЕКМНОРСТУХ", "aeopcyxbkmhtABEKMHOPCTYX")


def key_name(path: KeyPath) -> str:
    """`lane.camera` for ("lane", 0, "camera"): the line number says which lane."""
    return ".".join(part for part in path if isinstance(part, str))


def nearest(word: str, known: list[str]) -> str | None:
    """The known word that was probably meant: Cyrillic look-alikes are folded first, then small typos are matched."""
    folded = word.translate(_LOOK_ALIKES)
    if folded in known:
        return folded
    from difflib import get_close_matches  # noqa: PLC0415 - only for a mistake

    near = get_close_matches(folded, known, n=1, cutoff=0.6)
    return near[0] if near else None


def unknown_key(word: str, known: list[str]) -> str:
    """The message for an unknown key."""
    meant = nearest(word, known)
    if meant is not None and not word.isascii():
        return say("в ключе русские буквы; такого ключа нет, есть {meant}", meant=meant)
    if meant is not None:
        return say("нет такого ключа; похоже на {meant}", meant=meant)
    names = ", ".join(known[:_NAMED_AT_MOST]) + (", …" if len(known) > _NAMED_AT_MOST else "")
    return say("нет такого ключа; есть: {names} (все: gate config explain)", names=names)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    line: int
    key: str
    what: str


@dataclass(slots=True)
class Report:
    """Collects the problems of one file."""

    file: Path
    lines: KeyLines
    for_services: bool = False
    """Files that our services cannot read count as problems too."""
    problems: list[Problem] = field(default_factory=list)

    def add(self, path: KeyPath, what: str) -> None:
        self.add_at(self.lines.line(path), key_name(path), what)

    def add_at(self, line: int, key: str, what: str) -> None:
        problem = Problem(line, key, what)
        if problem not in self.problems:
            self.problems.append(problem)

    def raise_if_any(self) -> None:
        """Raises ConfigError with one line per problem, in the order of the file."""
        if self.problems:
            raise ConfigError("\n".join(self._line_of(problem) for problem in sorted(self.problems)))

    def _line_of(self, problem: Problem) -> str:
        key = f"{problem.key}: " if problem.key else ""
        return f"{self.file}:{problem.line}: {key}{problem.what}"
