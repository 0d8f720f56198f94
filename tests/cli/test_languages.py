"""Every command's help and every page of the guard in both languages: none has letters of the other."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import httpx
import pytest

from core.decision.record import Verdict
from core.words.reasons import Reason
from docs.build_reference import REFERENCE
from edge.config import load
from edge.console.app import Console
from edge.runtime.control import ControlClient
from edge.store.journal import Journal
from relay.fake import FakeRelay
from tests.configs import write_config
from tests.store.records import visit_record

CYRILLIC = re.compile("[А-Яа-яЁё]")
# What stays in Latin letters in a Russian text: names of programs, formats and settings, placeholders, paths.
NAMES = {
    "add", "bench", "check", "explain", "export", "hold", "import", "list", "open", "release", "remove", "show",
    "bash", "by-path", "note", "csv", "cyrillic", "demo", "dir", "enroll", "entry", "events", "exit", "gate", "gpio", "html", "http",
    "https", "id", "iso", "jpeg", "jpg", "json", "lan", "lane", "linux", "main", "ntp", "okter", "options", "args",
    "command", "file", "integer", "text", "plate", "range", "float", "path", "name", "url", "code", "minutes", "key",
    "passes", "png", "relay", "relay-test", "replay", "rtsp", "run", "sqlite", "status", "systemd", "toml", "usb", "utf",
    "why", "video", "data", "serve", "migrate", "backup", "restore", "user", "postgresql", "smtp", "workers", "password",
    "confirm", "boolean", "eng", "loadcredential", "config", "secret", "simulated", "console", "host", "port",
    "rectified", "mail", "risk", "read", "live", "crop", "visit", "state", "wheel", "set", "kind", "rollback", "hours", "guard",
    "technician", "update", "home", "fleet", "rollout", "territory", "version", "standing", "limit", "after", "rotate-tokens", "from-cloud", "cloud",
    "okter-gate-cloud-update", "ring", "machine", "silence", "tolerate", "number", "start", "pause", "resume", "abort", "forget", "all",
    "silent", "fault", "unknown", "doubt", "well", "unbound", "python", "assistant", "record", "record-board", "record-stream", "aim", "call", "directory", "jobs", "move", "register", "root", "settle",
}  # fmt: skip


@pytest.fixture(scope="module")
def helps() -> dict[str, str]:
    """The help of every command in each language: as the reference has it, of which `tests/docs` shows that it is the program's."""
    blocks = {language: (REFERENCE / f"cli.{language}.md").read_text(encoding="utf-8") for language in ("ru", "en")}
    return {language: "\n".join(re.findall(r"```text\n(.*?)```", text, re.DOTALL)) for language, text in blocks.items()}


def foreign_words(text: str) -> set[str]:
    """Latin words of a Russian text that name nothing: no option, variable, placeholder or path."""
    text = re.sub(r"<[^>]*>|--?[\w-]+|\$\w+|\[\[?\w+\]\]?|[\w.-]*[/:_.][\w./:_-]+|\b[A-Z0-9_|…]+\b", " ", text)
    return {word for word in re.findall(r"[A-Za-z][A-Za-z-]{2,}", text) if word.lower() not in NAMES}


def test_english_help_has_no_russian(helps: dict[str, str]) -> None:
    """GATE_LANG=en: every command, option and word of click."""
    assert helps["en"].count("Usage:") >= 30
    assert [] == [line for line in helps["en"].splitlines() if CYRILLIC.search(line)]


def test_russian_help_has_no_english(helps: dict[str, str]) -> None:
    """Without it: click's own words too."""
    assert helps["ru"].count("Как писать:") >= 30
    assert set() == foreign_words(helps["ru"])


@pytest.mark.parametrize(
    ("argv", "russian", "english"),
    [
        (("--nope",), "Нет параметра '--nope'", "No such option"),
        (("nope",), "нет команды nope", "no command nope"),
        (("passes", "add"), "Не хватает аргумента 'PLATE'", "Missing argument 'PLATE'"),
        (("events", "--limit", "0"), "0 вне пределов", "0 is not in the range"),
        (("passes", "add", "#"), "знака '#' на номерах не бывает", "no plate has the character '#'"),
    ],
)
def test_mistakes_are_told_in_the_language(
    argv: tuple[str, ...],
    russian: str,
    english: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line, in the language of whoever typed it."""
    from edge.cli import main

    for language, words in (("ru", russian), ("en", english)):
        monkeypatch.setenv("GATE_LANG", language)
        with pytest.raises(SystemExit):
            main(argv)
        told = capsys.readouterr().err
        assert words in told
        assert (CYRILLIC.search(told) is None) is (language == "en")


def test_the_guards_pages_speak_one_language(tmp_path: Path) -> None:
    """Each page asked in English has no Russian but names and plates, and the other way round."""
    config = load(write_config(tmp_path, replacing=("КПП-1", "Gate 1")))
    visits = [
        visit_record(plate="A123BC77", display="A 123 BC 77", decision=Verdict.REFUSE, reason=Reason.PASS_EXPIRED),
        visit_record(plate=None, display=None, decision=Verdict.OPEN, reason=Reason.EXIT_FREE),
    ]
    with Journal(config.state_dir / "journal.db") as journal:
        for visit in visits:
            journal.record(visit)
    console = Console(config, gate=ControlClient(config.state_dir), relay=FakeRelay())
    paths = ["/", "/journal", "/pass/add?plate=Z123ZZ77", "/login", "/check?plate=Z123ZZ77", "/check?plate=%23", "/barrier/entry/open",
             "/barrier/entry/hold", "/barrier/entry/release", "/done/x", "/nowhere",
             *(f"/visit/{visit.visit_id}" for visit in visits)]  # fmt: skip
    for path in paths:
        join = "&" if "?" in path else "?"
        russian, english = (asyncio.run(page(console, f"{path}{join}lang={language}")) for language in ("ru", "en"))
        assert not CYRILLIC.search(english.replace("Русский", "").replace("Рус", "")), path
        assert CYRILLIC.search(russian), path
        assert foreign_words(russian.replace("Gate 1", "").replace("English", "")) <= {"Moscow", "Europe"}, path
    console.close()


async def page(console: Console, path: str) -> str:
    """What a reader sees of a page, titles and labels of controls included."""
    transport = httpx.ASGITransport(app=console.app())
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8480") as client:
        html = (await client.get(path)).text
    labels = " ".join(re.findall(r'(?:alt|aria-label|title|placeholder)="([^"]*)"', html))
    return re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", html, flags=re.DOTALL) + labels
