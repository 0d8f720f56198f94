"""`gate bench`: time and memory of every stage on this machine, and a comparison with the reference chain."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from camera.backend import limit_threads
from edge.bench import busy, memory, replaying
from edge.bench.board import write_submission
from edge.bench.busy import Cost, Row
from edge.bench.frames import load_frames
from edge.bench.memory import Memory
from edge.bench.replaying import ReplaySpeed
from edge.bench.stages import Stage, Subject, measure
from edge.cli.options import print_json, with_config, with_json
from edge.language import either, say
from edge.paths import weights_dir


@dataclass(frozen=True, slots=True)
class Bench:
    """All measurements of one run."""

    stages: tuple[Stage, ...]
    memory: Memory
    replay: ReplaySpeed

    def processor_ms(self, name: str) -> float | None:
        return next((stage.timing.processor_ms for stage in self.stages if stage.name == name), None)

    @property
    def ratio(self) -> float | None:
        """How many of our frames take as much processor time as one frame of the reference chain."""
        ours, theirs = self.processor_ms("frame"), self.processor_ms("reference")
        return theirs / ours if ours and theirs else None


@click.group(invoke_without_command=True, help=say("Время и память каждой ступени."))
@click.option("--peers", type=click.Path(path_type=Path), help=say("Папка эталонной цепочки."))
@click.option("--frame", "files", multiple=True, type=click.Path(path_type=Path), help=say("Свой кадр."))
@click.option(
    "--frames",
    "folder",
    type=click.Path(path_type=Path),
    help=say("Папка своих снимков: цена каждого, по числу находок."),
)
@click.option(
    "--submit",
    type=click.Path(path_type=Path, dir_okay=False),
    help=say("Записать всё в файл, чтобы прислать его авторам: цифры и плата, без имён и адресов."),
)
@click.option("--rounds", default=60, show_default=True, type=click.IntRange(1, 10_000))
@with_json
@with_config
@click.pass_context
def bench(
    ctx: click.Context,
    peers: Path | None,
    files: tuple[Path, ...],
    folder: Path | None,
    submit: Path | None,
    rounds: int,
    config_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Measures the reader; `gate bench relay` measures the path of an opening."""
    del config_file  # accepted by every command; the reader is measured as shipped
    if ctx.invoked_subcommand is not None:
        return
    limit_threads(1)
    reference = None
    if peers is not None:
        from edge.bench.reference import ReferenceChain  # noqa: PLC0415 - its weights are rarely installed

        reference = ReferenceChain(peers).read
    subject = Subject(weights_dir())
    if folder is not None:
        costs = busy.measure(
            subject.reader,
            subject.patient,
            busy.pictures_in(folder),
            rounds=min(rounds, _MOST_ROUNDS),
            reference=reference,
        )
        _tell_rows(busy.table(costs), costs, as_json=as_json)
        return
    frames = load_frames(files)
    found = Bench(
        stages=measure(subject, frames, rounds=rounds, reference=reference),
        memory=memory.measure(),
        replay=replaying.measure(subject.reader, frames),
    )
    values = _as_json(found, frames[0].shape[1], frames[0].shape[0])
    if submit is not None:
        write_submission(submit, values)
    if as_json:
        print_json(values)
    else:
        _print_result(found)
        if submit is not None:
            print(say("Записано: {file}. Посмотрите и пришлите: имён, адресов и картинок в нём нет", file=submit))


_MOST_ROUNDS = 5
"""Maximum rounds over a folder of pictures: with a thousand pictures, one round is already a measurement."""


def _tell_rows(rows: Sequence[Row], costs: Sequence[Cost], *, as_json: bool) -> None:
    if as_json:
        for cost in costs:
            print_json(asdict(cost))
        for row in rows:
            print_json({"row": asdict(row)})
        return
    print(say("Мс процессора на снимок, с его раскодированием"))
    names = say("находок снимков номеров кадр следом снимок эталон раз")
    print("".join(f"{name:>11}" for name in names.split()))
    everything = say("все")
    for row in rows:
        print(f"{row.candidates or everything:>11}{row.pictures:>11}{row.plates:>11.1f}", end="")
        print(f"{row.live_ms:>11.1f}{row.followed_ms:>11.1f}{row.patient_ms:>11.1f}", end="")
        theirs = row.reference_ms
        print("" if theirs is None else f"{theirs:>11.1f}{theirs / row.live_ms:>10.1f}×")


def _as_json(found: Bench, width: int, height: int) -> dict[str, object]:
    return {
        "machine": {"processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()},
        "frame_px": [width, height],
        "stages_ms": {stage.name: round(stage.timing.median_ms, 3) for stage in found.stages},
        "processor_ms": {stage.name: round(stage.timing.processor_ms, 3) for stage in found.stages},
        "ratio": None if found.ratio is None else round(found.ratio, 2),
        "memory_mb": {name: round(value, 1) for name, value in asdict(found.memory).items()}
        | {"above": round(found.memory.above_mb, 1)},
        "replay_720p": {"fps": round(found.replay.fps, 1), "times_real_time": round(found.replay.times_real_time, 2)},
    }


def _print_result(found: Bench) -> None:
    print(say("Одна нить, медиана: мс по часам, мс процессора"))
    for stage in found.stages:
        print(f"  {stage.timing.median_ms:8.2f}  {stage.timing.processor_ms:8.2f}  {either(stage.name_ru, stage.name)}")
    if found.ratio is not None:
        print(say("Быстрее эталона в {ratio:.1f} раза", ratio=found.ratio))
    used = found.memory
    print(
        say(
            "Память чтения: {above_mb:.0f} МБ сверх интерпретатора (всего {reader_mb:.0f} МБ)",
            above_mb=used.above_mb,
            reader_mb=used.reader_mb,
        )
    )
    speed = found.replay
    print(
        say(
            "Запись 720p: {fps:.0f} кадров/с, в {times_real_time:.1f} раза быстрее показа",
            fps=speed.fps,
            times_real_time=speed.times_real_time,
        )
    )


@bench.command("relay", help=say("От просьбы до первого байта на плате."))
@click.option("--count", default=120, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--readers", default=1, show_default=True, type=click.IntRange(0, 64))
@with_json
def bench_relay(count: int, readers: int, *, as_json: bool) -> None:
    """With `--readers` processes that read plates without a pause."""
    from edge.bench import opening  # noqa: PLC0415 - only this command needs the relay's client

    found = opening.measure(count=count, readers=readers)
    if as_json:
        print_json(asdict(found))
        return
    print(
        say(
            "От просьбы до первого байта, {count} раз, чтений рядом: {loaded_by}: медиана {median_ms:.1f} мс, p99 {p99_ms:.1f} мс, худшее {worst_ms:.1f} мс",
            count=found.count,
            loaded_by=found.loaded_by,
            median_ms=found.median_ms,
            p99_ms=found.p99_ms,
            worst_ms=found.worst_ms,
        )
    )
