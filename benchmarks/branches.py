"""Of the branches alone, how many are taken: what `make coverage` is held to beside coverage's own figure.

    coverage json -o build/coverage.json && python -m benchmarks.branches build/coverage.json --least 98 core relay sync

coverage's figure counts statements and branches together, and there are four statements to a branch: a house whose
conditions were never seen to fail still looks well. Here each house counts its branches alone. The exit code is 1 where
one has less than the least, or none at all; the branches that nobody takes are listed, as LINE->LINE (exit: out of the function).
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
class House:
    """The branches of one package."""

    name: str
    taken: int
    whole: int
    missed: tuple[str, ...]
    """FILE: LINE->LINE …, a file each."""

    @property
    def percent(self) -> float:
        """0.0 where there are none: nothing was measured."""
        return 100.0 * self.taken / self.whole if self.whole else 0.0


def house(report: Mapping[str, Any], name: str) -> House:
    """What coverage's JSON report says of the files under `name`/. Raises KeyError for a report without branches."""
    files = {file: found for file, found in sorted(report["files"].items()) if file.startswith(f"{name}/")}
    sums = [found["summary"] for found in files.values()]
    missed = tuple(
        f"{file}: {', '.join(f'{a}->{b}' if b > 0 else f'{a}->exit' for a, b in found['missing_branches'])}"
        for file, found in files.items()
        if found["missing_branches"]
    )
    return House(name, sum(one["covered_branches"] for one in sums), sum(one["num_branches"] for one in sums), missed)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path)
    parser.add_argument("houses", nargs="+")
    parser.add_argument("--least", type=float, required=True, help="percent of the branches of each house")
    wanted = parser.parse_args(arguments)
    report = json.loads(wanted.report.read_text(encoding="utf-8"))
    held = True
    for name in wanted.houses:
        found = house(report, name)
        held &= found.percent >= wanted.least
        print(f"== {name}: {found.taken} of {found.whole} branches, {found.percent:.1f} %")
        for line in found.missed:
            print(f"   {line}")
    if not held:
        print(f"less than {wanted.least:g} % of the branches")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
