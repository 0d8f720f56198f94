"""What the guard's page shows of what it does not know: no ✓, no age, no count and no button is a guess."""

from __future__ import annotations

import dataclasses
import time
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from core.decision.record import Opening
from core.events import Instant, Reason
from edge.admission import admission
from edge.config import load
from edge.console.live import beat_of
from edge.console.views import answer_view, verdict_of, visit_row
from edge.console.watch import Ear, GateNow, Heard, Now
from edge.health import health_rows
from edge.runtime.alarms import Alarm, Fault
from edge.runtime.status import LinkStatus, NeighbourStatus
from edge.runtime.visit_lines import live_text
from edge.runtime.why_card import why_card
from edge.store.journal import StoredVisit
from edge.store.local_passes import local_pass
from edge.store.passes import PassStore
from edge.store.place import find
from relay.protocol import Status
from tests.configs import write_config
from tests.console.gates import NOW, FakeGate, waiting
from tests.console.test_waiting import BARRIER, Guard, guard
from tests.store.records import visit_record

__all__ = ["guard"]


def now_of(gate: FakeGate, *, board: str = "ok", relay_age_s: float = 0.5, gate_age_s: float = 0.25) -> Now:
    barrier = dataclasses.replace(BARRIER, health=board, doing="hold", until_s=90.0)
    relay = Status("s", 7, 60.0, (barrier,), (), 0, 0, 1)
    return Now(GateNow(gate.status(), gate.scene()), gate_age_s, relay, relay_age_s, (), visits_late=False, wall=NOW)


def test_a_card_opens_only_where_its_barrier_answers(tmp_path: Path) -> None:
    """Both processes answer and the board of that car's own barrier is well; else its button is dead."""
    config = load(write_config(tmp_path))
    gate = FakeGate()
    gate.visits = (waiting(),)
    told = now_of(gate)
    assert ["v1"] == beat_of(config, told)["opens"]
    assert [] == beat_of(config, now_of(gate, board="lost"))["opens"]
    silent = dataclasses.replace(told, relay=None, relay_age_s=20.0)
    assert [] == beat_of(config, silent)["opens"], "a relay that hangs has an age, and opens nothing"
    assert [] == beat_of(config, dataclasses.replace(told, gate=None, gate_age_s=20.0))["opens"]


def test_what_goes_on_by_itself_counts_from_when_it_was_heard(tmp_path: Path) -> None:
    """The rest of a hold and a car's wait are older than the beat that brings them."""
    gate = FakeGate()
    gate.visits = (waiting(waited_s=42.0),)
    beat = beat_of(load(write_config(tmp_path)), now_of(gate, relay_age_s=2.0, gate_age_s=1.0))
    assert (88.0, 43.0) == (beat["lanes"]["0"]["hold_s"], beat["waits"]["v1"])


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"alive": False}, "камера потеряна"),
        ({"frozen": True}, "картинка застыла"),
        ({"age_s": 9.0}, "кадры стары"),
        ({"alarms": (Alarm(Fault.CAMERA_BLOCKED.value, lane="entry"),)}, "камера закрыта или ничего не видит"),
        ({"alarms": (Alarm(Fault.VISION_DEAD.value),)}, "распознавание не работает"),
    ],
)
def test_an_empty_lane_that_nobody_sees_is_not_empty(guard: Guard, changes: dict[str, object], note: str) -> None:
    """Where the only camera sees nothing, who waits is not known, and the lane says why."""
    assert "Никто не ждёт." in guard.get("/").text
    for name, value in changes.items():
        setattr(guard.gate, name, value)
    ends = time.monotonic() + 30
    while "Никто не ждёт." in (html := guard.get("/").text) and time.monotonic() < ends:
        time.sleep(0.05)
    assert "Кто ждёт, неизвестно." in html
    assert "Не видно: въезд." in html
    assert f'<span class="bad">{note}</span>' in html


def test_one_blind_lane_of_two_is_named(guard: Guard) -> None:
    """A car in the lane that is seen stands on top; the other lane is told not to be seen."""
    guard.gate.visits = (waiting(),)
    guard.gate.frozen = True
    html = guard.get("/").text
    assert "Ждут: 1" in html
    assert "Не видно: въезд." in html


def test_a_journal_that_cannot_be_read_is_not_an_empty_one(tmp_path: Path) -> None:
    """Not "nobody yet", and a visit of it is not "no such page"."""
    made = Guard(tmp_path)
    state = tmp_path / "state"
    file = find(state).journal_file
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"this is no database" * 300)
    html, card = made.get("/").text, made.get("/visit/0123")
    made.console.close()
    made.serving.end()
    assert ("Пока никого" in html, "Журнал не прочитать." in html) == (False, True)
    assert (503, True) == (card.status_code, "Журнал не прочитать." in card.text)


