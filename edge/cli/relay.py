"""`gate relay`: the barrier process. `gate relay --off`: systemd runs this after it, however it ended."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from pathlib import Path

import click

from core.errors import ConfigError
from edge.cli.options import with_config
from edge.config import load
from edge.language import say
from relay.errors import RelayBusy, RelayError
from relay.plan import check
from relay.process import outputs_in_use
from relay.process.log import log_to_stderr
from relay.process.main import RelayProcess, switch_everything_off
from relay.settings import RelayPlan

log = logging.getLogger(__name__)


@click.command(help=say("Процесс шлагбаума: выходы, кнопка, петли. Работает и тогда, когда всё остальное умерло."))
@with_config
@click.option(
    "--off",
    is_flag=True,
    help=say("Только разомкнуть все выходы и выйти."),
)
def relay(config_file: Path | None, *, off: bool) -> int:
    log_to_stderr()
    os.umask(0o077)  # under systemd the unit says the same
    if off:
        return _off(config_file)
    return RelayProcess(_plan(config_file)).run()


def _plan(config_file: Path | None) -> RelayPlan:
    """Raises ConfigError."""
    config = load(config_file)
    plan = config.relay_plan()
    if problems := check(plan):
        lines = [f"{config.file}: {item.table} {item.index + 1}: {item.key}: {item.why}" for item in problems]
        raise ConfigError("\n".join(lines))
    return plan


def _off(config_file: Path | None) -> int:
    """First what the process that has ended ran with, then what the settings say now, where that is something else.

    If its state folder cannot be had any more, its outputs are switched off under the lock of the folder in the settings.
    """
    ran, code, folder = outputs_in_use.remembered(), 0, True
    if ran is not None:
        try:
            code = switch_everything_off(ran)
        except RelayBusy:
            raise
        except RelayError as error:
            log.warning("%s", error)
            folder = False
    plan = _plan(config_file)
    if ran is not None and not folder:
        code = switch_everything_off(replace(ran, state_dir=plan.state_dir))
    if ran is None or ran.barriers != plan.barriers:
        code = max(code, switch_everything_off(plan))
    return code
