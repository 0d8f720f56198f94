"""The barrier by hand: `gate open`, `gate hold`, `gate release`, `gate relay-test`. All ask the relay process."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from core.events import Reason
from edge.cli.options import print_json, with_config, with_json
from edge.config import load
from edge.language import say
from relay.client import RelayClient
from relay.protocol import TOLD, Reply
from relay.tools.commissioning import commission

LANE = click.argument("lane", metavar="LANE")


@click.command(name="open")
@with_config
@with_json
@LANE
def open_lane(config_file: Path | None, lane: str, *, as_json: bool) -> int:
    """Открыть шлагбаум полосы LANE одним импульсом."""
    client = _client(config_file)
    done = say(f"{lane}: открыто", f"{lane}: opened")
    return _tell(client.open(lane=lane, reason=Reason.CONSOLE), done, as_json=as_json)


@click.command()
@with_config
@with_json
@LANE
@click.option(
    "--minutes",
    type=click.FloatRange(0.01, 1440),
    required=True,
    help=say("На сколько минут.", "For how many minutes."),
)
def hold(config_file: Path | None, lane: str, minutes: float, *, as_json: bool) -> int:
    """Держать шлагбаум полосы LANE открытым столько минут, не дольше."""
    client = _client(config_file)
    reply = client.hold(lane=lane, reason=Reason.CONSOLE, hold_s=minutes * 60)
    granted = minutes if reply.held_s is None else round(reply.held_s / 60, 2)
    done = say(f"{lane}: удерживается {granted:g} мин", f"{lane}: held for {granted:g} min")
    if reply.why == "held" and reply.detail:  # another has asked for longer: that one's end counts
        done += f" ({reply.detail})"
    if granted < minutes:
        done += say(" — дольше не позволяет max_hold_minutes", ", the longest that max_hold_minutes allows")
    return _tell(reply, done, as_json=as_json)


@click.command()
@with_config
@with_json
@LANE
def release(config_file: Path | None, lane: str, *, as_json: bool) -> int:
    """Закончить удержание шлагбаума полосы LANE."""
    client = _client(config_file)
    reply = client.release(lane=lane, reason=Reason.CONSOLE)
    done = {
        "not_held": say(f"{lane}: и не удерживался", f"{lane}: was not held"),
        "others_hold": say(f"{lane}: снято своё; {reply.detail}", f"{lane}: own hold released; {reply.detail}"),
        "fire": say(f"{lane}: открыт по пожарному входу и таким останется", f"{lane}: the fire input keeps it open"),
    }.get(reply.why, say(f"{lane}: удержание снято", f"{lane}: released"))
    return _tell(reply, done, as_json=as_json)


@click.command(name="relay-test")
@with_config
@with_json
@click.option(
    "--no-pulse",
    is_flag=True,
    help=say("Ничего не открывать, только прочесть.", "Open nothing, only look."),
)
def relay_test(config_file: Path | None, *, no_pulse: bool, as_json: bool) -> int:
    """Проверить реле: по одному импульсу на каждый шлагбаум, что послано и что прочитано."""
    results = commission(load(config_file).relay_plan(), pulse=not no_pulse)
    for result in results:
        if as_json:
            print_json(asdict(result))
        else:
            print("\n".join(result.lines()))
    return 0 if all(result.good for result in results) else 1


def _client(config_file: Path | None) -> RelayClient:
    return RelayClient(load(config_file).site.state_dir)


def _tell(reply: Reply, done: str, *, as_json: bool) -> int:
    good = reply.outcome in TOLD
    if as_json:
        words = ("outcome", "why", "detail", "barrier", "held_s", "confirmed")
        print_json({word: getattr(reply, word) for word in words})
    elif reply.outcome == "unconfirmed":
        words_ru, words_en = "послано, но открылся ли шлагбаум, неизвестно", "sent, but whether it opened is unknown"
        print(say(f"{reply.barrier}: {words_ru} ({reply.detail})", f"{reply.barrier}: {words_en} ({reply.detail})"))
    elif good:
        print(done)
    else:
        print(f"gate: {reply.detail or reply.why or reply.outcome}", file=sys.stderr)
    return 0 if good else 1
