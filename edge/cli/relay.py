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
    """First what the last process may have closed, then what the settings say now, then what earlier processes left.

    So nobody's own barrier waits for boards that are gone: a unit ends this command after some seconds. If the state
    folder of those processes cannot be had any more, their outputs are switched off under the lock of the folder in the
    settings; with unusable settings, under the lock of its folder's name alone. Raises ConfigError for unusable settings.
    """
    record = outputs_in_use.remembered(state_folder(config_file))
    ran = () if record is None else record.plans
    own, left = (ran[:1], ran[1:]) if record is not None and record.outputs else ((), ran)
    code, folder = _off_as_they_ran(own)
    try:
        plan = _plan(config_file)
    except ConfigError as error:
        if record is None:
            raise ConfigError(f"{error}\n{say('gate relay --off: выходы не известны, ни один не разомкнут')}") from None
        if folder:
            _, folder = _off_as_they_ran(left)
        for one in () if folder else ran:
            switch_everything_off(one, lock_on_disk=False)
        raise
    try:
        for one in () if folder else own:
            code = max(code, switch_everything_off(replace(one, state_dir=plan.state_dir)))
        if not own or own[0].barriers != plan.barriers:
            code = max(code, switch_everything_off(plan))
    finally:
        sent, folder = _off_as_they_ran(left) if folder else (0, False)
        code = max(code, sent)
    for one in () if folder else left:
        code = max(code, switch_everything_off(replace(one, state_dir=plan.state_dir)))
    return code


def _off_as_they_ran(plans: tuple[RelayPlan, ...]) -> tuple[int, bool]:
    """The exit code, and whether their state folder can be had; where it cannot, the rest is not tried."""
    code = 0
    for one in plans:
        sent, folder = _off_as_it_ran(one)
        if not folder:
            return code, False
        code = max(code, sent)
    return code, True


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
