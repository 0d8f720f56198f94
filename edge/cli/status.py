"""`gate status`: the state of everything, now."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edge.cli.options import print_json, with_config, with_json
from edge.cli.ownership import load_with_access
from edge.config import GateConfig
from edge.health import Row, health_rows, without_gate
from edge.language import say
from edge.runtime.control import ControlClient, GateAbsent
from relay.client import RelayClient
from relay.errors import RelayError
from relay.protocol import Status


@click.command(help=say("Что сейчас с камерами, шлагбаумом, списком, облаком."))
@with_config
@with_json
def status(config_file: Path | None, *, as_json: bool) -> int:
    """Exit code 1 when anything is wrong; what the relay process says is told also without `gate run`."""
    config = load_with_access(config_file)
    try:
        found = ControlClient(config.state_dir).status()
    except GateAbsent:
        found = without_gate(config, _relay(config))
    rows = health_rows(found, zone=config.zone)
    if as_json:
        print_json(found.values())
    else:
        print(f"{found.site}  ({found.config})")
        print("\n".join(_line(row) for row in rows))
    return 0 if all(row.well for row in rows) else 1


def _relay(config: GateConfig) -> Status | None:
    """Asks the relay process itself."""
    try:
        return RelayClient(config.state_dir).status()
    except RelayError:
        return None


def _line(row: Row) -> str:
    """A line for people, with faults marked."""
    mark = "✓" if row.well else "✗"
    if sys.stdout.isatty():
        mark = f"\033[{'32' if row.well else '31;1'}m{mark}\033[0m"
    line = f" {mark} {row.name:<12} {row.text}"
    return f"{line}\n   {'':<12} → {row.cure}" if row.cure and not row.well else line
