"""`gate`: the command line. Commands load on first use, so that `gate relay` starts without the vision stack."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from edge import __version__
from edge.core.errors import GateError

COMMANDS = {
    "bench": "edge.cli.bench:bench",
    "check": "edge.cli.check:check",
    "config": "edge.cli.config:config",
    "console": "edge.cli.console:console",
    "demo": "edge.cli.demo:demo",
    "enroll": "edge.cli.enroll:enroll",
    "events": "edge.cli.journal:events",
    "hold": "edge.cli.barrier:hold",
    "open": "edge.cli.barrier:open_lane",
    "passes": "edge.cli.passes:passes",
    "read": "edge.cli.read:read",
    "relay": "edge.cli.relay:relay",
    "relay-test": "edge.cli.barrier:relay_test",
    "release": "edge.cli.barrier:release",
    "replay": "edge.cli.replay:replay",
    "run": "edge.cli.run:run",
    "status": "edge.cli.status:status",
    "why": "edge.cli.journal:why",
}


class LazyGroup(click.Group):
    """A click group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        target = COMMANDS.get(cmd_name)
        if target is None:
            return None
        module, attribute = target.split(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=LazyGroup)
@click.version_option(__version__, prog_name="gate")
def gate() -> None:
    """OKter Gate: шлагбаум, который знает, кого пускать, и выпускает всех."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command. Exit codes: 0 done, 1 the thing asked for failed, 2 wrong arguments or config."""
    try:
        status = gate.main(args=argv, prog_name="gate", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:  # wrong arguments: one line, no usage block
        print(f"gate: {error.format_message()}", file=sys.stderr)
        sys.exit(2)
    except GateError as error:
        print(f"gate: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader of our output went away: not worth a word
        sys.stderr.close()
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)
