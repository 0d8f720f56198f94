"""`make play`: everything is there at the addresses it prints, and gone when it ends."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from cloud.demo import DemoPlace
from core.words.language import Language, speak
from edge.cli import main
from edge.demo.film import FilmPage, serving
from edge.demo.portal import Portal
from edge.demo.stage import CLIPS, demo_dir
from edge.demo.tour import stop_text, stops, walk
from tests.patience import PATIENCE_S, until

CONSOLE = "http://127.0.0.1:8480/"


@dataclass(frozen=True)
class Somewhere:
    """As much of a stage as the tour tells of."""

    config: Path = Path("/tmp/demo/gate.toml")


@dataclass(frozen=True)
class Process:
    pid: int = 4711


PORTAL = Portal("http://127.0.0.1:9000", DemoPlace("495-376", "code"), Process())  # type: ignore[arg-type]


@pytest.mark.parametrize("language", [Language.RU, Language.EN])
@pytest.mark.parametrize("portal", [PORTAL, None])
def test_the_tour_has_eight_stops(
    language: Language, portal: Portal | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Eight in either language, with the portal or without; each is told before anybody is asked to go on."""
    speak(language)
    pauses: list[int] = []
    walk(stops(Somewhere(), portal, console=CONSOLE), pause=lambda: pauses.append(1))  # type: ignore[arg-type]
    out = capsys.readouterr().out
    assert [str(number) for number in range(1, 9)] == re.findall(r"^(\d)\. ", out, re.MULTILINE)
    assert 7 == len(pauses)
    assert CONSOLE in out
    assert ("http://127.0.0.1:9000/t/495-376/passes/new" in out) is (portal is not None)
    assert (re.search("[а-я]", out.replace("okter-gate[cloud]", "")) is None) is (language is Language.EN)


def test_the_film_page_has_the_clips_and_the_stops() -> None:
    """On loopback: the page, both recordings whole, and nothing else of the machine's disk."""
    all_stops = stops(Somewhere(), PORTAL, console=CONSOLE)  # type: ignore[arg-type]
    with (
        serving(FilmPage(all_stops)) as url,
        httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE_S) as browser,
    ):
        page = browser.get("/").text
        assert [] == [stop.title for stop in all_stops if stop.title not in page]
        assert all(f'src="/{clip}"' in page for clip in CLIPS.values())
        film = browser.get("/exit.mp4")
        assert ("video/mp4", (demo_dir() / "exit.mp4").read_bytes()) == (film.headers["content-type"], film.content)
        for other in ("/passes.csv", "/../gate.toml", "/%2e%2e/gate.toml", "/gate.mp4/", "//etc/hostname"):
            assert 404 == browser.get(other).status_code
    assert "1. Фильм\n" in stop_text(1, all_stops[0])


def test_a_tour_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """`--tour --once` and `--tour --json` are two wishes at once: one line, exit code 2, nothing started."""
    for other in ("--once", "--json"):
        with pytest.raises(SystemExit) as ended:
            main(["demo", "--tour", other])
        assert 2 == ended.value.code
        assert 1 == len(capsys.readouterr().err.splitlines())


@pytest.mark.long
def test_everything_answers_and_ends(tmp_path: Path) -> None:
    """Portal, guard's page and film answer at the printed addresses; on SIGTERM all of them are gone."""
    log = tmp_path / "told"
    with log.open("w") as out:
        command = [sys.executable, "-m", "edge", "demo", "--tour", "--no-browser"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    try:
        until(lambda: "8. " in log.read_text() or process.poll() is not None, within_s=200)
        text = log.read_text()
        addresses = {
            name: re.search(rf"^{name}: (http://127\.0\.0\.1:\d+)", text, re.MULTILINE)
            for name in ("Портал", "Страница охраны", "Фильм")
        }
        assert all(addresses.values()), text
        urls = [found[1] for found in addresses.values() if found]
        with httpx.Client(trust_env=False, timeout=PATIENCE_S, follow_redirects=True) as browser:
            assert [200] * 3 == [until(lambda url=url: answer(browser, url)) for url in urls]
            for link in set(re.findall(r"^   (http\S+)", text, re.MULTILINE)):
                assert 200 == browser.get(link).status_code, link
    finally:
        process.send_signal(signal.SIGTERM)
        assert 128 + signal.SIGTERM == process.wait(PATIENCE_S)
    for url in urls:
        with pytest.raises(httpx.ConnectError):
            httpx.get(url, trust_env=False)


def answer(browser: httpx.Client, url: str) -> int:
    """The status, 0 while nobody listens yet."""
    try:
        return browser.get(url).status_code
    except httpx.ConnectError:
        return 0
