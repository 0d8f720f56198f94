"""Mutation testing: puts one small mistake at a time into a module and checks that its tests notice it.

    python -m benchmarks.mutants core/decision/standing.py relay/inputs/debounce.py
    python -m benchmarks.mutants --sample 20          twenty of each module in core and the relay's pure packages

Each mutant runs in its own process, forked after the heavy imports. There the module is compiled with the mistake before
any of our code is imported. Survivors are listed with mark, file, line and both texts; the exit code is 1 if there are
any. Mutants that change no behaviour are judged once, in benchmarks/mutants_known.txt, by their mark, and are not tried
again. Of a module's tests, only those that run the changed line are run, fastest first; a run without a mistake tells
which these are. If they take longer than ten times that run plus 20 s, the mistake counts as noticed.
"""

from __future__ import annotations

import argparse
import ast
import copy
import hashlib
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.mutant_runs import ROOT, Watched, noticed, watched

PURE_ROOMS = ("core", "relay/barrier", "relay/inputs")
_STORIES = tuple(
    f"tests/core/test_{name}.py"
    for name in (
        "conditions", "whose_opening", "recent", "arrivals", "camera_reads", "directions", "endings", "inside", "leaving", "live", "machine", "openings",
        "seldom", "standing", "tracking", "visits",
    )
)  # fmt: skip
_WIRED = tuple(
    f"tests/relay/test_{name}.py" for name in ("interlock_limits", "boom", "edges", "interlock", "barrier_controller")
)
TESTS = {
    "core/decision": ("tests/core/test_judge.py", "tests/core/test_decide.py"),
    "core/decision/headline.py": ("tests/core/test_headline.py",),
    "core/decision/standing.py": tuple(f"tests/core/test_{name}.py" for name in ("holding", "schedule", "decide")),
    "core/turn": _STORIES,
    "core/turn/ending.py": ("tests/core/test_last_acts.py",),
    "core/turn/openings.py": ("tests/core/test_last_acts.py", "tests/core/test_whose_opening.py"),
    "core/visit": _STORIES,
    "core/wallclock.py": ("tests/core/test_wallclock.py",),
    "core/plates/doubts.py": ("tests/core/test_doubts.py", "tests/core/test_seldom.py"),
    "core/reading/looks.py": ("tests/core/test_looks.py",),
    "core/passes": tuple(f"tests/core/test_{name}.py" for name in ("passes", "periods", "decide", "holding", "seldom")),
    "core/passes/passcsv.py": ("tests/core/test_passcsv.py",),
    "core/passes/risk.py": ("tests/core/test_risk.py", "tests/core/test_seldom.py"),
    "core/passes/schedule.py": ("tests/core/test_schedule.py", "tests/core/test_odd_hours.py"),
    "relay/inputs/debounce.py": ("tests/relay/test_debounce.py",),
    "relay/inputs/wired.py": ("tests/relay/test_wired.py",),
    "relay/inputs/unit.py": ("tests/relay/test_wired.py",),
    "relay/inputs/contacts.py": ("tests/relay/test_contacts.py",),
    "relay/barrier": _WIRED,
    "relay/workers": tuple(f"tests/relay/test_{name}.py" for name in ("output_limits", "edges", "worker", "workers")),
    "relay": ("tests/relay", "tests/contracts/test_barrier_driver.py", "--ignore=tests/relay/test_endurance.py"),
    "sync/answers.py": ("tests/sync/test_limits.py",),
    "sync/codec.py": ("tests/sync/test_codec.py", "tests/sync/test_bounds.py"),
    "sync/commands.py": ("tests/sync/test_commands.py", "tests/sync/test_bounds.py"),
    "sync/deadline.py": ("tests/sync/test_bounds.py", "tests/sync/test_tls.py", "tests/sync/test_faults.py"),
    "sync/eventstream.py": ("tests/sync/test_pure_parts.py", "tests/sync/test_bounds.py"),
    "sync/follow.py": ("tests/sync/test_follow.py", "tests/sync/test_bounds.py"),
    "sync/rotation.py": ("tests/sync/test_rotation.py", "tests/sync/test_bounds.py"),
    "sync/tasks.py": ("tests/sync/test_pure_parts.py", "tests/sync/test_bounds.py"),
    "sync/timecheck.py": ("tests/sync/test_tls.py",),
    "sync/backoff.py": ("tests/sync/test_limits.py", "tests/sync/test_pure_parts.py"),
    "sync/servertime.py": ("tests/sync/test_limits.py", "tests/sync/test_pure_parts.py"),
    "sync/link.py": ("tests/sync/test_link.py", "tests/sync/test_chosen_rules.py"),
    "sync/listener.py": ("tests/sync/test_listener.py", "tests/sync/test_link.py"),
    "sync/pull.py": ("tests/sync/test_pull_limits.py", "tests/sync/test_odd_clouds.py"),
    "sync/drain.py": ("tests/sync/test_edges.py", "tests/sync/test_outbox.py"),
    "sync": ("tests/sync", "tests/contracts/test_sync_seams.py"),
    "core": ("tests/core", "--ignore=tests/core/test_histories.py"),
}
"""Arguments for pytest by module; the longest matching prefix counts. The long random histories are excluded: a mistake
that only they notice has no test for its own rule."""

