"""The clips that newcomers see, through the shipped weights: what `make demo` plays in its own time, as fast as it goes."""

from __future__ import annotations

import json

import pytest

from edge.cli import main
from edge.demo.stage import CLIPS, TRUTHS, demo_dir
from edge.demo.truth import Happened, compare, read_truth


@pytest.mark.parametrize("lane", ["exit", pytest.param("entry", marks=pytest.mark.long)])
def test_each_car_of_the_demo_is_told_by_itself_and_rightly(lane, capsys):
    """Each car has the visit that its truth says, and no visit is left over."""
    truth = read_truth(demo_dir() / TRUTHS[lane], lane=lane)
    passes = str(demo_dir() / "passes.csv")

    with pytest.raises(SystemExit) as ended:
        main(["replay", str(demo_dir() / CLIPS[lane]), "--lane", lane, "--passes", passes, "--json"])

    assert ended.value.code == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    visits = [_happened(values) for values in told if values["type"] == "visit"]
    compared = compare(truth, visits)
    assert [(one.expected.plate, one.fault) for one in compared if one.fault] == []
    assert [len(one.visits) for one in compared] == [1] * len(truth)
    assert len(visits) == len(truth)


def _happened(values: dict) -> Happened:
    opened = values["decision"] == "open"
    return Happened(values["lane"], values["plate"], opened, values["reason"], values["t_first"], values["t_last"])
