"""`gate relay`: the barrier process. `gate relay --off`: systemd runs this after it, however it ended."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from pathlib import Path

import click

from core.errors import ConfigError
from edge.cli.options import with_config
from edge.config import load, state_folder
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
    """First what may be closed by the processes that have ended, then what the settings say now, where that is something else.

    If their state folder cannot be had any more, their outputs are switched off under the lock of the folder in the
    settings; with unusable settings, under the lock of its folder's name alone. Raises ConfigError for unusable settings.
    """
    record = outputs_in_use.remembered(state_folder(config_file))
    ran, code, folder = () if record is None else record.plans, 0, True
    for one in ran:
        sent, folder = _off_as_it_ran(one)
        if not folder:
            break
        code = max(code, sent)
    try:
        plan = _plan(config_file)
    except ConfigError as error:
        if record is None:
            raise ConfigError(f"{error}\n{say('gate relay --off: выходы не известны, ни один не разомкнут')}") from None
        for one in () if folder else ran:
            switch_everything_off(one, lock_on_disk=False)
        raise
    for one in () if folder else ran:
        code = max(code, switch_everything_off(replace(one, state_dir=plan.state_dir)))
    if not ran or ran[0].barriers != plan.barriers:
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
    except Exception:  # the outputs of the settings are still to be switched off
        log.exception("реле: выходы прежних настроек не разомкнуты")
        return 1, True
