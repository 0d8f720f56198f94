"""Rules of the reader's training: it learns, stops and resumes, and exports what it trained. Needs torch."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib
import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch

pytestmark = [
    pytest.mark.training,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # torch's exporter warns of its own successor
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


def _recipe(out: Path, samples: int) -> object:
    from models.training.ocr.train import Recipe

    return Recipe(
        out=out,
        samples=samples,
        minutes=None,
        batch=8,
        rate=1e-3,
        decay=0.02,
        average=0.9,
        seed=3,
        workers=0,
        fonts=None,
    )


def test_a_stopped_training_goes_on(tmp_path: Path) -> None:
    """After a resume the count of samples goes on from the checkpoint, and every shipped file is there."""
    from models.training.ocr.team import Team
    from models.training.ocr.train import train

    train(Team(), _recipe(tmp_path, 16), resume=False)
    train(Team(), _recipe(tmp_path, 32), resume=True)
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert state["samples"] == 32
    assert all((tmp_path / name).exists() for name in ("plate_ocr.onnx", "plate_ocr.yaml", "manifest.toml"))


def test_an_interrupted_training_leaves_a_checkpoint_and_says_so(tmp_path: Path) -> None:
    """Ctrl-C ends a step, not within one: the checkpoint holds what was seen, one line tells of it, and it can be resumed."""
    from models.training.checkpoints import read_checkpoint

    command = [
        sys.executable,
        "-m",
        "models.training.ocr.train",
        "--out",
        str(tmp_path),
        "--samples",
        "100000",
        "--batch",
        "8",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8", process_group=0) as training:
        assert training.stderr is not None
        said = ""
        while "/100k" not in said:  # the bar stands: from here on a step may be under way
            piece = training.stderr.read(1)
            assert piece, said
            said += piece
        os.killpg(training.pid, signal.SIGINT)  # as a terminal does, to all of them
        said = training.stderr.read()
        assert training.wait() == 130
    assert said.splitlines()[-1] == f"interrupted; {tmp_path / 'checkpoint.pt'} is written, --resume goes on from it"
    assert read_checkpoint(tmp_path / "checkpoint.pt", needed={"reader", "average", "samples"})["samples"] < 100_000


def test_a_seed_gives_the_same_weights(tmp_path: Path) -> None:
    """Two trainings of one seed on one machine end alike."""
    from models.training.ocr.team import Team
    from models.training.ocr.train import train

    states = []
    for name in ("one", "two"):
        train(Team(), _recipe(tmp_path / name, 16), resume=False)
        states.append(torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)["reader"])
    assert all(torch.equal(a, b) for a, b in zip(states[0].values(), states[1].values(), strict=True))


def test_a_few_plates_can_be_learned_by_heart() -> None:
    """The loss falls when the same batch is shown again and again: gradients reach every part."""
    from models.training.ocr.loss import loss_of, on
    from models.training.ocr.network import PlateReader
    from models.training.plates.samples import Stream

    torch.manual_seed(1)
    reader = PlateReader()
    batch = on(torch.device("cpu"), Stream(1, size=8).batch())
    optimiser = torch.optim.AdamW(reader.parameters(), lr=2e-3)
    losses = []
    for _ in range(12):
        loss = loss_of(reader, batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] * 0.8
    assert all(p.grad is not None and np.isfinite(p.grad.numpy()).all() for p in reader.parameters())


@pytest.mark.parametrize("finished", [True, False])
def test_weights_are_put_in_place_when_they_are_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, finished: bool
) -> None:
    """Until the calibration is done the old weights and their manifest stay; then both are new and fit each other."""
    from models.training import train
    from models.training.ocr.export import write_manifest

    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "plate_ocr.onnx").write_text("old")
    write_manifest(weights)

    def run(command: list[str]) -> None:
        folder = Path(command[command.index("--out") + 1])
        folder.mkdir(parents=True, exist_ok=True)
        calibrates = train._CALIBRATE in command
        if calibrates and not finished:
            raise KeyboardInterrupt
        (folder / "plate_ocr.onnx").write_text("calibrated" if calibrates else "trained")

    monkeypatch.setattr(train, "_run", run)
    asked = ["train", "--only", "reader", "--out", str(tmp_path), "--weights", str(weights)]
    monkeypatch.setattr("sys.argv", asked)
    with contextlib.nullcontext() if finished else pytest.raises(KeyboardInterrupt):
        train.main()
    there = (weights / "plate_ocr.onnx").read_bytes()
    manifest = tomllib.loads((weights / "manifest.toml").read_text())
    assert (b"calibrated" if finished else b"old") == there
    assert {"plate_ocr.onnx": {"sha256": hashlib.sha256(there).hexdigest()}} == manifest


def test_a_graph_that_is_not_the_network_is_not_put_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights in use stay as they are when the new graph does not answer as the network does."""
    from models.training.ocr import export
    from models.training.ocr.network import PlateReader

    monkeypatch.setattr(export, "TOLERANCE", -1.0)
    weights = tmp_path / "plate_ocr.onnx"
    weights.write_text("in use")
    with pytest.raises(ArithmeticError):
        export.write_onnx(PlateReader().eval(), weights)
    assert weights.read_text() == "in use"


