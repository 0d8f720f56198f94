"""What draws for consoles is not loaded with the reader, and is there for whoever wants it."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOADS = """
import sys
import edge.cli.run
edge.cli.run.load_seeing()
{then}
print(*sorted({{name.partition('.')[0] for name in sys.modules}} & {{'rich', 'tqdm', 'pygments'}}))
"""


def loaded(then: str = "") -> str:
    done = subprocess.run([sys.executable, "-c", LOADS.format(then=then)], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_running_gate_loads_nothing_that_draws() -> None:
    """Reader, networks and HTTP are there without tables, colours and progress bars; they work all the same."""
    reads = (
        "import numpy as np; from camera.reader import open_reader; from edge.paths import weights_dir; import httpx;"
        "open_reader(weights_dir()).read_picture(np.zeros((64, 64), np.uint8)); httpx.Client().close()"
    )
    assert "" == loaded(reads)


@pytest.mark.parametrize("wanted", ["rich", "tqdm", "pygments"])
def test_whoever_wants_them_later_has_the_real_ones(wanted: str) -> None:
    """The blanks are gone when the import is done."""
    assert wanted in loaded(f"import {wanted}; assert {wanted}.__file__").split()
