"""Mutation testing: one small mistake at a time is put into a module, and its tests have to notice.

    python -m benchmarks.mutants core/decision/standing.py relay/inputs/debounce.py
    python -m benchmarks.mutants --sample 20          twenty of every module of core and of the relay's pure rooms

Each mutant lives in a process of its own, forked after the heavy imports, in which the module is compiled with the mistake
in it before anything of ours is imported. Survivors are listed with file, line and both texts; the exit code is 1 when
there are any. Of the tests that have to notice, those are asked that run the changed line, quickest first: the run without any
mistake says which these are. Where they take ten times as long as then, that counts as noticed.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.util
import os
import pickle
import random
import select
import signal
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import cast

import coverage
import hypothesis  # noqa: F401 - once, before the forks
import pytest

ROOT = Path(__file__).resolve().parents[1]
PURE_ROOMS = ("core", "relay/barrier", "relay/inputs")
_CORE = ("tests/core", "--ignore=tests/core/test_histories.py")
_WIRED = ("tests/relay/test_barrier_controller.py", "tests/relay/test_interlock.py")
TESTS = {
    "core/decision/headline.py": ("tests/core/test_headline.py",),
    "core/wallclock.py": ("tests/core/test_wallclock.py",),
    "core/plates/doubts.py": ("tests/core/test_doubts.py",),
    "core/reading/looks.py": ("tests/core/test_looks.py",),
    "core/passes/passcsv.py": ("tests/core/test_passcsv.py",),
    "core/passes/periods.py": ("tests/core/test_periods.py", "tests/core/test_passes.py"),
    "core/passes/risk.py": ("tests/core/test_risk.py",),
    "core/passes/schedule.py": ("tests/core/test_schedule.py", "tests/core/test_odd_hours.py"),
    "relay/inputs/debounce.py": ("tests/relay/test_debounce.py",),
    "relay/inputs/wired.py": _WIRED,
    "relay/inputs/contacts.py": ("tests/relay/test_pins.py", *_WIRED),
    "relay/barrier": _WIRED,
    "relay": ("tests/relay", "tests/contracts", "--ignore=tests/relay/test_endurance.py"),
    "sync": ("tests/sync", "tests/contracts/test_sync_seams.py"),
    "core": _CORE,
}
"""The tests that have to notice, by the longest name that fits: as they are given to pytest. Long random histories are not among them: what they
alone notice has no rule of its own."""

SWAPS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Lt: (ast.LtE,), ast.LtE: (ast.Lt,), ast.Gt: (ast.GtE,), ast.GtE: (ast.Gt,),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.And: (ast.Or,), ast.Or: (ast.And,),
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div,), ast.Div: (ast.Mult,), ast.FloorDiv: (ast.Mult,),
}  # fmt: skip
ENDLESS_FACTOR, ENDLESS_S = 10, 20


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake: the whole changed tree, and what is seen of it."""

    file: str
    line: int
    was: str
    now: str
    tree: ast.Module
    lines: range
    """Of the statement, or of its head."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.was}  →  {self.now}"


def mutants(file: str) -> Iterator[Mutant]:
    """Every mistake this knows to make in `file`: swapped operators, constants one off, `not` lost, a step left out."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"), file)
    for place, (node, _) in enumerate(_places(tree)):
        for number in range(_ways(node)):
            changed = copy.deepcopy(tree)
            target, shown = _places(changed)[place]
            was = ast.unparse(shown)
            _change(target, number)
            ast.fix_missing_locations(changed)
            now = ast.unparse(shown)
            if was != now:
                line = getattr(node, "lineno", shown.lineno)
                yield Mutant(file, line, _short(was), _short(now), changed, _head(shown))


def _head(statement: ast.stmt) -> range:
    """Its lines; of one that has others within, those before them."""
    body = getattr(statement, "body", None) or getattr(statement, "cases", None)
    if body and isinstance(body, list):
        first = getattr(body[0], "lineno", None) or body[0].pattern.lineno
        return range(statement.lineno, max(first, statement.lineno + 1))
    return range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)


def _places(tree: ast.Module) -> list[tuple[ast.AST, ast.stmt]]:
    """Nodes that can be changed, each with the smallest statement around it; no docstrings, types, or imports."""
    found: list[tuple[ast.AST, ast.stmt]] = []

    def walk(node: ast.AST, statement: ast.stmt | None) -> None:
        if isinstance(node, ast.stmt):
            statement = node
        if statement is not None and _ways(node):
            found.append((node, statement))
        for name, value in ast.iter_fields(node):
            if name in {"annotation", "returns", "decorator_list", "bases", "type_comment"}:
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not isinstance(child, ast.Import | ast.ImportFrom):
                    walk(child, statement)

    walk(tree, None)
    return found


