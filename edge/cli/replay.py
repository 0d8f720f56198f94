"""`gate replay`: runs recorded video through the same code as live video."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import click

from camera.frame import Frame
from camera.look import LaneView
from camera.reader import open_reader
from camera.recording import Recording
from core.decision.record import VisitRecord
from core.errors import GateError
from core.passes.pass_list import PassList, PassSource
from core.passes.periods import MomentInvalid, beginning
from core.rules.policy import Approach, Direction, Lane, Site
from edge.cli.options import print_json, with_config, with_json
from edge.cli.progress import Progress
from edge.cli.since import since_moment
from edge.config import GateConfig, load
from edge.config.schema import Lane as ConfiguredLane
from edge.language import say
from edge.passcsv import read_pass_file
from edge.paths import weights_dir
from edge.replay.output import Tally, visit_text, visit_values
from edge.replay.pictures import Album
from edge.replay.play import Replay, keep_nothing


@click.command(help=say("Прогнать запись через тот же код, что и вживую."))
@click.argument("videos", nargs=-1, metavar="VIDEO…", type=click.Path(path_type=Path))
@click.option(
    "--lane",
    "direction",
    type=click.Choice([item.value for item in Direction]),
    help=say("Въезд или выезд."),
)
@click.option("--passes", "pass_file", type=click.Path(path_type=Path), metavar="CSV", help=say("Список пропусков."))
@click.option(
    "--start",
    "start_text",
    metavar="ISO8601",
    help=say("Когда началась запись (иначе — сейчас)."),
)
@click.option(
    "--out",
    "out_dir",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help=say("Куда сложить снимки визитов и ленту времени."),
)
@click.option(
    "--journal",
    is_flag=True,
    help=say("Вместо видео решить заново то, что в журнале, по настройкам --config: что открылось бы и что нет."),
)
@click.option("--since", metavar=say("2h|3d|1w|вчера|ДАТА"), help=say("С --journal: с какого времени."))
@click.option(
    "--against",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=say("С --journal: с какими настройками сравнить (иначе — с действующими)."),
)
@click.option("--realtime", is_flag=True, help=say("Не быстрее, чем шло время."))
@with_config
@with_json
def replay(
    videos: tuple[Path, ...],
    direction: str | None,
    pass_file: Path | None,
    start_text: str | None,
    out_dir: Path | None,
    since: str | None,
    against: Path | None,
    config_file: Path | None,
    *,
    journal: bool,
    realtime: bool,
    as_json: bool,
) -> None:
    config = load(config_file)
    if journal:
        if videos:
            raise click.UsageError(say("нужно одно из двух: ВИДЕО или --journal"))
        given = {"--lane": direction, "--passes": pass_file, "--start": start_text, "--realtime": realtime}
        _refuse(_named(given), say("с --journal не бывает"))
        from edge.cli.backtest import replay_journal  # noqa: PLC0415 - only here

        replay_journal(config, against, since=since_moment(since, config), out_dir=out_dir, as_json=as_json)
        return
    _refuse(_named({"--since": since, "--against": against}), say("бывает только с --journal"))
    if not videos or direction is None:
        raise click.UsageError(say("нужны ВИДЕО и --lane entry или --lane exit (или --journal)"))
    start = _start_of(start_text, config)
    passes = _passes_of(pass_file, config)
    configured = _lane_of(config, direction)
    approach = configured.approach if configured else Approach.AUTO
    # A file has no age that a limit could be asked about.
    policy = replace(config.policy, list_max_age_h=0.0, list_max_age_open_ended_h=0.0)
    site = Site(lanes=(Lane(direction, Direction(direction), "replay", approach),), policy=policy)
    reader = open_reader(weights_dir())
    album = Album(out_dir, zone=config.zone) if out_dir else None
    shown = _Shown(as_json=as_json, album=album)
    tally = Tally()
    started = time.perf_counter()
    failures: list[GateError] = []
    for video in videos:
        played = Replay(
            site=site,
            lane=direction,
            passes=passes,
            view=LaneView(reader, settings=configured.view if configured else config.camera),
            start=start,
            keep=album.keep if album else keep_nothing,
        )
        try:
            _play(video, played, shown, tally, lane=direction, realtime=realtime)
        except GateError as error:  # one bad file must not stop the others
            failures.append(error)
        shown.end_of(video)
        tally.add(played.played)
    if tally.frames or as_json or not failures:  # people need no empty total; programs wait for their last line
        shown.summary(tally, wall_s=time.perf_counter() - started)
    for failure in failures[:-1]:
        print(failure, file=sys.stderr)
    if failures:
        raise failures[-1]


def _play(video: Path, played: Replay, shown: _Shown, tally: Tally, *, lane: str, realtime: bool) -> None:
    """Replays one video, shows and counts its visits as they end. Raises GateError if the file breaks off."""
    recording = Recording(video, lane=lane)
    progress = Progress(video.name)
    frames = _followed(recording, progress)
    try:
        for record in played.visits(_paced(frames) if realtime else frames):
            tally.count(record)
            progress.aside()
            shown.visit(record, video)
    finally:
        progress.aside()
        recording.close()


@dataclass(slots=True)
class _Shown:
    """For people, prints a visit when it ends. For programs, prints each video's visits in the order they began."""

    as_json: bool
    album: Album | None
    _ended: list[VisitRecord] = field(default_factory=list)

    def visit(self, record: VisitRecord, video: Path) -> None:
        if self.as_json:
            self._ended.append(record)
        else:
            print(visit_text(record, colour=sys.stdout.isatty()), flush=True)
        if self.album:
            self.album.add(record, video=str(video))

    def end_of(self, video: Path) -> None:
        for record in sorted(self._ended, key=lambda one: one.first.mono):
            print_json(visit_values(record, video=str(video)))
        self._ended.clear()

    def summary(self, tally: Tally, *, wall_s: float) -> None:
        page = self.album.finish() if self.album else None
        if self.as_json:
            peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print_json(tally.values(wall_s=wall_s, peak_mb=peak_mb))
        else:
            print(tally.text(wall_s=wall_s))
            if page is not None:
                print(page)


