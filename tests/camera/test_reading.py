"""The shipped networks on rendered frames, and weights that must not be used."""

from __future__ import annotations

import shutil
import types
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest

from camera.closeup import CloseUp
from camera.crops import CropReader
from camera.detector import PlateDetector
from camera.errors import InferenceFailed, WeightsInvalid
from camera.frame import Frame, Picture
from camera.ocr import OcrOutput, PlateOcr
from camera.peaks import Detection
from camera.reader import FOLLOWED_CLOSE_UP, PATIENT, USUAL_CLOSE_UP, OnnxPlateReader, open_reader
from camera.rectify import Margins, rectify
from camera.scripted import ScriptedReader
from camera.weights import DETECTOR_FACTS, DETECTOR_MODEL, MANIFEST, OCR_MODEL, check_weights
from core.plates.alphabet import ALPHABET, PAD, SLOTS, UNSEEN
from core.reading.decode import decode
from core.reading.reads import View
from edge.bench.frames import load_frames
from edge.paths import weights_dir


@pytest.fixture(scope="module")
def ocr() -> PlateOcr:
    return PlateOcr(check_weights(weights_dir()))


@pytest.fixture(scope="module")
def detector() -> PlateDetector:
    return PlateDetector.from_weights(check_weights(weights_dir()))


def frame(number: int = 0) -> Frame:
    return Frame(bgr=load_frames()[number], captured=0.0, frame_id=number + 1, lane="entry")


