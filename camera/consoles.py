"""Keeps console decoration (tables, colours, progress bars) out of a process that has no console.

fast-plate-ocr imports `rich` and `tqdm`, which it only uses to benchmark and download; httpx imports `rich` for its own
command. These are 5 MB and 200 modules that are never called here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

DRAWING = ("rich", "tqdm", "pygments")


class _Blank(ModuleType):
    """A module in which every name exists but does nothing."""

    def __getattr__(self, name: str) -> type[object]:
        if name.startswith("__"):
            raise AttributeError(name)
        return object


class _Blanks(MetaPathFinder, Loader):
    def __init__(self, packages: frozenset[str]) -> None:
        self._packages = packages

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        return ModuleSpec(name, self, is_package=True) if name.partition(".")[0] in self._packages else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Blank(spec.name)

    def exec_module(self, module: ModuleType) -> None: ...


@contextmanager
def left_out() -> Iterator[None]:
    """Inside, imports of `DRAWING` get blank modules; later imports get the real ones.

    Packages that are loaded already are left alone.
    """
    finder = _Blanks(frozenset(DRAWING) - sys.modules.keys())
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name, module in sys.modules.items() if isinstance(module, _Blank)]:
            del sys.modules[name]
