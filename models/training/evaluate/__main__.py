"""`python -m models.training.evaluate`: measures how well plates are read.

    python -m models.training.evaluate --manifest DIR/manifest.csv --name street      pictures with a manifest
    python -m models.training.evaluate --rendered 200                                 rendered sets, about 18,000 pictures
    python -m models.training.evaluate --plateless 1000                               rendered streets, plates covered
    python -m models.training.evaluate --manifest … --shrunk 60                       the same, each plate 60 pixels wide
    python -m models.training.evaluate --manifest … --slanted 30                      as from a camera beside the lane
    python -m models.training.evaluate --manifest … --live                            one look each, as at a video frame
    python -m models.training.evaluate --covered DIR/manifest.csv                     photographs, plates covered
    python -m models.training.evaluate --manifest … --reader "other-reader --json"    another reader, same figures

A manifest without boxes (`x,y,w,h`) is assumed to list crops, and our reader is then called with `--crop`; `--scenes`
overrides that. Rendered and painted pictures are deleted afterwards unless `--keep DIR` gives a place for them.
"""

from __future__ import annotations

import argparse
import shlex
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import FileUnusable
from models.training.evaluate.made import write_made
from models.training.evaluate.photographs import shrunk, slanted, without_plates
from models.training.evaluate.readers import TIMEOUT_S, ask, command_of
from models.training.evaluate.rendered import count_by_set, plates_by_set, streets_without_plates
from models.training.evaluate.report import Aside, files_of, write
from models.training.evaluate.scoring import accepted_elsewhere, score
from models.training.evaluate.truth import left_out, read_manifest, without_guessed_width
from models.training.options import command_line, folder, positive, positive_count, report_name, seed, slant
from models.training.outputs import prepare_empty_folder, prepare_folder

REPORTS = Path(__file__).resolve().parents[2] / "reports"
SEED = 20_261


def main() -> None:
    """Parse the command line, run the reader, write the report."""
    parser = argparse.ArgumentParser(
        prog="evaluate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--manifest", type=Path)
    what.add_argument("--rendered", type=positive_count, metavar="N", help="pictures a rendered set")
    what.add_argument("--plateless", type=positive_count, metavar="N", help="drawn streets without plates")
    what.add_argument("--covered", type=Path, metavar="MANIFEST", help="photographs whose plates are painted over")
    parser.add_argument(
        "--name", type=report_name, help="name of the report; by default the manifest's folder, then the other reader"
    )
    parser.add_argument(
        "--reader", type=command_line, help="a command that takes files and prints the JSON lines of `gate read`"
    )
    parser.add_argument(
        "--reader-timeout-s", type=positive, default=TIMEOUT_S, metavar="S", help="longest silence of the reader"
    )
    parser.add_argument("--seed", type=seed, default=SEED)
    parser.add_argument("--out", type=folder, default=REPORTS)
    altered = parser.add_mutually_exclusive_group()
    altered.add_argument(
        "--shrunk", type=positive_count, metavar="PX", help="shrink photographs until each plate is so wide"
    )
    altered.add_argument(
        "--slanted", type=slant, metavar="DEG", help="shear photographs until each plate falls and rises by so much"
    )
    parser.add_argument("--live", action="store_true", help="one look at each picture, as the gate has at a frame")
    parser.add_argument("--scenes", action="store_true", help="pictures without boxes are scenes all the same")
    parser.add_argument(
        "--keep", type=folder, metavar="DIR", help="keep the pictures that were made, in an empty folder"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="okter-evaluate-") as scratch:
        try:
            name = _name(options)
            prepare_folder(options.out, files=files_of(name))
            if options.keep:
                prepare_empty_folder(options.keep)
            task = _task(options, options.keep or Path(scratch))
            truths = read_manifest(task.manifest)
        except (FileUnusable, argparse.ArgumentTypeError) as error:
            parser.error(str(error))
        except OSError as error:  # no space for the generated pictures
            parser.exit(1, f"{parser.prog}: {error}\n")
        except KeyboardInterrupt:
            parser.exit(130, f"{parser.prog}: interrupted\n")
        if not truths:
            parser.error(f"{task.said}: nothing to score{_counted(task.left_out)}")
        if options.live and (task.crops or options.reader):
            parser.error("--live is a way of our reader to look at scenes")
        if not task.crops:
            truths = tuple(without_guessed_width(truth) for truth in truths)
        asked = dict.fromkeys(truth.file for truth in truths)
        try:
            answers = ask(
                command_of(options.reader, crop=task.crops, live=options.live),
                asked,
                timeout_s=options.reader_timeout_s,
            )
        except RuntimeError as error:
            parser.exit(1, f"{parser.prog}: {error}\n")
        except KeyboardInterrupt:
            parser.exit(130, f"{parser.prog}: interrupted\n")
    other = f' --reader "{shlex.join(options.reader)}"' if options.reader else " --live" if options.live else ""
    aside = Aside(
        elsewhere=accepted_elsewhere(truths, answers),
        unusable={file: said.error for file, said in answers.items() if said.error},
        left_out=task.left_out,
    )
    command = f"python -m models.training.evaluate {task.said}{other}"
    print(write(name, score(truths, answers), options.out, command=command, aside=aside))


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be read, and how the report describes it."""

    manifest: Path
    said: str
    """The options that request it."""
    crops: bool
    """Each picture is one plate, not a scene."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Rows of the given manifest that are not scored, by reason."""


