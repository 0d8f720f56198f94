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

Plans = tuple[RelayPlan, ...]

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
    last, earlier = ((), ()) if record is None else _by_age(record)
    code, folder = _off_as_they_ran(last)
    try:
        plan = _plan(config_file)
    except ConfigError as error:
        if record is None:
            raise ConfigError(f"{error}\n{say('gate relay --off: выходы не известны, ни один не разомкнут')}") from None
        _off_without_settings(last, earlier, folder=folder)
        raise
    by_settings = _off_in_their_folder if folder else _off_in_folder_of_settings
    return max(code, by_settings(plan, last, earlier))


def _by_age(record: outputs_in_use.Record) -> tuple[Plans, Plans]:
    """The outputs of the last process, if it had any, and those of the processes before it."""
    known = 1 if record.outputs else 0
    return record.plans[:known], record.plans[known:]


def _off_without_settings(last: Plans, earlier: Plans, *, folder: bool) -> None:
    """The last process's are off if its `folder` could be had. Once it cannot, all are switched off without it."""
    if folder:
        _, folder = _off_as_they_ran(earlier)
    if not folder:
        for one in (*last, *earlier):
            switch_everything_off(one, lock_on_disk=False)


def _off_in_their_folder(plan: RelayPlan, last: Plans, earlier: Plans) -> int:
    """The last process's are off. Earlier ones follow even if the settings' own cannot be switched off."""
    try:
        code = _off_by_settings(plan, last)
    finally:
        sent, folder = _off_as_they_ran(earlier)
    code = max(code, sent)
    return code if folder else max(code, _off_moved(earlier, plan))


def _off_in_folder_of_settings(plan: RelayPlan, last: Plans, earlier: Plans) -> int:
    """The state folder of earlier processes is gone: nothing is off yet."""
    code = _off_moved(last, plan)
    code = max(code, _off_by_settings(plan, last))
    return max(code, _off_moved(earlier, plan))


def _off_by_settings(plan: RelayPlan, last: Plans) -> int:
    """The outputs of the settings, unless the last process ran with the same."""
    return 0 if last and last[0].barriers == plan.barriers else switch_everything_off(plan)


def _off_moved(plans: Plans, to: RelayPlan) -> int:
    """Those outputs, under the lock of another plan's folder."""
    return max((switch_everything_off(replace(one, state_dir=to.state_dir)) for one in plans), default=0)


def _off_as_they_ran(plans: Plans) -> tuple[int, bool]:
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
