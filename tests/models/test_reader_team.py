"""Rules of training in several processes: they take one step, and none stays behind when another is gone. Needs torch."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import torch

from models.training.ocr.feed import batches
from models.training.ocr.team import Team, together

pytestmark = [
    pytest.mark.training,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # torch's exporter warns of its own successor
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


def _averaged(team: Team, folder: Path) -> None:
    """Each process with gradients of its own; what they become is written down."""
    parameters = [torch.zeros(3), torch.zeros(2, 2), torch.zeros(1)]
    for parameter in parameters[:2]:
        parameter.grad = torch.full_like(parameter, 1.0 + team.rank)
    team.average(parameters)
    told = team.told(0.25 + team.rank)
    torch.save([told, parameters[0].grad, parameters[1].grad, parameters[2].grad], folder / f"{team.rank}.pt")


@pytest.mark.parametrize("size", [1, 2, 3])
def test_gradients_become_the_mean_and_the_leader_s_word_counts(tmp_path: Path, size: int) -> None:
    """After the exchange every process holds the mean gradients and what the leader said."""
    together(size, partial(_averaged, folder=tmp_path))
    mean = sum(range(1, size + 1)) / size
    for rank in range(size):
        told, first, second, unused = torch.load(tmp_path / f"{rank}.pt")
        assert told == 0.25
        assert torch.equal(first, torch.full((3,), mean))
        assert torch.equal(second, torch.full((2, 2), mean))
        assert unused is None


def _trained(team: Team, folder: Path) -> None:
    from models.training.ocr.train import Recipe, train

    recipe = Recipe(folder, 32, None, batch=16, rate=1e-3, decay=0.02, average=0.9, seed=3, workers=0, fonts=None)
    train(team, recipe, resume=False)


def test_a_seed_and_a_number_of_processes_give_the_same_weights(tmp_path: Path) -> None:
    """Two trainings in two processes each end alike, and not as one that drew all its pictures in one process."""
    ends = []
    for name, size in (("one", 2), ("two", 2), ("alone", 1)):
        together(size, partial(_trained, folder=tmp_path / name))
        ends.append(torch.load(tmp_path / name / "checkpoint.pt", weights_only=True))
    one, two, alone = (end["reader"]["symbols.weight"] for end in ends)
    assert torch.equal(one, two)
    assert not torch.equal(one, alone)
    assert [end["samples"] for end in ends] == [32, 32, 32]


def _deserted(team: Team) -> None:
    if not team.leads:
        os._exit(3)
    team.told(0.0)


def test_a_process_that_is_gone_ends_the_training() -> None:
    """The leader does not wait for one that died, and leaves no process behind."""
    with pytest.raises(RuntimeError):
        together(2, _deserted)
    assert not multiprocessing.active_children()


def _failed_late(team: Team) -> None:
    team.told(0.0)
    if not team.leads:
        sys.exit(4)


def test_a_process_that_fails_at_the_end_is_told() -> None:
    """Nobody waits for it any more, and still its failure is not passed over."""
    with pytest.raises(RuntimeError, match=r"process 1 .*exit code 4"):
        together(2, _failed_late)


def _drawn_for(team: Team) -> None:
    feed = batches((1, team.rank), size=2, workers=1)
    assert next(feed).pictures.shape == (2, 64, 192)
    feed.close()


def test_processes_that_train_may_have_others_that_draw() -> None:
    """`--processes` and `--workers` go together."""
    together(2, _drawn_for)


def test_a_batch_that_cannot_be_shared_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Told in a line before anything starts."""
    from models.training.ocr import train

    monkeypatch.setattr(sys, "argv", ["train", "--batch", "65", "--processes", "2", "--out", "/nowhere"])
    with pytest.raises(SystemExit):
        train.main()
    assert "--batch must be a multiple of --processes" in capsys.readouterr().err


def test_everything_from_nothing_trains_the_reader_in_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--processes` of the whole training is the reader's, whose processes then draw for themselves; the detector has none."""
    from models.training import train

    commands = []
    monkeypatch.setattr(train, "_run", lambda command: commands.append(" ".join(command)))
    monkeypatch.setattr(train, "_publish", lambda folder, weights: None)
    monkeypatch.setattr(sys, "argv", ["train", "--out", str(tmp_path), "--weights", str(tmp_path), "--processes", "2"])
    train.main()
    detector, reader, _ = commands
    assert "--processes" not in detector
    assert reader.endswith("--processes 2")


def test_a_training_that_fails_ends_with_its_own_words(tmp_path: Path) -> None:
    """One line of the part that failed, its exit code, and no traceback of ours behind it."""
    (tmp_path / "train_reader").mkdir()
    (tmp_path / "train_reader" / "checkpoint.pt").write_text("epoch,loss\n")
    command = [sys.executable, "-m", "models.training.train", "--only", "reader", "--resume", "--out", str(tmp_path)]
    done = subprocess.run([*command, "--weights", str(tmp_path)], capture_output=True, text=True, check=False)
    assert 1 == done.returncode
    assert "checkpoint.pt: not a checkpoint of this training" == done.stderr.strip().removeprefix(
        f"{tmp_path}/train_reader/"
    )
