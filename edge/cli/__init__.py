"""`gate`: the command line. Commands load on first use, so that `gate relay` starts without the vision stack."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

import edge.cli.words  # noqa: F401 - sets click's language before the first command is declared
from core.errors import ConfigError, FileUnusable, GateError
from core.words.system import system_words
from edge.cli.failed_start import report_and_pause
from edge.cli.options import with_config, with_json
from edge.language import either, say, speak_as_asked

COMMANDS: dict[str, tuple[str, str, str]] = {
    # name: (module:attribute, Russian, English) - the texts are here so that --help imports no command
    "aim": ("edge.cli.aim:aim", "Навести камеру: живые замеры, приёмка", "Aim a camera: live measures, acceptance"),
    "backup": ("edge.cli.backup:backup", "Сложить коробку в один файл", "The whole box into one file"),
    "bench": ("edge.cli.bench:bench", "Время и память каждой ступени на этой машине", "Time and memory of each stage"),
    "call": ("edge.cli.call:call", "Звонки от шлагбаума: отдельный процесс", "Calls from the gate"),
    "check": ("edge.cli.check:check", "Доктор: проверить каждую часть и сказать, чем лечить", "Test every part"),
    "config": ("edge.cli.config:config", "Настройки: проверить, показать, объяснить ключ", "Check or explain settings"),
    "console": ("edge.cli.console:console", "Страница охраны для местной сети", "The guard's page on the LAN"),
    "demo": ("edge.cli.demo:demo", "Вся система на встроенной записи, без настройки", "The whole system, no set-up"),
    "enroll": ("edge.cli.enroll:enroll", "Привязать эту коробку к территории", "Bind this box to a territory"),
    "events": ("edge.cli.journal:events", "Журнал проездов", "The journal"),
    "hold": ("edge.cli.barrier:hold", "Держать шлагбаум открытым N минут", "Hold the barrier open"),
    "open": ("edge.cli.barrier:open_lane", "Открыть шлагбаум один раз", "Open the barrier once"),
    "passes": ("edge.cli.passes:passes", "Местный список пропусков", "The local pass list"),
    "read": ("edge.cli.read:read", "Прочитать номера на снимках", "Read plates in pictures"),
    "record-board": (
        "edge.cli.record:record_board",
        "Записать разговор с платой в файл",
        "A board's conversation, as a file",
    ),
    "record-stream": (
        "edge.cli.record:record_stream",
        "Записать, какой у камеры поток",
        "What a camera's stream is like",
    ),
    "relay": ("edge.cli.relay:relay", "Процесс шлагбаума: реле, кнопки, петли", "The barrier process"),
    "relay-test": ("edge.cli.barrier:relay_test", "Щёлкнуть реле и проверить ответ платы", "Try the relay board"),
    "release": ("edge.cli.barrier:release", "Перестать держать шлагбаум открытым", "End a hold"),
    "replay": ("edge.cli.replay:replay", "Прогнать запись через тот же код, что и вживую", "Replay recorded video"),
    "restore": ("edge.cli.backup:restore", "Развернуть такой файл на этой коробке", "Unpack such a file here"),
    "run": ("edge.cli.run:run", "Смотреть и решать: главный процесс", "See and decide: the main process"),
    "status": ("edge.cli.status:status", "Что сейчас с камерами, шлагбаумом, списком", "How everything is"),
    "update": (
        "edge.cli.update:update",
        "Обновить программу из подписанного файла",
        "A signed update, and back if unwell",
    ),
    "why": ("edge.cli.journal:why", "Почему шлагбаум открылся или нет", "Why the barrier opened or not"),
}


class LazyGroup(click.Group):
    """A click group that imports a command's module only when that command is requested."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click fixes the signature
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, attribute = entry[0].split(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(unknown_command(args[0]))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        rows = [(name, either(ru, en)) for name, (_, ru, en) in sorted(COMMANDS.items())]
        with formatter.section(say("Команды")):
            formatter.write_dl(rows)


def unknown_command(name: str) -> str:
    """The message for a mistyped command."""
    from difflib import get_close_matches  # noqa: PLC0415 - needed only after an error

    near = get_close_matches(name, COMMANDS, n=1)
    hint = say("; похоже на {near}", near=near[0]) if near else ""
    return say("нет команды {name}{hint}; список: gate --help", name=name, hint=hint)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help=say("OKter Gate: шлагбаум, который знает, кого пускать, и выпускает всех."),
)
@click.version_option(package_name="okter-gate", prog_name="gate")
@with_config
@with_json
def gate(config_file: Path | None, *, as_json: bool) -> None:
    del config_file, as_json  # read by the commands through their context


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command. Exit codes: 0 done, 1 the requested action failed, 2 wrong arguments or config."""
    speak_as_asked()
    try:
        status = gate.main(args=argv, prog_name="gate", standalone_mode=False)
        sys.stdout.flush()
    except (click.exceptions.Abort, KeyboardInterrupt):
        sys.exit(128 + signal.SIGINT)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message())
        sys.exit(2)
    except click.ClickException as error:  # wrong arguments: one line, no usage block
        _end(f"gate: {' '.join(error.format_message().split())}", 2, argv)
    except (ConfigError, FileUnusable) as error:  # the lines begin with FILE:LINE, which an editor can jump to
        _end(str(error), error.exit_code, argv, settings=True)
    except GateError as error:
        _end(f"gate: {error}", error.exit_code, argv)
    except BrokenPipeError:  # the reader of our output went away: not worth a word
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nor at the last flush
        sys.exit(1)
    except OSError as error:  # a folder that is closed to whoever asks, a full disk: in the system's own words
        _end(f"gate: {_system_error_line(error)}", 1, argv)
    sys.exit(status if isinstance(status, int) else 0)


def _end(why: str, code: int, argv: Sequence[str] | None, *, settings: bool = False) -> NoReturn:
    """One line, and out; a service's is seen in `systemctl status`, and it does not come back too soon."""
    print(why, file=sys.stderr, flush=True)
    report_and_pause(why, sys.argv if argv is None else argv, settings=settings)
    sys.exit(code)


def _system_error_line(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    if isinstance(error, PermissionError):
        return where + say("нет прав; запустите с sudo")
    return where + (system_words(error))
