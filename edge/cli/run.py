"""`gate run`: see and decide."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import logging
import sys
from pathlib import Path

import click

from camera.reader import open_reader
from core.record import VisitRecord
from edge.cli.options import with_config, with_json
from edge.config import load
from edge.language import say
from edge.paths import weights_dir
from edge.runtime.gate import run_gate
from edge.runtime.lock import InstanceLock
from edge.runtime.visit_lines import live_text, live_values
from relay.log import SpokenFormatter


@click.command(help=say("Смотреть и решать: главный процесс."))
@click.option(
    "--no-relay",
    is_flag=True,
    help=say("Не запускать свой процесс шлагбаума: он запущен отдельно."),
)
@with_config
@with_json
def run(config_file: Path | None, *, no_relay: bool, as_json: bool) -> int:
    faulthandler.enable()  # the watchdog ends a hung process by SIGABRT: then every stack is in the log
    _log_to_stderr()
    config = load(config_file)
    lock = InstanceLock(config.state_dir)
    try:
        reader = open_reader(weights_dir())

        def announce(record: VisitRecord) -> None:
            tell(json.dumps(live_values(record), ensure_ascii=False) if as_json else _text(record))

        def _text(record: VisitRecord) -> str:
            return live_text(record, zone=config.zone, colour=sys.stdout.isatty())

        return run_gate(config, reader, announce=announce, own_relay=not no_relay)
    finally:
        lock.release()


def tell(line: str) -> None:
    """Print a line. Nobody need be listening: a closed pipe, or a file on a full disk, is no reason to stop a gate."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(SpokenFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
