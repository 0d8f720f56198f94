"""`gate relay`: the barrier process. `gate relay --off`: systemd runs this after it, however it ended."""

from __future__ import annotations

import os
from pathlib import Path

import click

from core.errors import ConfigError
from edge.cli.options import with_config
from edge.config import load
from edge.language import say
from relay.plan import check
from relay.process.log import log_to_stderr
from relay.process.main import RelayProcess, switch_everything_off


@click.command(help=say("Процесс шлагбаума: выходы, кнопка, петли. Работает и тогда, когда всё остальное умерло."))
@with_config
@click.option(
    "--off",
    is_flag=True,
    help=say("Только разомкнуть все выходы и выйти."),
)
def relay(config_file: Path | None, *, off: bool) -> int:
    log_to_stderr()
    os.umask(0o077)  # under systemd the unit sets the same
    config = load(config_file)
    plan = config.relay_plan()
    if problems := check(plan):
        lines = [f"{config.file}: {item.table} {item.index + 1}: {item.key}: {item.why}" for item in problems]
        raise ConfigError("\n".join(lines))
    return switch_everything_off(plan) if off else RelayProcess(plan).run()
