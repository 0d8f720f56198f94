"""What libraries draw for people at a console is left out of a process that nobody sits at: tables, colours, progress bars.

fast-plate-ocr wants `rich` and `tqdm` when it is imported and uses them to benchmark and to download; httpx wants `rich` for a
command of its own. 5 MB and 200 modules, none of them ever called here.
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
    """Has every name that is asked of it, and behind none of them anything."""

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
    """While it lasts, what is imported finds blanks in place of `DRAWING`; afterwards whoever imports them gets the real ones.

    A package that is loaded already stays what it is.
    """
    finder = _Blanks(frozenset(DRAWING) - sys.modules.keys())
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name, module in sys.modules.items() if isinstance(module, _Blank)]:
            del sys.modules[name]
