"""`gate call`: calls from the gate, in a process of their own."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from core.errors import FileUnusable
from edge import __version__
from edge.call.errors import CallsOff, CallUnavailable
from edge.cli.options import with_config
from edge.cli.run import log_to_stderr
from edge.config import GateConfig, load
from edge.credential import address_of, read_credential
from edge.extras import install
from edge.language import say
from edge.runtime.clock import Clock
from edge.runtime.control import ControlClient
from relay.client import RelayClient
from sync.call_api import CallApi
from sync.http import CloudHttp


@click.command(help=say("Звонки от шлагбаума охране: картинка и звук, отдельный процесс."))
@with_config
def call(config_file: Path | None) -> None:
    os.umask(0o077)  # under systemd the unit sets the same
    config = load(config_file)
    if not config.call.enabled:
        raise CallsOff(say("звонки выключены: [call] enabled = true в gate.toml"))
    if importlib.util.find_spec("aiortc") is None:
        raise CallUnavailable(say("для звонков нужна библиотека: {command}", command=install("call")))
    from edge.call.process import CallProcess, Parts, lane_devices  # noqa: PLC0415 - only where it is installed

    log_to_stderr()
    logging.getLogger("aioice").setLevel(logging.WARNING)  # it would log every address that it tries
    clock = Clock()

    def cloud() -> CallApi:
        url, _ = linked(config)
        settings = replace(config.cloud, url=url)
        return CallApi(CloudHttp(settings, clock=clock, token=partial(token_at, config, url), version=__version__))

    linked(config)
    parts = Parts(
        config=config,
        gate=ControlClient(config.state_dir),
        relay=RelayClient(config.state_dir),
        cloud=cloud,
        devices=partial(lane_devices, config),
    )

    async def run() -> None:
        await CallProcess(parts).run()

    asyncio.run(run())


def linked(config: GateConfig) -> tuple[str, str]:
    """The cloud's address and device token as of now. Raises CallsOff if there is none, FileUnusable."""
    credential = read_credential(config.state_dir)
    url, token = address_of(config.cloud.url, credential), config.cloud.token
    if token is None and credential is not None and credential.address == url:
        token = credential.token
    if url is None or token is None:
        raise CallsOff(say("звонить некуда: шлагбаум не привязан к облаку: gate enroll --url … --code …"))
    return url, token


def token_at(config: GateConfig, url: str) -> str | None:
    """The current token, only for the cloud at `url`: a call may outlast a token rotation or a move to another cell."""
    if config.cloud.token is not None:
        return config.cloud.token
    try:
        credential = read_credential(config.state_dir)
    except FileUnusable:
        return None
    return credential.token if credential is not None and url in {credential.address, credential.url} else None
