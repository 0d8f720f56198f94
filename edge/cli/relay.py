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

    If its state folder cannot be had any more, its outputs are switched off under the lock of the folder in the settings;
    with unusable settings, under the lock of its folder's name alone. Raises ConfigError for unusable settings.
    """
    ran, code, folder = outputs_in_use.remembered(), 0, True
    if ran is not None:
        code, folder = _off_as_it_ran(ran)
    try:
        plan = _plan(config_file)
    except ConfigError as error:
        if ran is None:
            raise ConfigError(f"{error}\n{say('gate relay --off: выходы не известны, ни один не разомкнут')}") from None
        if not folder:
            switch_everything_off(ran, lock_on_disk=False)
        raise
    if ran is None:  # no unit and no `gate run` has named a folder
        ran = outputs_in_use.remembered(plan.state_dir)
        if ran is not None:
            code, folder = _off_as_it_ran(ran)
    if ran is not None and not folder:
        code = switch_everything_off(replace(ran, state_dir=plan.state_dir))
    if ran is None or ran.barriers != plan.barriers:
        code = max(code, switch_everything_off(plan))
    return code


def _off_as_it_ran(ran: RelayPlan) -> tuple[int, bool]:
    """The exit code, and whether its state folder could be had; if not, nothing was sent. Raises RelayBusy."""
    try:
        return switch_everything_off(ran), True
    except RelayBusy:
        raise
    except RelayError as error:
        log.warning("%s", error)
        return 0, False