def test_a_manifest_that_could_not_be_written_stays_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk leaves a manifest that can be read, so that a training goes on when there is room again."""
    from models.training.ocr.export import write_manifest

    (tmp_path / "plate_ocr.onnx").write_text("weights")
    write_manifest(tmp_path)
    before = (tmp_path / "manifest.toml").read_bytes()

    def half(path: Path, text: str, encoding: str) -> None:
        path.write_bytes(text.encode(encoding)[: len(text) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(OSError, match="No space"):
        write_manifest(tmp_path)
    assert before == (tmp_path / "manifest.toml").read_bytes()


def test_a_schedule_begun_at_another_run_s_end_is_a_whole_one(tmp_path: Path) -> None:
    """Begun from a checkpoint, a training of so many samples sees so many more, also over a stop and a resume."""
    from models.training.ocr.team import Team
    from models.training.ocr.train import train

    train(Team(), _recipe(tmp_path / "one", 24), resume=False)
    other = tmp_path / "other"
    for samples, resume in ((16, False), (32, True)):
        train(Team(), _recipe(other, samples), resume=resume, begin_at=tmp_path / "one" / "checkpoint.pt")
        assert torch.load(other / "checkpoint.pt", weights_only=True)["samples"] == 24 + samples


@pytest.mark.parametrize(
    "module", ["models.training.train", "models.training.ocr.train", "models.training.detector.train"]
)
@pytest.mark.parametrize("minutes", ["0", "-5", "nan", "inf"])
def test_no_minutes_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], module: str, minutes: str
) -> None:
    """A training of no time, or of time without an end, is a slip of the hand."""
    training = importlib.import_module(module)
    monkeypatch.setattr(training, "subprocess" if module == "models.training.train" else "train", None)
    monkeypatch.setattr("sys.argv", ["train", "--out", "/nowhere", f"--minutes={minutes}"])
    with pytest.raises(SystemExit):
        training.main()
    assert f"a number above 0, not '{minutes}'" in capsys.readouterr().err


@pytest.mark.parametrize("module", ["models.training.ocr.train", "models.training.detector.train"])
@pytest.mark.parametrize("option", ["--samples", "--batch"])
def test_a_training_on_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], module: str, option: str
) -> None:
    """No samples and empty batches are told in a line before anything starts."""
    training = importlib.import_module(module)
    monkeypatch.setattr(training, "train", None)
    monkeypatch.setattr("sys.argv", ["train", option, "0"])
    with pytest.raises(SystemExit):
        training.main()
    assert "a whole number above 0, not '0'" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, "", "no checkpoint", "epoch,loss\n", "{}"])
def test_what_is_no_checkpoint_is_told_in_a_line(tmp_path: Path, content: str | None) -> None:
    """A file that is not there, empty, or something else ends the command with its name, not with a traceback."""
    from models.training.ocr.checkpoint import checkpoint_of

    file = tmp_path / "some.pt"
    if content == "{}":
        torch.save({}, file)
    elif content is not None:
        file.write_text(content)
    with pytest.raises(SystemExit, match=r"some\.pt: (not a checkpoint of this training|No such file or directory)$"):
        checkpoint_of(file)


@pytest.mark.parametrize("resume", [True, False])
@pytest.mark.parametrize("lost", ["look_again.norm1.weight", "symbols.weight"])
def test_a_checkpoint_of_another_network_is_told_in_a_line(tmp_path: Path, lost: str, *, resume: bool) -> None:
    """A network that has changed since can neither go on nor be begun with: nothing is filled up at random."""
    from models.training.ocr.team import Team
    from models.training.ocr.train import train

    train(Team(), _recipe(tmp_path, 8), resume=False)
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    del state["reader"][lost]
    torch.save(state, tmp_path / "checkpoint.pt")
    with pytest.raises(SystemExit, match=r"checkpoint\.pt: of another network"):
        train(Team(), _recipe(tmp_path, 16), resume=resume, begin_at=tmp_path / "checkpoint.pt")


def test_weights_without_a_run_begin_another_and_cannot_go_on(tmp_path: Path) -> None:
    """The mean of trainings is the beginning of another schedule; it is no run that stopped, and is told so in a line."""
    from models.training.checkpoints import write_checkpoint
    from models.training.ocr.mean import mean_checkpoint
    from models.training.ocr.team import Team
    from models.training.ocr.train import train

    mean = tmp_path / "checkpoint.pt"
    train(Team(), _recipe(tmp_path / "one", 8), resume=False)
    write_checkpoint(mean_checkpoint([tmp_path / "one" / "checkpoint.pt"]), mean)

    train(Team(), _recipe(tmp_path / "next", 8), resume=False, begin_at=mean)

    assert torch.load(tmp_path / "next" / "checkpoint.pt", weights_only=True)["samples"] == 16
    with pytest.raises(SystemExit, match=r"checkpoint\.pt: weights of no run that stopped"):
        train(Team(), _recipe(tmp_path, 16), resume=True)