def _named(given: Mapping[str, object]) -> str:
    """The options that were given, of those that would be passed over without a word."""
    return ", ".join(name for name, value in given.items() if value)


def _refuse(names: str, why: str) -> None:
    """Raises UsageError if there are any."""
    if names:
        raise click.UsageError(f"{why}: {names}")


def _start_of(text: str | None, config: GateConfig) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        start = beginning(text, config.zone)
    except MomentInvalid as error:
        raise click.UsageError(f"--start: {error}") from error
    if start is None:
        raise click.UsageError(say("--start: пусто"))
    return start


def _passes_of(path: Path | None, config: GateConfig) -> PassList:
    """The list in the file, in place of the cloud's; empty without a file."""
    if path is None:
        return PassList()
    file = read_pass_file(path, config.zone, source=PassSource.CLOUD)
    return PassList(file.whole(), version=path.name)


def _lane_of(config: GateConfig, direction: str) -> ConfiguredLane | None:
    """The lane with that name or direction, whose zone, thresholds and approach the recording is assumed to have."""
    return config.lane(direction) or next((one for one in config.lanes if one.direction == direction), None)


def _followed(recording: Recording, progress: Progress) -> Iterator[Frame]:
    for frame in recording.frames():
        progress.at(frame.captured, recording.promised_s)
        yield frame


def _paced(frames: Iterator[Frame]) -> Iterator[Frame]:
    """The frames, none earlier than its time in the recording."""
    began: float | None = None
    for frame in frames:
        now = time.monotonic()
        if began is None:
            began = now - frame.captured
        time.sleep(max(0.0, began + frame.captured - now))
        yield frame
