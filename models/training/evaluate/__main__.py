"""`python -m models.training.evaluate`: how well plates are read.

    python -m models.training.evaluate --manifest DIR/manifest.csv --name street      pictures with a manifest
    python -m models.training.evaluate --rendered 200                                 rendered sets, about 18,000 pictures
    python -m models.training.evaluate --manifest … --reader "other-reader --json"    another reader, same figures

A manifest without boxes (`x,y,w,h`) is of crops: the reader is told so with `--crop` when it is ours.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from models.training.evaluate.readers import ask, command_of
from models.training.evaluate.rendered import render_sets
from models.training.evaluate.report import write
from models.training.evaluate.scoring import score
from models.training.evaluate.truth import read_manifest

REPORTS = Path(__file__).resolve().parents[2] / "reports"


def main() -> None:
    """Parse the command line, ask the reader, write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--manifest", type=Path)
    what.add_argument("--rendered", type=int, metavar="N", help="pictures a rendered set")
    parser.add_argument("--name", help="name of the report; the folder of the manifest by default")
    parser.add_argument("--reader", help="a command that takes files and prints the JSON lines of `gate read`")
    parser.add_argument("--seed", type=int, default=20_261)
    parser.add_argument("--out", type=Path, default=REPORTS)
    options = parser.parse_args()
    if options.rendered:
        with tempfile.TemporaryDirectory(prefix="okter-evaluate-") as folder:
            manifest = render_sets(Path(folder), plates=options.rendered, seed=options.seed)
            _report(options, manifest, name=options.name or "rendered", said=f"--rendered {options.rendered}")
    else:
        _report(
            options,
            options.manifest,
            name=options.name or options.manifest.parent.name,
            said=f"--manifest {options.manifest.parent.name}/{options.manifest.name}",
        )


def _report(options: argparse.Namespace, manifest: Path, *, name: str, said: str) -> None:
    truths = read_manifest(manifest)
    crop = all(truth.box is None for truth in truths)
    answers = ask(command_of(options.reader, crop=crop), dict.fromkeys(truth.file for truth in truths))
    other = f' --reader "{options.reader}"' if options.reader else ""
    print(write(name, score(truths, answers), options.out, command=f"python -m models.training.evaluate {said}{other}"))


if __name__ == "__main__":
    main()
