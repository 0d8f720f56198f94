"""The example in the gate's own description runs as written."""

from __future__ import annotations

import doctest

from core import gate


def test_example():
    """What the module's docstring shows is what happens."""
    tried = doctest.testmod(gate)

    assert tried.attempted > 0
    assert tried.failed == 0
