"""The design's table of imports, read off the sources: a row that is broken is named with its file and line."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = ("core", "edge", "camera", "relay", "sync", "cloud", "posting")
NEVER_IN_RELAY = ("cv2", "onnxruntime", "httpx", "sqlite3", "sqlite_utils", "numpy", "starlette")


@dataclass(frozen=True)
class Module:
    """What is asked of a file here, read once for all that ask."""

    says: str | None
    imports: tuple[tuple[str, int], ...]


@cache
def module(file: Path) -> Module:
    tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
    found: list[tuple[str, int]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    return Module(ast.get_docstring(tree), tuple(found))


def imports_of(file: Path) -> tuple[tuple[str, int], ...]:
    """Every module a file imports, wherever in it, and the line."""
    return module(file).imports


def sources(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found, package
    return found


def within(name: str, *prefixes: str) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


def broken(package: str, *, may: tuple[str, ...]) -> list[str]:
    """Imports of our own packages beyond itself and `may`."""
    return [
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for file in sources(package)
        for name, line in imports_of(file)
        if name.partition(".")[0] in OURS and not within(name, package.replace("/", "."), *may)
    ]


def test_the_core_needs_nothing_but_the_standard_library() -> None:
    """Core imports the standard library and itself."""
    allowed = {*sys.stdlib_module_names}
    assert [] == [
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for file in sources("core")
        for name, line in imports_of(file)
        if not within(name, "core") and name.partition(".")[0] not in allowed
    ]


def test_the_core_does_nothing() -> None:
    """No clock, thread, file or socket in the core: it is told."""
    doing = ("threading", "socket", "time", "subprocess", "asyncio", "os", "pathlib", "sqlite3", "random", "logging")
    assert [] == [
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for file in sources("core")
        for name, line in imports_of(file)
        if within(name, *doing)
    ]


@pytest.mark.parametrize(
    ("package", "may"),
    [
        ("camera", ("core",)),
        ("relay", ("core",)),
        ("sync", ("core",)),
        ("core", ()),
        ("posting", ()),
        ("cloud", ("core", "sync.wire", "sync.call_wire", "posting")),
    ],
)
def test_packages_import_only_what_the_design_lets_them(package: str, may: tuple[str, ...]) -> None:
    """The table of section 2 of the design."""
    assert [] == broken(package, may=may)


def test_the_barrier_process_stays_small() -> None:
    """Relay never imports vision, network or database."""
    assert [] == [
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for file in sources("relay")
        for name, line in imports_of(file)
        if within(name, *NEVER_IN_RELAY)
    ]


CORE_FLOORS = (
    ("errors", "instant", "geometry", "setting", "jsontext", "wallclock", "signed_body"),
    ("words",),
    ("plates",),
    ("reading",),
    ("passes",),
    ("rules",),
    ("decision",),
    ("events",),
    ("visit",),
    ("turn",),
    ("gate",),
)
"""The rooms of the core and what stands at its top, from the ground up."""


@pytest.mark.parametrize("floor", range(len(CORE_FLOORS)), ids=lambda floor: CORE_FLOORS[floor][0])
def test_rooms_of_the_core_import_only_what_is_below_them(floor: int) -> None:
    """The table of rooms in docs/architecture.md, read upwards: nothing of the core knows what stands above it."""
    below = tuple(f"core.{name}" for names in CORE_FLOORS[: floor + 1] for name in names)
    files = [
        file
        for name in CORE_FLOORS[floor]
        for file in (sources(f"core/{name}") if (ROOT / "core" / name).is_dir() else [ROOT / "core" / f"{name}.py"])
    ]
    assert [] == [
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for file in files
        for name, line in imports_of(file)
        if within(name, "core") and not within(name, *below)
    ]


def test_every_module_of_the_core_stands_on_a_floor() -> None:
    """A module that no floor names would be held to no row of the table."""
    known = {name for names in CORE_FLOORS for name in names}
    found = {path.stem for path in (ROOT / "core").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert found - {"__init__"} == known


ROOMS_OF_RELAY = {
    "barrier": ("protocol", "settings", "input_settings", "outputs", "boards.seam"),
    "inputs": ("settings", "input_settings", "errors", "boards.pins"),
    "boards": ("settings", "outputs", "errors"),
    "workers": ("settings", "outputs", "errors", "boards"),
    "socket": ("protocol", "codec", "settings", "errors", "kernel_names"),
    "process": (
        "protocol",
        "codec",
        "settings",
        "outputs",
        "input_settings",
        "errors",
        "kernel_names",
        "folder_lock",
        "barrier",
        "inputs",
        "boards",
        "workers",
        "socket",
    ),
    "tools": ("protocol", "settings", "errors", "client", "boards", "process"),
}


@pytest.mark.parametrize("room", ROOMS_OF_RELAY)
def test_rooms_of_the_relay_import_only_what_is_below_them(room: str) -> None:
    """The table of rooms in docs/architecture.md: what is pure knows no threads, nothing but tools knows tools."""
    allowed = tuple(f"relay.{name}" for name in (room, *ROOMS_OF_RELAY[room]))
    assert [] == [
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for file in sources(f"relay/{room}")
        for name, line in imports_of(file)
        if within(name, "relay") and not within(name, *allowed)
    ]


def test_what_decides_in_the_relay_does_nothing() -> None:
    """The interlock and its neighbours, debounce and the meaning of contacts are told the time and do nothing."""
    doing = ("threading", "socket", "time", "subprocess", "os", "pathlib", "random", "logging", "queue")
    pure = [*sources("relay/barrier"), *(ROOT / "relay" / "inputs" / name for name in ("debounce.py", "wired.py"))]
    assert [] == [
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for file in pure
        for name, line in imports_of(file)
        if within(name, *doing)
    ]


def test_every_module_says_what_it_is() -> None:
    """A module begins with its role."""
    bare = [
        str(file.relative_to(ROOT))
        for package in OURS
        for file in sources(package)
        if not module(file).says and "migrations/versions" not in str(file)
    ]
    assert [] == bare


def test_nothing_that_decides_knows_how_a_call_is_made() -> None:
    """Of `edge/call` the gate itself takes words and settings: a library of calls that breaks keeps no barrier shut."""
    light = ("edge.call.words", "edge.call.settings", "edge.call.errors")
    files = [file for package in OURS for file in sources(package) if "edge/call/" not in str(file)]
    taken = [
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for file in files
        for name, line in imports_of(file)
        if within(name, "aiortc") or (within(name, "edge.call") and not within(name, *light))
    ]
    assert [one.rpartition(" ")[2].rpartition(".")[0] for one in taken] == ["edge.call.process"] * 3
    assert {one.partition(":")[0] for one in taken} == {"edge/cli/call.py"}


SYNCED_ELSEWHERE = {
    "edge/store/good_copy.py",
    "edge/store/retention.py",
    "edge/update/bundle.py",
    "edge/update/fetching.py",
}
"""Long files that are written piece by piece, and a copy that has to be on the disk before an older one moves."""


def test_a_file_is_written_whole_in_one_place() -> None:
    """Whoever brings a file of his own onto the disk in `edge` does it by `edge.whole_file`: part file, rename, folder."""
    syncing = {
        str(file.relative_to(ROOT)) for file in sources("edge") if "os." + "fsync(" in file.read_text(encoding="utf-8")
    }
    assert SYNCED_ELSEWHERE | {"edge/whole_file.py"} == syncing


def test_what_is_long_says_so_in_its_own_file() -> None:
    """`make test-long` collects the files that name the mark: one that is brought in from elsewhere would never be run."""
    elsewhere = [
        str(file.relative_to(ROOT))
        for file in sorted((ROOT / "tests").rglob("*.py"))
        if not file.name.startswith("test_") and "mark." + "long" in file.read_text(encoding="utf-8")
    ]
    assert [] == elsewhere