def _name(options: argparse.Namespace) -> str:
    """The report's name. Another reader's report must not overwrite ours."""
    if options.name:
        return str(options.name)
    given = options.covered or options.manifest
    name = given.resolve().parent.name if given else "rendered" if options.rendered else "plateless"
    name += "_covered" if options.covered else f"_{options.shrunk}px" if options.manifest and options.shrunk else ""
    name += f"_{options.slanted:g}deg" if options.manifest and options.slanted else ""
    if options.live:
        name += "_live"
    if options.reader:
        name += f"_{Path(options.reader[0]).name or 'reader'}"
    return report_name(name)


def _counted(left_out: Mapping[str, int]) -> str:
    return f" ({', '.join(f'{count} {why}' for why, count in left_out.items())})" if left_out else ""


def _task(options: argparse.Namespace, folder: Path) -> Task:
    """Generate what must be generated, in `folder`. Raises FileUnusable for a bad manifest."""
    seed = "" if options.seed == SEED else f" --seed {options.seed}"
    if options.rendered:
        pictures = plates_by_set(options.rendered, seed=options.seed)
        manifest = write_made(folder, pictures, total=count_by_set(options.rendered))
        return Task(manifest, f"--rendered {options.rendered}{seed}", crops=True)
    if options.plateless:
        streets = streets_without_plates(options.plateless, seed=options.seed)
        manifest = write_made(folder, streets, total=options.plateless)
        return Task(manifest, f"--plateless {options.plateless}{seed}", crops=False)
    given = options.covered or options.manifest
    said = f"{given.resolve().parent.name}/{given.name}"
    if options.covered:
        manifest = write_made(folder, without_plates(given))
        return Task(manifest, f"--covered {said}", crops=False)
    truths, ignored = read_manifest(given), left_out(given)
    crops = not options.scenes and all(truth.box is None for truth in truths)
    said = f"--manifest {said}{' --scenes' if options.scenes else ''}"
    if options.shrunk:
        manifest = write_made(folder, shrunk(given, options.shrunk))
        narrower = sum(truth.width_px < options.shrunk for truth in truths)
        if narrower:
            ignored[f"narrower than {options.shrunk} px"] = narrower
        return Task(manifest, f"{said} --shrunk {options.shrunk}", crops=crops, left_out=ignored)
    if options.slanted:
        manifest = write_made(folder, slanted(given, options.slanted))
        return Task(manifest, f"{said} --slanted {options.slanted:g}", crops=False, left_out=ignored)
    return Task(given, said, crops=crops, left_out=ignored)


if __name__ == "__main__":
    main()
