"""`python -m models.training.evaluate`: how well plates are read.

    python -m models.training.evaluate --manifest DIR/manifest.csv --name street      pictures with a manifest
    python -m models.training.evaluate --rendered 200                                 rendered sets, about 18,000 pictures
    python -m models.training.evaluate --plateless 1000                               drawn streets, their plates painted over
    python -m models.training.evaluate --manifest … --shrunk 60                       the same, each plate 60 pixels wide
    python -m models.training.evaluate --covered DIR/manifest.csv                     photographs, their plates painted over
    python -m models.training.evaluate --manifest … --reader "other-reader --json"    another reader, same figures

A manifest without boxes (`x,y,w,h`) is of crops, and ours is told so with `--crop`; `--scenes` says that it is not. Drawn and painted
pictures are thrown away unless `--keep DIR` says where to put them.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

from edge.core.errors import FileUnusable
from models.training.evaluate.made import write_made
from models.training.evaluate.photographs import shrunk, without_plates
from models.training.evaluate.readers import ask, command_of
from models.training.evaluate.rendered import plates_by_set, streets_without_plates
from models.training.evaluate.report import write
from models.training.evaluate.scoring import accepted_elsewhere, score
from models.training.evaluate.truth import read_manifest, without_guessed_width
from models.training.options import folder, positive_count, report_name

REPORTS = Path(__file__).resolve().parents[2] / "reports"
SEED = 20_261


def main() -> None:
    """Parse the command line, ask the reader, write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--manifest", type=Path)
    what.add_argument("--rendered", type=positive_count, metavar="N", help="pictures a rendered set")
    what.add_argument("--plateless", type=positive_count, metavar="N", help="drawn streets without plates")
    what.add_argument("--covered", type=Path, metavar="MANIFEST", help="photographs whose plates are painted over")
    parser.add_argument("--name", type=report_name, help="name of the report; the folder of the manifest by default")
    parser.add_argument("--reader", help="a command that takes files and prints the JSON lines of `gate read`")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=folder, default=REPORTS)
    parser.add_argument(
        "--shrunk", type=positive_count, metavar="PX", help="shrink photographs until each plate is so wide"
    )
    parser.add_argument("--scenes", action="store_true", help="pictures without boxes are scenes all the same")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the pictures that were made")
    options = parser.parse_args()
    given = options.covered or options.manifest
    if options.keep and given and options.keep.resolve() == given.resolve().parent:
        parser.error(f"--keep {options.keep}: the manifest there would be written over")
    with tempfile.TemporaryDirectory(prefix="okter-evaluate-") as scratch:
        try:
            task = _task(options, options.keep or Path(scratch))
            truths = read_manifest(task.manifest)
        except FileUnusable as error:
            parser.error(str(error))
        except OSError as error:  # no room for the pictures that are made
            parser.exit(1, f"{parser.prog}: {error}\n")
        if not truths:
            parser.error(f"{task.said}: nothing to score")
        if not task.crops:
            truths = tuple(without_guessed_width(truth) for truth in truths)
        try:
            answers = ask(command_of(options.reader, crop=task.crops), dict.fromkeys(truth.file for truth in truths))
        except RuntimeError as error:
            parser.exit(1, f"{parser.prog}: {error}\n")
    other = f' --reader "{options.reader}"' if options.reader else ""
    command = f"python -m models.training.evaluate {task.said}{other}"
    rows, elsewhere = score(truths, answers), accepted_elsewhere(truths, answers)
    print(write(options.name or task.name, rows, options.out, command=command, elsewhere=elsewhere))


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be read, and how the report names it."""

    manifest: Path
    name: str
    said: str
    """The options that ask for it."""
    crops: bool
    """Each picture is one plate, not a scene."""


def _task(options: argparse.Namespace, folder: Path) -> Task:
    """Make what has to be made, in `folder`. Raises FileUnusable of a manifest that was given."""
    seed = "" if options.seed == SEED else f" --seed {options.seed}"
    if options.rendered:
        manifest = write_made(folder, plates_by_set(options.rendered, seed=options.seed))
        return Task(manifest, "rendered", f"--rendered {options.rendered}{seed}", crops=True)
    if options.plateless:
        manifest = write_made(folder, streets_without_plates(options.plateless, seed=options.seed))
        return Task(manifest, "plateless", f"--plateless {options.plateless}{seed}", crops=False)
    given = options.covered or options.manifest
    name = given.resolve().parent.name
    said = f"{name}/{given.name}"
    if options.covered:
        manifest = write_made(folder, without_plates(given))
        return Task(manifest, f"{name}_covered", f"--covered {said}", crops=False)
    crops = not options.scenes and all(truth.box is None for truth in read_manifest(given))
    said = f"--manifest {said}{' --scenes' if options.scenes else ''}"
    if options.shrunk:
        manifest = write_made(folder, shrunk(given, options.shrunk))
        return Task(manifest, f"{name}_{options.shrunk}px", f"{said} --shrunk {options.shrunk}", crops=crops)
    return Task(given, name, said, crops=crops)


if __name__ == "__main__":
    main()
