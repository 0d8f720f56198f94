"""The options that all commands share, declared once. Kept light: `gate relay` imports it too."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from edge.language import say

Command = TypeVar("Command", bound=Callable[..., Any])


def _from_group(name: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """Makes `gate --config X run` and `gate run --config X` mean the same."""

    def callback(ctx: click.Context, _param: click.Parameter, value: Any) -> Any:
        if value:
            return value
        return ctx.find_root().params.get(name) or value

    return callback


def _give_back(config_file: Path | None) -> None:
    from edge.cli.ownership import give_back  # noqa: PLC0415 - only for root, and only at the end

    give_back(config_file)


def with_config(command: Command) -> Command:
    """Adds `--config FILE`; the command receives `config_file: Path | None` for `edge.config.load`."""

    def callback(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        file = _from_group("config_file")(ctx, param, value)
        if os.geteuid() == 0 and ctx.parent is not None:
            ctx.call_on_close(partial(_give_back, file))
        return file

    return click.option(
        "--config",
        "config_file",
        metavar="FILE",
        type=click.Path(path_type=Path),
        callback=callback,
        help=say("Файл настроек (иначе $GATE_CONFIG, установленный, поставляемый)."),
    )(command)


def with_json(command: Command) -> Command:
    """Adds `--json`; the command receives `as_json: bool`."""
    return click.option(
        "--json",
        "as_json",
        is_flag=True,
        callback=_from_group("as_json"),
        help=say("Печатать строки JSON."),
    )(command)


def print_json(values: Mapping[str, object]) -> None:
    """Print one object on one line and flush it, so that a pipe sees it at once."""
    sys.stdout.write(json.dumps(values, ensure_ascii=False) + "\n")
    sys.stdout.flush()