KNOWN = ROOT / "benchmarks" / "mutants_known.txt"
SWAPS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Lt: (ast.LtE,), ast.LtE: (ast.Lt,), ast.Gt: (ast.GtE,), ast.GtE: (ast.Gt,),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.And: (ast.Or,), ast.Or: (ast.And,),
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div,), ast.Div: (ast.Mult,), ast.FloorDiv: (ast.Mult,),
}  # fmt: skip
ENDLESS_FACTOR, ENDLESS_S = 10, 20


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake: the whole changed syntax tree, and how it is shown."""

    file: str
    line: int
    was: str
    now: str
    tree: ast.Module
    lines: range
    """Lines of the statement, or of its head if it is compound."""
    mark: str
    """Hash of the file name, both full statements, and a counter for identical ones: stable until one of them changes."""

    def __str__(self) -> str:
        return f"{self.mark} {self.file}:{self.line}: {self.was}  →  {self.now}"


def mutants(file: str) -> Iterator[Mutant]:
    """All supported mistakes in `file`: swapped operators, constants off by one, conditions negated, calls left out."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"), file)
    times = Counter[tuple[str, str]]()
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
                times[was, now] += 1
                mark = hashlib.sha256(f"{file}\0{was}\0{now}\0{times[was, now]}".encode()).hexdigest()[:8]
                yield Mutant(file, line, _short(was), _short(now), changed, _head(shown), mark)


def _head(statement: ast.stmt) -> range:
    """The lines of a statement; for a compound one, only the lines before its body."""
    body = getattr(statement, "body", None) or getattr(statement, "cases", None)
    if body and isinstance(body, list):
        first = getattr(body[0], "lineno", None) or body[0].pattern.lineno
        return range(statement.lineno, max(first, statement.lineno + 1))
    return range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)


def _places(tree: ast.Module) -> list[tuple[ast.AST, ast.stmt]]:
    """Nodes that can be changed, each with its innermost statement; no docstrings, types or imports."""
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


def tests_of(file: str) -> tuple[str, ...]:
    """The tests that must notice a mistake in `file`."""
    return TESTS[max((name for name in TESTS if file.startswith(name)), key=len)]


def known() -> dict[str, str]:
    """Mutants without observable effect, by mark: the file and the reason. Each was judged by a person."""
    rows = (line.split(maxsplit=1) for line in KNOWN.read_text(encoding="utf-8").splitlines())
    return {row[0]: row[1] for row in rows if row and not row[0].startswith("#")}


def examine(file: str, seen: Watched, *, sample: int | None, seed: int, most_s: float) -> list[Mutant]:
    """The surviving mutants of one module; also prints a line of figures and each survivor."""
    started = time.monotonic()
    found = list(mutants(file))
    if sample is not None and sample < len(found):
        found = random.Random(seed).sample(found, sample)
    judged = known()
    found = [mutant for mutant in found if mutant.mark not in judged]
    alive = [mutant for mutant in found if not _falls(mutant, seen, most_s)]
    print(f"{file}: {len(found)} mutants, {len(alive)} survived, {time.monotonic() - started:.0f} s", flush=True)
    for mutant in alive:
        print(f"  {mutant}", flush=True)
    return alive


def _falls(mutant: Mutant, seen: Watched, most_s: float) -> bool:
    chosen = seen.within(seen.that_run(mutant.lines), most_s)
    limit_s = ENDLESS_FACTOR * sum(seen.took_s[test] for test in chosen) + ENDLESS_S
    return bool(chosen) and noticed(mutant.file, mutant.tree, chosen, within_s=limit_s)


def _short(text: str, most: int = 100) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="modules; all of core and the relay's pure rooms without any")
    parser.add_argument("--sample", type=int, help="so many mutants of each module, not all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--most-s", type=float, default=float("inf"), help="of the tests asked, the quickest, for so long"
    )
    wanted = parser.parse_args()
    files = wanted.files or [
        str(path.relative_to(ROOT)) for room in PURE_ROOMS for path in sorted((ROOT / room).rglob("*.py"))
    ]
    survivors = 0
    for tests in dict.fromkeys(map(tests_of, files)):
        together = [file for file in files if tests_of(file) == tests]
        for file, seen in watched(together, tests).items():
            survivors += len(examine(file, seen, sample=wanted.sample, seed=wanted.seed, most_s=wanted.most_s))
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
