"""docs/security.md promises nothing that no test holds, and nothing is installed that is not pinned."""

from __future__ import annotations

import ast
import re
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PIN = re.compile(r"([A-Za-z0-9_.-]+)==(\S+)")
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return {plain(found[1]): found[2] for line in lines if (found := PIN.fullmatch(line))}


def test_every_named_test_exists() -> None:
    """Each threat's test is there under its name."""
    named = NAMED.findall((ROOT / "docs/security.md").read_text(encoding="utf-8"))
    assert len(named) > 30
    missing = []
    for file, name in named:
        path = ROOT / file
        tree = ast.parse(path.read_text(encoding="utf-8")) if path.exists() else ast.Module([], [])
        names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        if not names or (name and name not in names):
            missing.append((file, name))
    assert [] == missing


def test_every_threat_names_a_test() -> None:
    """A row without a test says so with a dash, and only the locked box has none."""
    rows = [
        line
        for line in (ROOT / "docs/security.md").read_text(encoding="utf-8").splitlines()
        if re.match(r"\| (\w|\d+) \|", line)
    ]
    assert len(rows) >= 28
    assert ["| 10 | железо"] == [row[:13] for row in rows if not NAMED.search(row)]


def test_every_dependency_is_pinned() -> None:
    """Whatever pyproject.toml asks for has one tested version, and where it is installed it is that one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(one for extra in ("gpio", "cloud", "dev") for one in project["optional-dependencies"][extra]),
    ]
    names = {plain(re.split(r"[\[<>=!~ ]", one, maxsplit=1)[0]) for one in wanted}
    assert set() == names - set(pins())
    others = []
    for name in names:
        try:
            if version(name) != pins()[name]:
                others.append((name, version(name)))
        except PackageNotFoundError:
            continue
    assert [] == others
