"""What mutation testing runs in forks of its process: tests with a mistake in one module, and once without any.

The run without any mistake tells which test runs which line, and what the tests import of others: that is imported here
once, so that each fork has it.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.util
import os
import pickle
import select
import signal
import sys
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from itertools import accumulate
from pathlib import Path
from types import ModuleType
from typing import cast

import coverage
import hypothesis  # noqa: F401 - once, before the forks
import pytest

ROOT = Path(__file__).resolve().parents[1]


class _Mistaken(MetaPathFinder, Loader):
    """Imports one module from a tree that is not in its file."""

    def __init__(self, file: str, tree: ast.Module) -> None:
        self._name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        self._path = ROOT / file
        self._tree = tree

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:  # noqa: ARG002 - fixed
        return (
            importlib.util.spec_from_file_location(fullname, self._path, loader=self)
            if fullname == self._name
            else None
        )

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:  # noqa: ARG002 - fixed by the protocol
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._tree, str(self._path), "exec"), module.__dict__)


class _Watching:
    """A plug-in of pytest for the run without any mistake: which test runs which lines of some files, and how long it takes."""

    def __init__(self, files: Sequence[str]) -> None:
        self._paths = {file: str(ROOT / file) for file in files}
        self._coverage = coverage.Coverage(data_file=None, include=[*self._paths.values()], config_file=False)
        self._coverage.start()
        self._took_s: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._coverage.switch_context(item.nodeid)
        started = time.monotonic()
        try:
            return (yield)
        finally:
            self._took_s[item.nodeid] = time.monotonic() - started
            self._coverage.switch_context("")

    def seen(self) -> dict[str, Watched]:
        self._coverage.stop()
        data = self._coverage.get_data()
        return {
            file: Watched(
                {line: sorted(filter(None, tests)) for line, tests in data.contexts_by_lineno(path).items()},
                self._took_s,
            )
            for file, path in self._paths.items()
        }


class _Chosen:
    """A plug-in of pytest: these tests alone, in this order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._place = {name: place for place, name in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((i for i in items if i.nodeid in self._place), key=lambda i: self._place[i.nodeid])


@dataclass(frozen=True, slots=True)
class Watched:
    """Of one file: the tests that run each line, and the seconds that each test takes. A line run by no test has none."""

    tests: dict[int, list[str]]
    took_s: dict[str, float]

    def that_run(self, lines: range) -> list[str]:
        """The tests that run one of them, quickest first; all, where they are run as the module is imported."""
        if not any(line in self.tests for line in lines):
            return []
        found = {test for line in lines for test in self.tests.get(line, ())} or set(self.took_s)
        return sorted(found, key=lambda test: self.took_s[test])

    def within(self, tests: Sequence[str], most_s: float) -> list[str]:
        """The first of them that take no longer than `most_s` together, and one in any case."""
        ends = list(accumulate(self.took_s[test] for test in tests))
        return [test for place, test in enumerate(tests) if not place or ends[place] <= most_s]


def _in_a_child(work: Callable[[], object], *, within_s: float) -> object:
    """What `work` gives in a fork of this process; None where it does not end in time, or ends the process."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(quiet, stream)
        with os.fdopen(writes, "wb") as answer:
            pickle.dump(work(), answer)
            answer.flush()
            os._exit(0)
    os.close(writes)
    answered, deadline = b"", time.monotonic() + within_s
    with os.fdopen(reads, "rb", buffering=0) as answer:
        while (left := deadline - time.monotonic()) > 0 and select.select([answer], [], [], left)[0]:
            if not (piece := answer.read(1 << 16)):
                break
            answered += piece
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return pickle.loads(answered) if answered else None


def _pytest(words: Sequence[str], plugin: object) -> int:
    """Without what other tests need of pytest's plug-ins: each mutant would load them anew."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    needed = ["-p", "_hypothesis_pytestplugin", "-p", "pytest_timeout"]
    return int(pytest.main([*needed, "-x", "-q", "-p", "no:cacheprovider", "-W", "ignore", *words], [plugin]))


def watched(files: Sequence[str], tests: Sequence[str]) -> dict[str, Watched]:
    """The run without any mistake; what it imports of others is there for all mutants. Raises SystemExit where a test fails in it."""

    def work() -> tuple[dict[str, Watched], list[str]] | None:
        plugin = _Watching(files)
        return (plugin.seen(), list(sys.modules)) if _pytest(tests, plugin) == 0 else None

    found = cast("tuple[dict[str, Watched], list[str]] | None", _in_a_child(work, within_s=3600))
    if found is None:
        sys.exit(f"{' '.join(tests)}: do not pass without any mistake")
    ours = {path.name for path in ROOT.iterdir() if path.is_dir()}
    for name in found[1]:
        if name.partition(".")[0] not in {*ours, "conftest", "__main__"}:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    return found[0]


def noticed(file: str, tree: ast.Module, tests: Sequence[str], *, within_s: float) -> bool:
    """Whether one of `tests` fails, or does not end in time, with `tree` in the place of `file`."""

    def work() -> int:
        sys.meta_path.insert(0, _Mistaken(file, tree))
        return _pytest(sorted({test.partition("::")[0] for test in tests}), _Chosen(tests))

    code = _in_a_child(work, within_s=within_s)
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        raise RuntimeError(f"{file}: none of the tests was found: {tests[:3]}")
    return code != 0