def test_a_journal_that_hangs_is_told(guard: Guard) -> None:
    """The visits that were read stay, and the page says that later ones may be missing."""
    ear: Ear[object] = guard.console._watch._ears[2]
    assert "Журнал не отвечает" not in guard.get("/").text
    ear.close()
    ear._thread.join(20)
    ear.heard = Heard((), time.monotonic() - 60)
    assert "Журнал не отвечает: последних проездов здесь может не быть." in guard.get("/").text


def test_a_board_that_did_not_confirm_has_not_opened() -> None:
    """Neither in the list, nor on the card, nor in `gate events`: somebody has to look."""
    at = Instant(61.0, NOW, wall_trusted=True)
    asked = Opening("r", Reason.CONSOLE, at, "unconfirmed")
    record = visit_record(openings=(asked,))
    assert "неизвестно, открылся ли" == verdict_of(record)
    assert why_card(record, zone=UTC, now=NOW).title.startswith("Просили открыть, плата не подтвердила")
    assert "ОТКРЫТ?" in live_text(record, zone=UTC, colour=False)
    both = visit_record(openings=(asked, dataclasses.replace(asked, at=at, outcome="done")))
    assert "открыт" == verdict_of(both)


def test_a_list_that_was_never_compared_is_not_well() -> None:
    """With a cloud, a list of unknown age is told to be that; without one there is nothing to compare with."""
    never = dataclasses.replace(FakeGate().status(), list_age_s=None)
    (row,) = [one for one in health_rows(never, zone=UTC) if one.name == "список"]
    assert (False, "пропусков 240, с облаком ещё не сверялся") == (row.well, row.text)
    alone = dataclasses.replace(never, cloud=LinkStatus(configured=False))
    (row,) = [one for one in health_rows(alone, zone=UTC) if one.name == "список"]
    assert (True, "пропусков 240") == (row.well, row.text)


def test_a_neighbour_without_a_fault_is_not_told_to_be_linked() -> None:
    """A webhook that has had nothing to tell since the start has reached nobody."""
    status = dataclasses.replace(FakeGate().status(), neighbours=(NeighbourStatus("webhook", 0, ""),))
    (row,) = [one for one in health_rows(status, zone=UTC) if one.name == "webhook"]
    assert "ошибок нет" == row.text


def test_the_state_uses_the_names_on_the_lanes(tmp_path: Path) -> None:
    """A guard knows "Въезд с Лесной", not the name in the file."""
    made = Guard(tmp_path, title="Въезд с Лесной")
    made.gate.alarms = (Alarm(Fault.CAMERA_GLARE.value, lane="entry"),)
    html = made.get("/").text
    made.console.close()
    made.serving.end()
    assert "камера Въезд с Лесной" in html
    assert "Въезд с Лесной: камеру слепит свет" in html


def test_a_visit_of_the_list_is_shown_as_it_was_recorded(tmp_path: Path) -> None:
    """A row that nobody confirmed is neither green nor red."""
    config = load(write_config(tmp_path))
    asked = Opening("r", Reason.CONSOLE, Instant(61.0, NOW, wall_trusted=True), "unconfirmed")
    row = visit_row(StoredVisit(visit_record(openings=(asked,)), None, None), config, now=NOW + timedelta(days=1))
    assert (True, True) == (row.opened, row.unsure)


def test_a_question_about_a_plate_is_answered_with_its_limits(tmp_path: Path) -> None:
    """Whose pass it is and whom to call; a list read from its copy, and an entry that may be a second one, are told."""
    made = Guard(tmp_path)
    with PassStore(find(made.console._config.state_dir).passes_file) as store:
        store.local.add([local_pass("A123BC77", None, None, "дом 5, +7 912 345-67-89")], at=NOW)
    told = made.get("/check?plate=А123ВС77").text
    made.console._config = dataclasses.replace(
        made.console._config, policy=dataclasses.replace(made.console._config.policy, anti_passback_h=2.0)
    )
    limited = made.get("/check?plate=А123ВС77").text
    answer = admission(made.console._config, "A123BC77")
    made.console.close()
    made.serving.end()
    assert ('href="tel:+79123456789"' in told, "не проверено" in told, "не проверено" in limited) == (True, False, True)
    assert any(
        "копии" in one for one in answer_view(dataclasses.replace(answer, from_copy=True), load(made.file)).warnings
    )
