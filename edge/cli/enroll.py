"""`gate enroll`: binds this box to a territory of the cloud with the manager's one-time code."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import click

from core.errors import ConfigError, FileUnusable
from edge import __version__
from edge.cli.options import print_json, with_config, with_json
from edge.cli.progress import Progress
from edge.config import GateConfig, load
from edge.credential import Credential, prepare_folder, read_credential, write_credential
from edge.language import say
from edge.runtime.control import ControlClient, GateAbsent
from edge.runtime.known_time import clock_of
from sync import wire
from sync.api import CloudApi
from sync.errors import AnswerInvalid, CloudRefused, EnrolmentLost
from sync.http import CloudHttp
from sync.settings import url_problem

FIRST_LIST_S, LOOK_S = 300.0, 0.5
NAMELESS = "КПП"
"""`site.name` may be empty, but the cloud needs a name for the gate."""


@click.command(help=say("Привязать шлагбаум к территории облака."))
@click.option("--url", required=True, metavar="URL", help=say("Адрес облака, https://…"))
@click.option(
    "--code",
    required=True,
    metavar="CODE",
    help=say("Код привязки от управляющего, XXXX-XXXX."),
)
@with_config
@with_json
def enroll(config_file: Path | None, url: str, code: str, *, as_json: bool) -> int:
    config = load(config_file)
    url = url.strip().rstrip("/")
    _check(config, url)
    prepare_folder(config.state_dir)
    moved = _bound_elsewhere(config, url)
    answer = _ask(config, url, code.strip())
    credential = Credential(
        url, answer.territory, answer.timezone, answer.device_token,
        code=answer.code, move_key=answer.move_key, move_serial=answer.move_serial,
    )  # fmt: skip
    path = write_credential(config.state_dir, credential)
    if as_json:
        print_json({"territory": answer.territory, "timezone": answer.timezone, "url": url, "credential": str(path)})
        return 0
    print(say("Шлагбаум привязан: {territory}.", territory=answer.territory))
    if moved:
        print(say("Облако другое: запущенный шлагбаум перейдёт к нему после sudo systemctl restart okter-gate."))
    if answer.timezone != config.site.timezone:
        print(
            say(
                "Внимание: часовой пояс территории {timezone}, а в {file} — {timezone2}.",
                timezone=answer.timezone,
                file=config.file,
                timezone2=config.site.timezone,
            )
        )
    if not moved and sys.stderr.isatty():
        _first_list(ControlClient(config.state_dir))
    return 0


def _first_list(gate: ControlClient) -> None:
    """Show the progress of the first list if the running gate had none: until it arrives, or for a limited time."""
    ends = time.monotonic() + FIRST_LIST_S
    try:
        status = gate.status()
        if status.list_age_s is not None:
            return
        with Progress(say("первый список из облака")) as progress:
            while status.list_age_s is None and time.monotonic() < ends:
                progress.at(0, 0)  # the total is not known
                time.sleep(LOOK_S)
                status = gate.status()
    except GateAbsent:
        return
    if status.list_age_s is None:
        print(say("Список из облака ещё не пришёл: gate status."))
    else:
        print(say("Список из облака пришёл: пропусков {n}.", n=status.passes))


def _bound_elsewhere(config: GateConfig, url: str) -> bool:
    """Whether the box belonged to another cloud until now; an unreadable credential counts as no."""
    try:
        before = read_credential(config.state_dir)
    except FileUnusable:
        return False
    return before is not None and before.address != url


def _check(config: GateConfig, url: str) -> None:
    why = url_problem(url)
    if why is not None:
        raise click.BadParameter(f"--url: {why}")
    named = config.cloud.url
    if named is not None and named.rstrip("/") != url:
        raise ConfigError(
            say(
                "{file}: cloud.url: там {named}, а привязать велено к {url}; исправьте файл или --url",
                file=config.file,
                named=named,
                url=url,
            )
        )


def _ask(config: GateConfig, url: str, code: str) -> wire.EnrollAnswer:
    settings = replace(config.cloud, url=url)
    lanes = tuple(wire.Lane(lane.name[:64], lane.direction.value) for lane in config.lanes)
    name = "".join(symbol if symbol.isprintable() else " " for symbol in config.site.name)[:100]
    request = wire.EnrollRequest(code, name or NAMELESS, lanes, __version__[:40])
    try:
        wire.decode(wire.EnrollRequest, wire.encode(request))
    except wire.WireError:
        raise click.BadParameter(say("--code: нужен код вида XXXX-XXXX")) from None
    http = CloudHttp(settings, clock=clock_of(config.state_dir), token=lambda: None, version=__version__)
    try:
        return CloudApi(http).enroll(request)
    except EnrolmentLost:
        why = say("код не подошёл: неизвестен, уже использован или просрочен; возьмите новый у управляющего")
        raise CloudRefused(403, why) from None
    except CloudRefused as error:
        if error.status != 404:
            raise
        raise AnswerInvalid(say("{url}: здесь нет облака ОКтер", url=url)) from None
    finally:
        http.close()
