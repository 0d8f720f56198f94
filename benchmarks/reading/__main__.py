"""`python -m benchmarks.reading`: draws the benchmark of gate reading, runs a reader on it, writes the tables.

    python -m benchmarks.reading draw  --size small --out build/benchmark     600 pictures, 95 MB; `full` is ten times that
    python -m benchmarks.reading run   --pictures build/benchmark --reader "my-reader --json"
    python -m benchmarks.reading run   --pictures build/benchmark --reader "my-reader" --answers lines --accept-at 0.9
    python -m benchmarks.reading ours  --pictures build/benchmark             our reader, and its table in the documents
    python -m benchmarks.reading reference --pictures build/benchmark --peers DIR
    python -m benchmarks.reading seal                                         after a change of the drawing code

A reader gets one path per line on its standard input and prints one answer per picture: see docs/benchmark.en.md.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.reading import asking, drawing, results, seal
from benchmarks.reading.scoring import scores
from core.errors import FileUnusable
from models.training.options import command_line, folder, positive
from models.training.outputs import prepare_empty_folder

DOCS = Path(__file__).resolve().parents[2] / "docs"
PICTURES = Path("build/benchmark")
REFERENCE_SURE = (0.9, 0.99)
"""The chain has no notion of being sure. By its own confidence one answer in ten may be wrong, or one in a hundred."""


def _named(word: str) -> str:
    """A word of a command for publication: without folders of this machine."""
    return "python" if word == sys.executable else Path(word).name if Path(word).is_absolute() else word


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="reading", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    draw = commands.add_parser("draw", help="draw the pictures and hold them against the seal")
    draw.add_argument("--size", choices=drawing.SIZES, default="small")
    draw.add_argument("--out", type=folder, default=PICTURES)
    run = commands.add_parser("run", help="have any reader read them")
    run.add_argument("--reader", type=command_line, required=True, help="its command; paths come on its input")
    run.add_argument("--answers", choices=asking.WAYS, default="json")
    run.add_argument("--accept-at", type=positive, help="the confidence from which an answer counts as sure")
    run.add_argument("--silence-s", type=positive, default=asking.SILENCE_S, help="longest silence of the reader")
    run.add_argument("--out", type=Path, help="a file for the result, as JSON")
    commands.add_parser("ours", help="our reader, and its table in the documents")
    reference = commands.add_parser("reference", help="the reference chain, and its tables in the documents")
    reference.add_argument("--peers", type=Path, required=True, help="folder of its weights")
    for name in ("run", "ours", "reference"):
        commands.choices[name].add_argument("--pictures", type=Path, default=PICTURES)
    commands.add_parser("seal", help="write a new seal, after a change of what is drawn")
    options = parser.parse_args(given)
    try:
        _done(options)
    except (FileUnusable, RuntimeError, OSError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    except KeyboardInterrupt:
        parser.exit(130, f"{parser.prog}: interrupted\n")


def _done(options: argparse.Namespace) -> None:
    if options.command == "draw":
        prepare_empty_folder(options.out)
        _checked_seal(drawing.write(options.out, options.size))
    elif options.command == "seal":
        with tempfile.TemporaryDirectory(prefix="okter-benchmark-") as scratch:
            seal.write(seal.SEAL, drawing.write(Path(scratch), "small"))
    elif options.command == "run":
        found = _result(
            options.pictures, options.reader, said=options.reader[0], accept_at=[options.accept_at],
            way=options.answers, silence_s=options.silence_s,
        )  # fmt: skip
        print(results.table(found[0].scores, english=True))
        if options.out is not None:
            results.write(options.out, found[0])
    elif options.command == "ours":
        command = (sys.executable, "-m", "benchmarks.reading.ours")
        _save("ours", _result(options.pictures, command, said="OKter Gate", accept_at=[None]))
    else:
        command = (sys.executable, "-m", "benchmarks.reading.reference_chain", str(options.peers))
        said = "yolo-v9-t-416 + cct-xs-v2 (fast-alpr)"
        _save("reference", _result(options.pictures, command, said=said, accept_at=REFERENCE_SURE))


def _checked_seal(marks: dict[str, seal.Mark]) -> seal.Compared:
    """Report how the pictures compare with the seal. Raises RuntimeError if one of them is a different picture."""
    sealed = seal.read()
    known = {name: one for name, one in marks.items() if name in sealed}
    compared = seal.compared(known, sealed)
    if not known or not compared.whole:
        raise RuntimeError(
            f"these are not the pictures of the benchmark: {len(compared.other)} of {len(known)} differ, "
            f"the first {compared.other[0] if compared.other else 'of all'}; have you changed what draws them?"
        )
    beyond = len(marks) - len(known)
    print(
        f"{len(known)} pictures hold against the seal: {compared.same} byte for byte, "
        f"{compared.drawn_elsewhere} within the rounding of another processor" + (f"; {beyond} more" if beyond else "")
    )
    return compared


def _result(
    pictures: Path,
    command: Sequence[str],
    *,
    said: str,
    accept_at: Sequence[float | None],
    way: str = "json",
    silence_s: float = asking.SILENCE_S,
) -> list[results.Result]:
    """One run of a reader; a result for each confidence that counts as sure."""
    marks = seal.read(pictures / drawing.PICTURES)
    compared = _checked_seal(marks)
    answers = asking.ask(command, pictures, list(marks), way=way, silence_s=silence_s)
    size = max(drawing.SIZES, key=lambda name: (len(marks) >= 600 * drawing.SIZES[name], drawing.SIZES[name]))
    return [
        results.Result(
            reader=said,
            command=shlex.join([_named(word) for word in command]),
            size=size,
            accept_at=sure,
            pictures=len(marks),
            same=compared.same,
            scores=scores(marks, answers, accept_at=sure),
        )
        for sure in accept_at
    ]


def _save(name: str, found: Sequence[results.Result]) -> None:
    """Write results beside the program, and their tables into the documents."""
    for one in found:
        suffix = "" if one.accept_at is None else f"_{round(one.accept_at * 100)}"
        results.write(results.RESULTS / f"{name}{suffix}.json", one)
        print(f"{one.reader}{'' if one.accept_at is None else f', sure from {one.accept_at:g}'}\n")
        print(results.table(one.scores, english=True))
    held = results.all_results()
    for page, english in results.pages(DOCS):
        page.write_text(results.fill(page.read_text(encoding="utf-8"), held, english=english), encoding="utf-8")


if __name__ == "__main__":
    main()