class TestReader:
    @pytest.mark.parametrize(("number", "text"), [(0, "A481MP77"), (2, "M916HO50")], ids=["day", "night"])
    def test_plate_of_a_rendered_frame_is_read(self, number: int, text: str) -> None:
        """The shipped weights read the plate of a gate scene, by day and by night."""
        reads = open_reader(weights_dir()).read(frame(number))

        assert text in {decode(read).text for read in reads}

    @pytest.mark.parametrize("slope", [-0.6, -0.4, 0.4, 0.6])
    def test_a_plate_seen_from_the_side_is_read(self, slope: float) -> None:
        """A camera beside the lane sees the plate's lines slant by up to 31 degrees: it is read as surely as a level one."""
        seen = frame()
        x = seen.bgr.shape[1] / 2
        onto = np.array([[0.8, 0, x * 0.2], [0.8 * slope, 1.0, -0.8 * slope * x]], np.float32)
        from_beside = cv2.warpAffine(seen.bgr, onto, seen.bgr.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)

        reads = open_reader(weights_dir()).read(replace(seen, bgr=from_beside))

        assert [decode(read).text for read in reads if decode(read).accepted] == ["A481MP77"]

    def test_a_followed_plate_is_looked_at_nearer_than_a_found_one(
        self, detector: PlateDetector, ocr: PlateOcr, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What a search finds is seen in the usual close-up; what the frame before showed is seen larger."""
        looks: list[CloseUp] = []
        look_again = detector.look_again

        def noted(grey: Picture, found: Sequence[Detection], how: CloseUp) -> tuple[Detection | None, ...]:
            if found:
                looks.append(how)
            return look_again(grey, found, how)

        monkeypatch.setattr(detector, "look_again", noted)
        reader = OnnxPlateReader(detector, ocr)
        for number in (1, 2):
            reader.read(replace(frame(), frame_id=number, captured=number / 15))

        assert looks == [USUAL_CLOSE_UP, FOLLOWED_CLOSE_UP]

    def test_every_other_frame_is_read_with_its_contrast_evened(self, detector: PlateDetector, ocr: PlateOcr) -> None:
        """Two frames with the same pixels are read in two ways, and are known for one picture."""
        reader = OnnxPlateReader(detector, ocr)
        plain, even = (
            next(r for r in reader.read(replace(frame(), frame_id=number)) if decode(r).text == "A481MP77")
            for number in (1, 2)
        )

        assert (plain.view, even.view) == (View.PLAIN, View.EVENED)
        assert plain.slots != even.slots
        assert plain.fingerprint == even.fingerprint

    def test_a_plate_cut_by_the_picture_s_edge_is_not_read(self) -> None:
        """A car that leaves the picture loses its region first: what is left of its plate is no plate."""
        whole = frame().bgr
        read = next(r for r in open_reader(weights_dir()).read(frame()) if decode(r).text == "A481MP77")
        right = max(x for x, _ in read.corners)
        for share in (0.95, 0.9, 0.85, 0.8):
            cut = np.ascontiguousarray(whole[:, : round(right - (1 - share) * read.box.w)])
            reads = open_reader(weights_dir(), effort=PATIENT).read_picture(cut).plates
            assert not [r for r in reads if abs(r.box.y - read.box.y) < read.box.h]

    def test_every_probability_of_every_slot_is_kept(self, detector: PlateDetector, ocr: PlateOcr) -> None:
        """A read carries the whole matrix, the belief in every format and a hash, not the best string."""
        (read, *_) = OnnxPlateReader(detector, ocr, effort=PATIENT).read(frame())

        assert (len(read.slots), {len(row) for row in read.slots}) == (SLOTS, {len(ALPHABET)})
        assert [sum(row) for row in read.slots] == pytest.approx([1.0] * SLOTS, abs=1e-3)
        assert sum(belief for _, belief in read.formats) == pytest.approx(1.0, abs=1e-3)
        assert [belief for _, belief in read.formats] == sorted((b for _, b in read.formats), reverse=True)
        assert 0 < read.sharpness <= 1
        assert 0 <= read.fingerprint < 2**64

    def test_characters_that_nobody_saw_are_none_that_were_read(self) -> None:
        """Something with room for characters of which none is seen is no plate that was read."""
        slots = np.zeros((SLOTS, len(ALPHABET)), np.float32)
        for slot, symbol in enumerate(f"A{UNSEEN}3".ljust(SLOTS, PAD)):
            slots[slot, ALPHABET.index(symbol)] = 1.0

        assert OcrOutput(slots=slots, formats=np.zeros(0, np.float32)).length == 2

    def test_empty_picture_has_no_plates(self, detector: PlateDetector, ocr: PlateOcr) -> None:
        """A grey wall has no plates, at any size."""
        reader = OnnxPlateReader(detector, ocr, effort=PATIENT)

        assert [
            reader.read_picture(np.full(shape, 120, np.uint8)).plates for shape in ((1080, 1920, 3), (9, 9, 3))
        ] == [
            (),
            (),
        ]

    def test_crop_is_read_as_one_plate(self, detector: PlateDetector, ocr: PlateOcr) -> None:
        """A picture of one plate gives exactly one read, whatever its size."""
        corners = ((683.0, 575.0), (827.0, 575.0), (827.0, 606.0), (683.0, 606.0))
        crop = rectify(frame().bgr, corners, width=180, height=46, margins=Margins(side=0.05, above=0.1))
        reader = CropReader(detector, ocr)

        assert [decode(read).text for read in reader.read_picture(crop).plates] == ["A481MP77"]
        assert len(reader.read_picture(np.zeros((8, 8, 3), np.uint8)).plates) == 1

    def test_scripted_reader_answers_by_frame(self) -> None:
        """The fake gives what was written for a frame, raises what was written, and else sees nothing."""
        reader = ScriptedReader({1: (), 2: InferenceFailed("нет")})

        assert reader.read(frame(0)) == ()
        with pytest.raises(InferenceFailed):
            reader.read(frame(1))
        assert reader.asked == [1, 2]


class ScriptedDetector:
    """Finds what is written for a size, and from near sees it where it was."""

    def __init__(self, by_size: dict[int, tuple[Detection, ...]]) -> None:
        self.by_size = by_size
        self.asked: list[int] = []

    def find(self, grey: Picture, *, long_side: int) -> tuple[Detection, ...]:
        self.asked.append(long_side)
        return self.by_size.get(long_side, ())

    def look_again(self, grey: Picture, found: Sequence[Detection], how: CloseUp) -> tuple[Detection, ...]:
        return tuple(found)


class TestSizes:
    def test_what_one_size_finds_hides_nothing_of_the_next(self, ocr: PlateOcr) -> None:
        """A near plate found at one size and a far one found at another only are both read."""
        near = Detection(((683.0, 575.0), (827.0, 575.0), (827.0, 606.0), (683.0, 606.0)), 0.9)
        far = Detection(((100.0, 300.0), (140.0, 300.0), (140.0, 309.0), (100.0, 309.0)), 0.5)
        sizes: dict[int, tuple[Detection, ...]] = {640: (near,), 1024: (replace(near, score=0.7), far)}
        reader = OnnxPlateReader(
            cast("PlateDetector", ScriptedDetector(sizes)), ocr, effort=replace(PATIENT, least_characters=0)
        )

        plates = reader.read_picture(frame().bgr).plates

        assert [plate.corners for plate in plates] == [near.corners, far.corners]

    def test_a_picture_is_not_searched_twice_at_its_own_size(self, ocr: PlateOcr) -> None:
        """Of the sizes that a picture does not reach one is enough: it is not enlarged."""
        asked: dict[int, list[int]] = {}
        for width in (200, 500, 900, 1920):
            detector = ScriptedDetector({})
            reader = OnnxPlateReader(cast("PlateDetector", detector), ocr, effort=PATIENT)
            reader.read_picture(np.zeros((100, width), np.uint8))
            asked[width] = sorted(detector.asked)

        assert asked == {200: [640], 500: [224, 640], 900: [224, 640, 1024], 1920: [224, 640, 1024]}


class TestInference:
    def test_failure_of_a_network_is_an_error(
        self, detector: PlateDetector, ocr: PlateOcr, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A network that does not answer is never an empty road."""
        with pytest.raises(InferenceFailed, match="детектор"):
            detector.infer(np.zeros((33, 40), np.float32).astype(np.uint8)[:, :0])

        monkeypatch.setattr(ocr, "prepare", lambda _: np.zeros((5, 5, 1), np.uint8))
        with pytest.raises(InferenceFailed, match="чтение номера"):
            ocr.read([np.zeros((64, 192), np.uint8)])

    @pytest.mark.parametrize("which", [0, 1], ids=["heatmap", "corners"])
    def test_an_answer_that_is_no_number_is_an_error(self, monkeypatch: pytest.MonkeyPatch, which: int) -> None:
        """A detector whose maps are not numbers has failed, and the road is not empty."""
        detector = PlateDetector.from_weights(check_weights(weights_dir()))
        maps = [np.full((1, 1, 4, 8), 0.9, np.float32), np.zeros((1, 8, 4, 8), np.float32)]
        maps[which][0, 0, 2, 2] = np.nan
        monkeypatch.setattr(detector, "_session", types.SimpleNamespace(run=lambda *_: maps))

        with pytest.raises(InferenceFailed, match="не числами"):
            detector.find(np.zeros((32, 64), np.uint8))

    def test_no_plates_need_no_run(self, ocr: PlateOcr) -> None:
        """Reading nothing gives nothing."""
        assert ocr.read([]) == ()

    def test_grey_and_colour_read_alike(self, ocr: PlateOcr) -> None:
        """An infrared camera's grey picture is read as the same picture in colour is."""
        grey = np.random.default_rng(0).integers(0, 255, (64, 192), dtype=np.uint8)
        colour = np.repeat(grey[:, :, None], 3, axis=2)

        one, other = ocr.read([grey, colour])

        assert np.abs(one.slots - other.slots).max() < 0.05


class TestWeights:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return Path(shutil.copytree(weights_dir(), tmp_path / "weights"))

    def test_shipped_weights_are_those_of_their_manifest(self) -> None:
        """Every network in the package has the sum that its manifest gives."""
        assert check_weights(weights_dir()).ocr_model.name == OCR_MODEL

    def test_changed_byte_is_refused(self, folder: Path) -> None:
        """Weights that are not those of the manifest are named and not used."""
        path = folder / DETECTOR_MODEL
        path.write_bytes(path.read_bytes()[:-1] + b"?")

        with pytest.raises(WeightsInvalid, match=r"plate_detector\.onnx: sha256"):
            check_weights(folder)

    @pytest.mark.parametrize("name", [OCR_MODEL, MANIFEST])
    def test_missing_file_is_named(self, folder: Path, name: str) -> None:
        """A file that is not there is named in one line."""
        (folder / name).unlink()

        with pytest.raises(WeightsInvalid, match=f"{name}: не читается"):
            check_weights(folder)

    def test_manifest_without_a_sum_is_refused(self, folder: Path) -> None:
        """A file that the manifest does not list is not trusted."""
        (folder / MANIFEST).write_text("", encoding="utf-8")

        with pytest.raises(WeightsInvalid, match="нет sha256"):
            check_weights(folder)

    def test_unreadable_network_and_facts_are_named(self, folder: Path) -> None:
        """Files that pass for weights but are none are told in one line."""
        weights = check_weights(folder)
        weights.detector_model.write_bytes(b"no network")
        with pytest.raises(WeightsInvalid, match="сеть не загружается"):
            PlateDetector.from_weights(weights)

        weights.ocr_model.write_bytes(b"no network")
        with pytest.raises(WeightsInvalid, match=OCR_MODEL):
            PlateOcr(weights)

        weights.detector_facts.write_text("stride = 8\n", encoding="utf-8")
        with pytest.raises(WeightsInvalid, match=DETECTOR_FACTS):
            PlateDetector.from_weights(weights)
