"""`gate console`: the guard's page on the local network."""

from __future__ import annotations

import os
import ssl
from dataclasses import replace
from pathlib import Path

import click
import uvicorn

from core.errors import FileUnusable, GateError
from core.words.system import system_words
from edge.cli.console_users import user
from edge.cli.options import with_config
from edge.config import load
from edge.config.settings import LOOPBACK, NEEDS_PASSWORD
from edge.console.app import Console
from edge.console.patience import PatientProtocol
from edge.language import say
from edge.runtime.control import ControlClient
from relay.client import RelayClient

MOST_CONNECTIONS = 100


class AddressTaken(GateError, OSError):
    """The page cannot listen at its address."""

    def __str__(self) -> str:  # OSError would print its errno form
        return str(self.args[0])


@click.group(invoke_without_command=True, help=say("Страница охраны для местной сети."))
@click.option("--host", help=say("На каком адресе отвечать."))
@click.option("--port", type=click.IntRange(0, 65535), help=say("На каком порту."))
@with_config
@click.pass_context
def console(ctx: click.Context, config_file: Path | None, host: str | None, port: int | None) -> None:
    if ctx.invoked_subcommand is not None:
        return
    os.umask(0o077)  # under systemd the unit sets the same
    config = load(config_file)
    settings = replace(
        config.console,
        host=host or config.console.host,
        port=config.console.port if port is None else port,
    )
    if settings.host not in LOOPBACK and not settings.password:
        raise click.UsageError(f"--host {settings.host}: {NEEDS_PASSWORD}")
    page = Console(config, gate=ControlClient(config.state_dir), relay=RelayClient(config.state_dir))
    beside = config.file.parent
    pair = [beside / one for one in (settings.certificate, settings.certificate_key) if one]
    _check_pair(pair)
    server = uvicorn.Server(
        uvicorn.Config(
            page.app(),
            http=PatientProtocol,
            limit_concurrency=MOST_CONNECTIONS,
            host=settings.host,
            port=settings.port,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=2,
            ssl_certfile=pair[0] if pair else None,
            ssl_keyfile=pair[1] if pair else None,
        )
    )
    try:
        listener = server.config.bind_socket()
        listener.listen()  # from the moment the address is printed below, a visitor waits instead of being refused
    except SystemExit:
        where = f"{settings.host}:{settings.port}"
        raise AddressTaken(say("адрес {where} занят или не наш", where=where)) from None
    shown = listener.getsockname()
    print(say("Страница охраны") + f": {'https' if pair else 'http'}://{shown[0]}:{shown[1]}/", flush=True)
    try:
        server.run(sockets=[listener])
    finally:
        page.close()


def _check_pair(pair: list[Path]) -> None:
    """Check certificate and key before the address is taken. Raises FileUnusable if one cannot be used."""
    for file in pair:
        try:
            file.read_bytes()
        except OSError as error:
            raise FileUnusable(file, system_words(error)) from None
    if pair:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(pair[0], pair[1])
        except ssl.SSLError as error:
            raise FileUnusable(pair[0], say("сертификат и ключ не подходят: {why}", why=error.reason)) from None


console.add_command(user)
