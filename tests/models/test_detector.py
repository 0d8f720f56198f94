"""The detector's training: targets, loss, export. With torch only."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from camera.detector import read_facts
from camera.peaks import decode
from models.training.detector import evaluate
from models.training.detector.evaluate import on_photographs
from models.training.detector.export import export_onnx, folded
from models.training.detector.loss import corner_loss, heat_loss, make_targets
from models.training.detector.network import STRIDE, PlateDetector, answers, parameter_count
from models.training.detector.samples import MOST_PLATES, PAD_GREY, RenderedBatches, pad
from models.training.detector.train import Recipe, learning_rate, train

pytestmark = pytest.mark.training

QUAD = np.array([[40, 50], [104, 46], [106, 62], [42, 66]], np.float32)


def one_plate(role: int = 1):
    corners = torch.zeros(1, MOST_PLATES, 4, 2)
    corners[0, 0] = torch.from_numpy(QUAD)
    roles = torch.full((1, MOST_PLATES), -1)
    roles[0, 0] = role
    return make_targets(corners, roles, rows=12, columns=16)


class TestTargets:
    def test_decoding_the_targets_gives_the_plate(self):
        """What the network is taught is what the gate decodes: the same four corners."""
        targets = one_plate()
        heat = torch.maximum(targets.heat, targets.centre.float())[0].numpy()
        (found,) = decode(heat, targets.corners[0].numpy(), stride=STRIDE, scale=1.0, floor=0.6)

        assert np.allclose(QUAD, found.corners, atol=1e-3)

    def test_hidden_plates_are_neither_demanded_nor_forbidden(self):
        """A plate with role 0 has no centre, and its place costs nothing."""
        targets = one_plate(role=0)
        logits = torch.full((1, 12, 16), -20.0)
        silent = heat_loss(logits, targets)
        logits[0, 7, 9] = 20.0  # a cell within the plate
        loud = heat_loss(logits, targets)

        assert not targets.centre.any()
        assert loud == pytest.approx(float(silent), abs=1e-4)

    def test_perfect_corners_cost_nothing(self):
        """The corner loss of the right answer is zero."""
        targets = one_plate()

        assert float(corner_loss(targets.corners, targets)) == pytest.approx(0, abs=1e-6)


class TestNetwork:
    def test_is_small(self):
        """The weights fit 2.5 MB as 32-bit floats."""
        assert parameter_count(PlateDetector()) * 4 < 2.5e6

    def test_any_size_that_32_divides(self):
        """The answer has one cell per 8 x 8 pixels."""
        heat, corners = answers(PlateDetector().eval()(torch.zeros(1, 1, 64, 96)))

        assert ((1, 1, 8, 12), (1, 8, 8, 12)) == (tuple(heat.shape), tuple(corners.shape))

    def test_folding_changes_nothing(self):
        """Batch normalisation folded into the convolutions gives the same answers."""
        net = PlateDetector().eval()
        picture = torch.rand(1, 1, 64, 64) * 255

        assert torch.allclose(net(picture), folded(net)(picture), atol=1e-4)

    def test_exported_network_answers_alike(self, tmp_path):
        """ONNX Runtime gives torch's answers, at another size than the export's."""
        import onnxruntime

        net = PlateDetector().eval()
        export_onnx(net, tmp_path / "net.onnx")
        picture = np.random.default_rng(1).integers(0, 255, (1, 96, 160, 1), np.uint8)
        session = onnxruntime.InferenceSession(str(tmp_path / "net.onnx"), providers=["CPUExecutionProvider"])
        heat, corners = session.run(["heatmap", "corners"], {"image": picture})
        with torch.no_grad():
            expected = answers(net(torch.from_numpy(picture[..., 0]).float()[None]))

        assert read_facts(tmp_path / "net.toml").stride == STRIDE
        assert np.allclose(expected[0], heat, atol=1e-4)
        assert np.allclose(expected[1], corners, atol=1e-3)


class TestTraining:
    def test_rate_rises_and_falls(self):
        """The learning rate warms up, peaks, and ends near nothing."""
        recipe = Recipe(samples=100_000, warm_up=1000)
        early, peak, last = (learning_rate(recipe, s) for s in (0, 1000, 100_000))

        assert early < 0.01 * recipe.rate
        assert peak == pytest.approx(recipe.rate)
        assert last == pytest.approx(0.01 * recipe.rate)

    def test_rate_falls_with_the_clock(self):
        """Of samples and minutes the one that is nearer to its end sets the rate."""
        recipe = Recipe(samples=100_000, warm_up=1000)

        assert learning_rate(recipe, 2000, clock=1.0) == pytest.approx(0.01 * recipe.rate)
        assert learning_rate(recipe, 90_000, clock=0.1) == learning_rate(recipe, 90_000)

    def test_padding_spares_plates(self):
        """A blanked edge never covers a labelled plate."""
        for seed in range(60):
            picture = np.zeros((96, 128), np.uint8)
            pad(np.random.default_rng(seed), picture, QUAD[None])

            assert not np.any(picture[46:66, 40:106] == PAD_GREY)

    def test_resumes_where_it_stopped(self, tmp_path):
        """A stopped run goes on to the end and leaves a network that ONNX Runtime loads."""
        torch.set_num_threads(1)
        recipe = Recipe(samples=6, batch=2, warm_up=4)
        train(replace(recipe, samples=2), out=tmp_path, minutes=60.0, workers=0, resume=False)
        first = torch.load(tmp_path / "plate_detector.pt", weights_only=True)["seen"]
        onnx = train(recipe, out=tmp_path, minutes=60.0, workers=0, resume=True)

        assert first == 2
        assert torch.load(tmp_path / "plate_detector.pt", weights_only=True)["seen"] == 6
        assert onnx.stat().st_size < 2.5e6

    def test_minutes_are_of_the_whole_training(self, tmp_path):
        """Minutes that a stopped run has used up are not there again after a resume."""
        torch.set_num_threads(1)
        recipe = Recipe(samples=2, batch=2, warm_up=4)
        train(recipe, out=tmp_path, minutes=60.0, workers=0, resume=False)
        used = torch.load(tmp_path / "plate_detector.pt", weights_only=True)["seconds"] / 60
        train(replace(recipe, samples=6), out=tmp_path, minutes=used, workers=0, resume=True)

        assert used > 0
        assert torch.load(tmp_path / "plate_detector.pt", weights_only=True)["seen"] == 2

    @pytest.mark.parametrize("number", [0, 2])
    def test_batches_repeat(self, number):
        """A batch of scenes or of close-ups is the same whoever asks for it."""
        first, second = (RenderedBatches(seed=5, batches=3, batch=2)[number][0] for _ in range(2))

        assert torch.equal(first, second)


class Blind:
    """A detector that sees nothing."""

    def find(self, grey, *, floor):
        return ()


def test_photographs_of_a_spreadsheet_s_manifest_are_measured(tmp_path):
    """A byte order mark, as spreadsheets write it, is no part of the first column's name."""
    (tmp_path / "manifest.csv").write_text("file,text,x,y,w,h\r\na.png,A1,1,2,30,4\r\n", encoding="utf-8-sig")
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((40, 60), np.uint8))

    seen = on_photographs(Blind(), tmp_path)

    assert (1, 1, ["a.png"]) == (seen.pictures, seen.plates, seen.lost)


def test_a_manifest_of_no_pictures_is_told_in_json(tmp_path, monkeypatch, capsys):
    """Where there was nothing to look at, what is printed is JSON all the same."""
    (tmp_path / "manifest.csv").write_text("file,x,y,w,h\n", encoding="utf-8")
    monkeypatch.setattr(evaluate, "PlateDetector", lambda *_: Blind())
    monkeypatch.setattr("sys.argv", ["evaluate", "--photos", str(tmp_path)])

    evaluate.main()

    assert json.loads(capsys.readouterr().out, parse_constant=pytest.fail)["pictures"] == 0


def test_a_picture_that_is_missing_is_told_in_one_line(tmp_path, monkeypatch):
    """What the manifest names and nobody has is an error with its line, not a plate that was not found."""
    (tmp_path / "manifest.csv").write_text("file,x,y,w,h\na.png,1,2,3,4\n", encoding="utf-8")
    monkeypatch.setattr(evaluate, "PlateDetector", lambda *_: Blind())
    monkeypatch.setattr("sys.argv", ["evaluate", "--photos", str(tmp_path)])

    with pytest.raises(SystemExit, match=r"manifest\.csv:2: .*no picture a\.png"):
        evaluate.main()
