"""`gate run`: see and decide. The relay process starts first and does not depend on anything that follows."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import NoReturn

import click

from core.decision.record import VisitRecord
from edge.cli.options import with_config, with_json
from edge.config import GateConfig, load
from edge.language import say
from edge.paths import weights_dir
from edge.runtime.lock import InstanceLock
from edge.runtime.relay_process import RelayProcess, own_relay_process
from edge.runtime.visit_lines import live_text, live_values
from relay.client import RelayClient
from relay.process.log import SpokenFormatter


@click.command(help=say("Смотреть и решать: главный процесс."))
@click.option(
    "--no-relay",
    is_flag=True,
    help=say("Не запускать свой процесс шлагбаума: он запущен отдельно."),
)
@with_config
@with_json
def run(config_file: Path | None, *, no_relay: bool, as_json: bool) -> int:
    faulthandler.enable()  # the watchdog ends a hung process with SIGABRT: this logs every thread's stack
    log_to_stderr()
    os.umask(0o077)  # our files name residents; under systemd the unit sets the same
    config = load(config_file)
    os.environ["TZ"] = config.site.timezone  # log timestamps in wall time, here and in the relay process
    time.tzset()
    lock = InstanceLock(config.state_dir)
    try:
        relay = None if no_relay else own_relay_process(config.file, config.state_dir, RelayClient(config.state_dir))
        return _see(config, as_json=as_json) if relay is None else _with_relay(config, relay, as_json=as_json)
    finally:
        lock.close()


def _with_relay(config: GateConfig, relay: RelayProcess, *, as_json: bool) -> int:
    """Button, loops and fire input work before any network is loaded, and after the rest of this process has failed."""
    for number in (signal.SIGTERM, signal.SIGINT):  # until the supervisor takes these over
        signal.signal(number, _told_to_end)
    relay.keep()
    try:
        status = _see(config, as_json=as_json, relay=relay)
    except (KeyboardInterrupt, SystemExit):
        relay.stop()
        raise
    except BaseException:
        relay.leave()
        raise
    if status:
        relay.leave()
    else:
        relay.stop()
    return status


def load_seeing() -> None:
    """Import the vision stack with as little else as possible. Raises ImportError."""
    from camera.consoles import left_out  # noqa: PLC0415
    from edge.runtime.allocator import keep_little  # noqa: PLC0415

    keep_little()  # before the first thread and before the first picture
    with left_out():
        import httpx  # noqa: F401, PLC0415 - for everything that uses HTTP
    import camera.reader  # noqa: F401, PLC0415
    import edge.runtime.gate  # noqa: F401, PLC0415


def _see(config: GateConfig, *, as_json: bool, relay: RelayProcess | None = None) -> int:
    # imported only now: a broken vision stack must not keep the relay process from starting
    load_seeing()
    from camera.reader import open_reader  # noqa: PLC0415
    from edge.runtime.gate import run_gate  # noqa: PLC0415

    def announce(record: VisitRecord) -> None:
        tell(json.dumps(live_values(record), ensure_ascii=False) if as_json else _text(record))

    def _text(record: VisitRecord) -> str:
        return live_text(record, zone=config.zone, colour=sys.stdout.isatty())

    return run_gate(
        config,
        lambda: open_reader(weights_dir()),
        announce=announce,
        each_look=(lambda: None) if relay is None else relay.keep,
    )


def _told_to_end(*_: object) -> NoReturn:
    raise SystemExit(0)


def tell(line: str) -> None:
    """Print a line. A closed pipe, or a file on a full disk, must not stop the gate."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def log_to_stderr() -> None:
    """Log to stderr, in the language of the process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(SpokenFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log every request
