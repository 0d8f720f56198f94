"""`gate demo`: the whole system on built-in defaults, with nothing to set up."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import webbrowser
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import click

from core.plates.canonical import display
from edge.cli.options import print_json, with_config, with_json
from edge.demo.film import FilmPage, serving
from edge.demo.play import play_on, play_once, show_page, verdict_lines, wait_until_up
from edge.demo.portal import FIRST_PLATE, LATER_PLATE, Portal, open_portal
from edge.demo.stage import Stage, environment_has_display
from edge.demo.tour import stops, walk
from edge.language import say


@click.command(help=say("Вся система на встроенной записи, без настройки."))
@click.option("--once", is_flag=True, help=say("Прогнать запись один раз, сверить и выйти."))
@click.option("--tour", is_flag=True, help=say("Открыть портал, пульт и фильм и провести по ним: восемь остановок."))
@click.option("--no-browser", is_flag=True, help=say("Не открывать страницу в браузере."))
@with_config
@with_json
def demo(config_file: Path | None, *, once: bool, tour: bool, no_browser: bool, as_json: bool) -> int:
    """With --once: exit code 0 if the timeline matches the recording's ground truth, else 1."""
    del config_file  # accepted by every command; the demo has its own
    if tour and (once or as_json):
        raise click.UsageError(say("--tour — для людей: без --once и --json"))
    with Stage() as stage:
        if not as_json:
            print(say("Демо: запись въезда и выезда, шлагбаум понарошку."))
        portal = open_portal(stage)
        stage.import_passes(without=() if portal is None else (FIRST_PLATE, LATER_PLATE))
        if portal is not None:
            portal.file_pass(FIRST_PLATE)
        gate = stage.start("run", "--json", listen=not tour)
        stage.start("console")
        console = f"http://127.0.0.1:{stage.console_port}/"
        if not as_json:
            print("\n".join(_introduction(portal)), flush=True)
        if tour:
            _guide(stage, portal, gate, console=console, browser=not no_browser)
        if not as_json:
            show_page(console, browser=not (once or no_browser))
        compared = play_once(stage, gate, portal, as_json=as_json)
        if as_json:
            for one in compared:
                print_json({"type": "compared", **asdict(one)})
        else:
            print("\n".join(verdict_lines(compared)), flush=True)
        if not once:
            play_on(stage, gate)
    return 1 if any(one.fault for one in compared) else 0


def _guide(
    stage: Stage, portal: Portal | None, gate: subprocess.Popen[str], *, console: str, browser: bool
) -> NoReturn:
    """Show everything and lead through it. Ends with Ctrl-C; raises DemoFailed if the gate itself ends."""
    wait_until_up(stage, gate)
    all_stops = stops(stage, portal, console=console)
    with serving(FilmPage(all_stops)) as film:
        show_page(console, browser=browser)
        if portal is not None and browser and environment_has_display():
            webbrowser.open(portal.url)
        print(say("Фильм: {url}", url=film), flush=True)
        if browser and environment_has_display():
            webbrowser.open(film)
        walk(all_stops, pause=_enter if sys.stdin.isatty() else lambda: None)
        print()
        play_on(stage, gate)


def _enter() -> None:
    with contextlib.suppress(EOFError):
        input("   " + say("Enter — дальше"))


def _introduction(portal: Portal | None) -> list[str]:
    if portal is None:
        return [say("Портал не установлен (okter-gate[cloud]): решает местный список.")]
    place, first = portal.place, display(FIRST_PLATE)
    return [
        say("Портал: {url}  территория {code}", url=portal.url, code=place.code),
        say(
            "  войти: {manager} (управляющий), {resident} (резидент), пароль «{password}»",
            manager=place.manager,
            resident=place.resident,
            password=place.password,
        ),
        say("  резидент подал заявку на {first}", first=first),
    ]
