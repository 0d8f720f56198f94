"""`gate read`: the plates in pictures, decoded as the gate would decode a single frame."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import click

from camera.crops import CropReader
from camera.detector import PlateDetector
from camera.frame import Picture
from camera.ocr import PlateOcr
from camera.reader import PATIENT, OnnxPlateReader, PictureReads, ReadingEffort
from camera.stills import load_grey, load_picture
from camera.weights import check_weights
from core.errors import FileUnusable
from core.plates.formats import FORMATS
from core.reading.decode import decode
from core.reading.reading import Reading
from core.reading.reads import PlateRead
from edge.cli.options import print_json, with_config, with_json
from edge.language import either, say
from edge.paths import weights_dir


class PictureReader(Protocol):
    """Reads one still picture."""

    @property
    def grey(self) -> bool:
        """Whether it makes no use of colours."""
        ...

    def read_picture(self, picture: Picture) -> PictureReads: ...


@click.command(help=say("Прочитать номера на снимках."))
@click.option("--crop", is_flag=True, help=say("Снимок — это один номер."))
@click.option(
    "--live",
    is_flag=True,
    help=say("Один взгляд, как на кадр видео; иначе терпеливо, как на снимок."),
)
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@with_json
@with_config
def read(files: tuple[Path, ...], config_file: Path | None, *, crop: bool, live: bool, as_json: bool) -> int:
    """Exit code 1 if any file could not be used; the others are read all the same."""
    del config_file  # accepted by every command; reading a picture depends on no setting
    if crop and live:
        raise click.UsageError(say("--crop и --live вместе не бывают"))
    reader = _open(crop=crop, effort=ReadingEffort() if live else PATIENT)
    load = load_grey if reader.grey else load_picture
    failed = 0
    for file in files:
        try:
            seen = reader.read_picture(load(file))
        except FileUnusable as error:
            failed += 1
            if as_json:
                print_json({"file": str(file), "error": error.why})
            else:
                print(error, file=sys.stderr)
            continue
        plates = [(plate, reading) for plate in seen.plates if (reading := decode(plate)).text]
        if as_json:
            print_json(_as_json(file, plates, seen))
        else:
            _print_result(file, plates)
    return 1 if failed else 0


def _open(*, crop: bool, effort: ReadingEffort) -> PictureReader:
    weights = check_weights(weights_dir())
    detector, ocr = PlateDetector.from_weights(weights), PlateOcr(weights)
    return CropReader(detector, ocr) if crop else OnnxPlateReader(detector, ocr, effort=effort)


def _as_json(file: Path, plates: list[tuple[PlateRead, Reading]], seen: PictureReads) -> Mapping[str, object]:
    return {
        "file": str(file),
        "plates": [
            {
                "text": reading.text,
                "display": reading.display,
                "confidence": round(reading.confidence, 4),
                "accepted": reading.accepted,
                "format": reading.format,
                "country": reading.country,
                "box": [round(v, 1) for v in (plate.box.x, plate.box.y, plate.box.w, plate.box.h)],
                "corners": [[round(x, 1), round(y, 1)] for x, y in plate.corners],
            }
            for plate, reading in plates
        ],
        "ms": {"detect": round(seen.detect_ms, 2), "ocr": round(seen.ocr_ms, 2)},
    }


def _print_result(file: Path, plates: list[tuple[PlateRead, Reading]]) -> None:
    if not plates:
        print(f"{file}: " + say("номеров не видно"))
    for _, reading in plates:
        kind = FORMATS[reading.format] if reading.format else None
        name = either(kind.name_ru, kind.name_en) if kind else say("вид неизвестен")
        verdict = say("принят") if reading.accepted else say("не принят")
        print(f"{file}: {reading.display}  {reading.confidence:.1%}  {verdict}  {name}")
