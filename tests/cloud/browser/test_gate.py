"""The great one: from «Зарегистрироваться» on a phone to a barrier that opens for the car in a recorded video."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from edge.paths import config_dir

pytestmark = [pytest.mark.browser, pytest.mark.long]

CLIP = config_dir() / "demo" / "gate.mp4"
GUEST, STRANGER = "A481MP77", "T209KE199"
CONFIG = """\
[site]
name = "КПП-1"
timezone = "Europe/Moscow"
state_dir = "state"

[[lane]]
name = "entry"
direction = "entry"
camera = {camera}
barrier = "main"

[[barrier]]
name = "main"
driver = "simulated"
"""


def gate(config: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "edge", *arguments, "--config", str(config)]


def visits(process: subprocess.Popen[str]) -> Iterator[dict]:
    """The visits that `gate run --json` tells of, as they come."""
    assert process.stdout is not None
    for line in process.stdout:
        told = json.loads(line)
        if told.get("type") == "visit":
            yield told


@pytest.mark.timeout(1200)
def test_a_pass_filed_in_the_browser_opens_the_barrier(people, tmp_path):
    """Register, create, join, accept, add a plate: the gate opens for that car and refuses the other."""
    manager = people.new("Управляющая Анна", "manager-e2e@example.com")
    code = manager.create_territory("Сквозная")
    resident = people.new("Иванов Иван", "resident-e2e@example.com", phone=True)
    resident.join(code, "Участок 1")
    manager.press_link("Участники")
    manager.press("Подтвердить")
    manager.press_link("Шлагбаумы")
    manager.press("Добавить шлагбаум")
    pairing = re.search(r"Код привязки:\s*([0-9A-Z]{4}-[0-9A-Z]{4})", manager.page.inner_text("main"))[1]
    config = tmp_path / "gate.toml"
    config.write_text(CONFIG.format(camera=json.dumps(f"file:{CLIP}")), encoding="utf-8")
    enroll = gate(config, "enroll", "--url", manager.portal.url, "--code", pairing)
    subprocess.run(enroll, check=True, capture_output=True, timeout=60)

    resident.enter("Сквозная")
    resident.press("Добавить новую заявку")
    resident.fill("Номер автомобиля", GUEST)
    resident.press("Добавить")
    expect(resident.page.get_by_text(GUEST)).to_be_visible()
    decided: dict[str, dict] = {}
    command = gate(config, "run", "--json")
    with (
        (tmp_path / "run.log").open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as running,
    ):
        try:
            for visit in visits(running):
                decided[visit["plate"]] = visit
                if {GUEST, STRANGER} <= set(decided):
                    break
        finally:
            running.terminate()
            running.wait(30)

    assert ("open", "pass_valid") == (decided[GUEST]["decision"], decided[GUEST]["reason"])
    assert ["done"] == [opening["outcome"] for opening in decided[GUEST]["openings"]]
    assert ("refuse", "no_pass") == (decided[STRANGER]["decision"], decided[STRANGER]["reason"])
    manager.press_link("Журнал")
    rows = manager.page.get_by_role("row")
    expect(rows.filter(has_text="А481МР77").filter(has_text="Открыто").first).to_be_visible()
