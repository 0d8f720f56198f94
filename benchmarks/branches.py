"""Branch coverage alone: a bound that `make coverage` checks in addition to coverage's own figure.

    coverage json -o build/coverage.json && python -m benchmarks.branches build/coverage.json --least 98 core relay sync

coverage's figure counts statements and branches together, and there are four statements for each branch: a package whose
conditions never failed in a test still looks good. Here only branches count, per package. The exit code is 1 if a package
is below the bound or has no branches at all. Branches never taken are listed as LINE->LINE (exit: out of the function).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Package:
    """The branches of one package."""

    name: str
    taken: int
    whole: int
    missed: tuple[str, ...]
    """One entry per file: FILE: LINE->LINE …"""

    @property
    def percent(self) -> float:
        """Percent of the branches taken; 0.0 if there are none, because then nothing was measured."""
        return 100.0 * self.taken / self.whole if self.whole else 0.0


def package(report: Mapping[str, Any], name: str) -> Package:
    """The branches of all files under `name`/ in coverage's JSON report. Raises KeyError if it has no branch data."""
    files = {file: found for file, found in sorted(report["files"].items()) if file.startswith(f"{name}/")}
    sums = [found["summary"] for found in files.values()]
    missed = tuple(
        f"{file}: {', '.join(f'{a}->{b}' if b > 0 else f'{a}->exit' for a, b in found['missing_branches'])}"
        for file, found in files.items()
        if found["missing_branches"]
    )
    return Package(name, sum(one["covered_branches"] for one in sums), sum(one["num_branches"] for one in sums), missed)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path)
    parser.add_argument("houses", nargs="+")
    parser.add_argument("--least", type=float, required=True, help="percent of the branches of each house")
    wanted = parser.parse_args(arguments)
    report = json.loads(wanted.report.read_text(encoding="utf-8"))
    held = True
    for name in wanted.houses:
        found = package(report, name)
        held &= found.percent >= wanted.least
        print(f"== {name}: {found.taken} of {found.whole} branches, {found.percent:.1f} %")
        for line in found.missed:
            print(f"   {line}")
    if not held:
        print(f"less than {wanted.least:g} % of the branches")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
