"""The barrier by hand: `gate open`, `gate hold`, `gate release`, `gate relay-test`. All ask the relay process."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from core.events import Reason
from core.words.outcomes import OPENED
from edge.cli.options import print_json, with_config, with_json
from edge.cli.who import whoever
from edge.config import load
from edge.language import say
from relay.client import RelayClient
from relay.protocol import Reply
from relay.tools.commissioning import commission

LANE = click.argument("lane", metavar="LANE")
NOTE = click.option("--note", default="", metavar="TEXT", help=say("Кого и почему: останется в журнале."))


@click.command(name="open", help=say("Открыть шлагбаум полосы LANE одним импульсом."))
@with_config
@with_json
@LANE
@NOTE
def open_lane(config_file: Path | None, lane: str, note: str, *, as_json: bool) -> int:
    reply = _client(config_file, lane).open(lane=lane, reason=Reason.CONSOLE, by=whoever(), note=note)
    # A board that reports nothing back was sent the command; nothing more is known.
    sure = say("{lane}: открыто, плата подтвердила", lane=lane)
    done = sure if reply.confirmed else say("{lane}: команда открыть отдана", lane=lane)
    return _print_reply(reply, done, as_json=as_json)


@click.command(help=say("Держать шлагбаум полосы LANE открытым столько минут, не дольше."))
@with_config
@with_json
@LANE
@click.option(
    "--minutes",
    type=click.FloatRange(0.01, 1440),
    required=True,
    help=say("На сколько минут."),
)
@NOTE
def hold(config_file: Path | None, lane: str, minutes: float, note: str, *, as_json: bool) -> int:
    client = _client(config_file, lane)
    reply = client.hold(lane=lane, reason=Reason.CONSOLE, hold_s=minutes * 60, by=whoever(), note=note)
    granted = minutes if reply.held_s is None else round(reply.held_s / 60, 2)
    if reply.why == "pause":
        done = say("{lane}: удержание принято на {granted:g} мин", lane=lane, granted=granted)
    else:
        done = say("{lane}: удерживается {granted:g} мин", lane=lane, granted=granted)
    if reply.why in {"held", "pause"} and reply.detail:  # somebody else holds it for longer: that end applies
        done += f" ({reply.detail})"
    if granted < minutes:
        done += say(" — дольше не позволяет max_hold_minutes")
    return _print_reply(reply, done, as_json=as_json)


@click.command(help=say("Закончить удержание шлагбаума полосы LANE."))
@with_config
@with_json
@LANE
def release(config_file: Path | None, lane: str, *, as_json: bool) -> int:
    client = _client(config_file, lane)
    reply = client.release(lane=lane, reason=Reason.CONSOLE, by=whoever())
    done = {
        "not_held": say("{lane}: и не удерживался", lane=lane),
        "others_hold": say("{lane}: снято своё; {detail}", lane=lane, detail=reply.detail),
        "fire": say("{lane}: открыт по пожарному входу и таким останется", lane=lane),
    }.get(reply.why, say("{lane}: удержание снято", lane=lane))
    return _print_reply(reply, done, as_json=as_json)


@click.command(
    name="relay-test", help=say("Проверить реле: по одному импульсу на каждый шлагбаум, что послано и что прочитано.")
)
@with_config
@with_json
@click.option(
    "--no-pulse",
    is_flag=True,
    help=say("Ничего не открывать, только прочесть."),
)
def relay_test(config_file: Path | None, *, no_pulse: bool, as_json: bool) -> int:
    results = commission(load(config_file).relay_plan(), pulse=not no_pulse)
    for result in results:
        if as_json:
            print_json(asdict(result))
        else:
            print("\n".join(result.lines()))
    return 0 if all(result.good for result in results) else 1


def _client(config_file: Path | None, lane: str) -> RelayClient:
    """Raises UsageError if the config has no such lane."""
    config = load(config_file)
    if config.lane(lane) is None:
        known = ", ".join(one.name for one in config.lanes)
        raise click.UsageError(say("нет проезда {name}; есть: {known}", name=lane, known=known))
    return RelayClient(config.site.state_dir)


def _print_reply(reply: Reply, done: str, *, as_json: bool) -> int:
    good = reply.outcome in OPENED
    if as_json:
        words = ("outcome", "why", "detail", "barrier", "held_s", "confirmed")
        print_json({word: getattr(reply, word) for word in words})
    elif reply.outcome == "unconfirmed":
        text = say("{barrier}: послано, но открылся ли шлагбаум, неизвестно", barrier=reply.barrier)
        print(f"{text} ({reply.detail})")
    elif good:
        print(done)
    else:
        print(f"gate: {reply.detail or reply.why or reply.outcome}", file=sys.stderr)
    return 0 if good else 1
