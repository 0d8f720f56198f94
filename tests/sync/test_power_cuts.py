"""kill -9 between any two writes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.long
def test_power_cut_between_any_two_statements_leaves_the_old_or_the_new():
    """Killed before each SQL statement of a delta, a whole list and a drain, the files hold the old state or the new."""
    script = Path(__file__).with_name("power_cuts.py")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=110, check=False)

    assert 0 == done.returncode, done.stderr
    cuts = json.loads(done.stdout)
    assert min(cuts.values()) > 5