def _ways(node: ast.AST) -> int:
    """How many mistakes can be made at this node."""
    match node:
        case (
            ast.Compare(ops=[operator]) | ast.BoolOp(op=operator) | ast.BinOp(op=operator) | ast.AugAssign(op=operator)
        ):
            return len(SWAPS.get(type(operator), ()))
        case ast.UnaryOp(op=ast.Not()):
            return 1
        case ast.Constant(value=bool()):
            return 1
        case ast.Constant(value=int() | float()):
            return 1
        case ast.If() | ast.IfExp() | ast.While():
            return 1
        case ast.Expr(value=ast.Call() | ast.Yield()):
            return 1
    return 0


def _change(node: ast.AST, number: int) -> None:
    """Make mistake `number` at `node`, in place."""
    match node:
        case ast.Compare():
            node.ops[0] = SWAPS[type(node.ops[0])][number]()  # type: ignore[assignment]
        case ast.BoolOp() | ast.BinOp() | ast.AugAssign():
            node.op = SWAPS[type(node.op)][number]()  # type: ignore[assignment]
        case ast.UnaryOp():  # `not x` becomes `bool(x)`
            node.__class__ = ast.Call  # type: ignore[assignment]
            node.func, node.args, node.keywords = ast.Name("bool", ast.Load()), [node.operand], []  # type: ignore[attr-defined]
        case ast.Constant(value=bool()):
            node.value = not node.value
        case ast.Constant():
            node.value += 1  # type: ignore[operator]
        case ast.If() | ast.IfExp() | ast.While():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.Expr():
            node.value = ast.Constant(None)


class _Mistaken(MetaPathFinder, Loader):
    """Imports one module from a tree that is not in its file."""

    def __init__(self, mutant: Mutant) -> None:
        self._name = mutant.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        self._path = ROOT / mutant.file
        self._tree = mutant.tree

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


def tests_of(file: str) -> tuple[str, ...]:
    """The tests that have to notice a mistake in `file`."""
    return TESTS[max((name for name in TESTS if file.startswith(name)), key=len)]


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
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore", *words], [plugin]))


def watched(files: Sequence[str], tests: Sequence[str]) -> dict[str, Watched]:
    """The run without any mistake. Raises SystemExit where a test fails in it."""

    def work() -> dict[str, Watched] | None:
        plugin = _Watching(files)
        return plugin.seen() if _pytest(tests, plugin) == 0 else None

    found = cast("dict[str, Watched] | None", _in_a_child(work, within_s=3600))
    if found is None:
        sys.exit(f"{' '.join(tests)}: do not pass without any mistake")
    return found


def noticed(mutant: Mutant, tests: Sequence[str], *, within_s: float) -> bool:
    """Whether one of `tests` fails, or does not end in time."""

    def work() -> int:
        sys.meta_path.insert(0, _Mistaken(mutant))
        return _pytest(sorted({test.partition("::")[0] for test in tests}), _Chosen(tests))

    code = _in_a_child(work, within_s=within_s)
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        raise RuntimeError(f"{mutant}: none of the tests was found: {tests[:3]}")
    return code != 0


def examine(file: str, seen: Watched, *, sample: int | None, seed: int) -> list[Mutant]:
    """The survivors of one module; a line of figures is printed."""
    started = time.monotonic()
    found = list(mutants(file))
    if sample is not None and sample < len(found):
        found = random.Random(seed).sample(found, sample)
    alive = [mutant for mutant in found if not _falls(mutant, seen)]
    print(f"{file}: {len(found)} mutants, {len(alive)} survived, {time.monotonic() - started:.0f} s", flush=True)
    for mutant in alive:
        print(f"  {mutant}", flush=True)
    return alive


def _falls(mutant: Mutant, seen: Watched) -> bool:
    chosen = seen.that_run(mutant.lines)
    limit_s = ENDLESS_FACTOR * sum(seen.took_s[test] for test in chosen) + ENDLESS_S
    return bool(chosen) and noticed(mutant, chosen, within_s=limit_s)


def _short(text: str, most: int = 100) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="modules; all of core and the relay's pure rooms without any")
    parser.add_argument("--sample", type=int, help="so many mutants of each module, not all")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    files = wanted.files or [
        str(path.relative_to(ROOT)) for room in PURE_ROOMS for path in sorted((ROOT / room).rglob("*.py"))
    ]
    survivors = 0
    for tests in dict.fromkeys(map(tests_of, files)):
        together = [file for file in files if tests_of(file) == tests]
        for file, seen in watched(together, tests).items():
            survivors += len(examine(file, seen, sample=wanted.sample, seed=wanted.seed))
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
