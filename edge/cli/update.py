"""`gate update`: installs a signed file as a second environment; goes back to the old one if the new one fails."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click

from edge import __version__
from edge.cli.options import print_json, with_config, with_json
from edge.cli.progress import Steps
from edge.config import GateConfig, load
from edge.doctor.units import UNITS, installed, outdated, renewal
from edge.language import say
from edge.runtime.control import ControlClient, GateAbsent
from edge.runtime.status import GateStatus
from edge.update.bundle import build
from edge.update.environments import Environments
from edge.update.errors import UpdateUnready
from edge.update.offers import FOLDER, Outcome, running_prefix
from edge.update.quiet import await_quiet
from edge.update.services import SystemdServices
from edge.update.steps import Updater
from edge.update.taking import Taker

PREFIX = Path("/opt/okter-gate")
SIGNERS = Path("/etc/okter-gate/update.signers")


@click.command(help=say("Обновить программу из подписанного файла; не поднимется — вернуть прежнюю."))
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--resume", is_flag=True, help=say("Досудить обновление, прерванное отключением питания."))
@click.option("--back", is_flag=True, help=say("Вернуть программу, что была до последнего обновления."))
@click.option("--older", is_flag=True, help=say("Взять и более старую программу."))
@click.option(
    "--from-cloud", is_flag=True, help=say("Взять то, что принёс gate run; зовёт служба okter-gate-cloud-update.")
)
@click.option(
    "--build", "wheels", type=click.Path(path_type=Path, file_okay=False), help=say("Сложить FILE из колёс папки.")
)
@click.option("--key", type=click.Path(path_type=Path, dir_okay=False), help=say("Закрытый ключ для --build."))
@click.option(
    "--prefix", type=click.Path(path_type=Path), default=PREFIX, show_default=True, help=say("Куда поставлено.")
)
@click.option(
    "--signers", type=click.Path(path_type=Path), default=SIGNERS, show_default=True, help=say("Чьим подписям верить.")
)
@with_config
@with_json
def update(
    file: Path | None,
    wheels: Path | None,
    key: Path | None,
    prefix: Path,
    signers: Path,
    config_file: Path | None,
    *,
    resume: bool,
    back: bool,
    older: bool,
    from_cloud: bool,
    as_json: bool,
) -> None:
    """Works without a network. Does not touch the state folder."""
    if [file is not None, resume, back, from_cloud].count(True) != 1:
        raise click.UsageError(say("нужен файл обновления, или --resume, или --back, или --from-cloud"))
    if wheels is not None:
        if file is None or key is None:
            raise click.UsageError(say("--build: нужны файл и --key"))
        made = build(file, wheels, key=key, built_at=int(os.environ.get("SOURCE_DATE_EPOCH") or time.time()))
        _print_result(
            say("{file}: {name}, колёс {n}", file=file, name=made.name, n=len(made.wheels)), made.name, as_json=as_json
        )
        return
    config = load(config_file)
    with Steps(sys.stderr if as_json else sys.stdout) as steps:
        updater = Updater(
            environments=Environments(prefix.absolute()),
            signers=signers,
            config=config.file,
            services=SystemdServices(config.state_dir),
            told=steps.begin,
            version=__version__ if running_prefix() == prefix.absolute() else "",
        )
        outcome, name = None, ""
        if from_cloud:
            outcome = _take(updater, config)
        elif file is not None:
            name = updater.update(file, older=older).name
        else:
            name = updater.resume() if resume else updater.back()
    if from_cloud:
        text = (
            say("из облака ставить нечего")
            if outcome is None
            else f"{outcome.release}: {outcome.state} {outcome.detail}"
        )
        _print_result(text.rstrip(), "" if outcome is None else outcome.release, as_json=as_json)
        return
    _print_result(say("работает {name}", name=name), name, as_json=as_json)
    if not as_json and prefix == PREFIX:
        _tell_of_units(updater.environments.current())


def _tell_of_units(environment: Path) -> None:
    """An update replaces only the program. If its units, accounts or folders differ, one more command is needed."""
    for folder in environment.glob("lib/python3*/site-packages/edge/_data/systemd"):
        if any(map(installed, UNITS)) and outdated(folder):
            print(say("Юниты этой программы другие; однажды: {command}", command=renewal(folder)))


def _take(updater: Updater, config: GateConfig) -> Outcome | None:
    """Install what the cloud offers, if the owner allows it in the config that root reads."""
    if not config.update.from_cloud:
        return None
    client = ControlClient(config.state_dir)

    def look() -> GateStatus | None:
        try:
            return client.status()
        except GateAbsent:
            return None

    def quiet(told: Callable[[str], None]) -> None:
        await_quiet(look, quiet_s=config.update.quiet_s, told=told)
        if not load(config.file).update.from_cloud:  # up to an hour may have passed
            raise UpdateUnready(say("[update] from_cloud: владелец больше не велит"))

    return Taker(updater, config.state_dir / FOLDER, quiet).take()


def _print_result(text: str, name: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"ok": True, "name": name})
    else:
        print(text)
