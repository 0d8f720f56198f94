"""The tree of errors drawn in `core.errors` is the tree there is."""

from __future__ import annotations

import importlib
from pathlib import Path

import core.errors
from core.errors import GateError

ROOT = Path(__file__).parents[1]
PACKAGES = ("core", "camera", "relay", "sync", "edge")


def _defining_modules() -> list[str]:
    """Modules of the gate that define an error, so that all of the tree is loaded."""
    files = (file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py")))
    return [
        ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for file in files
        if "Error" in (text := file.read_text(encoding="utf-8")) and "\nclass " in text and file.stem != "lgpio_factory"
    ]


def _drawn(kind: type[GateError], indent: str = "    ") -> list[str]:
    """Its branches, a line each: name, the builtin it also is, the module that raises it."""
    lines = []
    kinds = sorted(
        (one for one in kind.__subclasses__() if one.__module__.split(".")[0] in PACKAGES), key=lambda one: one.__name__
    )
    for number, one in enumerate(kinds):
        last = number == len(kinds) - 1
        builtins = [base.__name__ for base in one.__bases__ if not issubclass(base, GateError)]
        name = one.__name__ + (f" ({', '.join(builtins)})" if builtins else "")
        lines.append(f"{indent}{'└' if last else '├'}── {name}".ljust(56) + one.__module__)
        lines += _drawn(one, indent + ("    " if last else "│   "))
    return lines


def test_the_drawn_tree_of_errors_is_the_tree() -> None:
    """Every error a user can meet stands in the drawing, under its parent, with the builtin it also is and its module."""
    for name in _defining_modules():
        importlib.import_module(name)
    tree = "\n".join(["    GateError", *_drawn(GateError)])
    assert core.errors.__doc__ is not None
    assert tree in core.errors.__doc__, f"core/errors.py should draw:\n{tree}"
