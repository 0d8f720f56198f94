"""What a neighbour was not told, or was told long ago, does not pass for good news."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from core.rules.policy import Direction
from edge.config.schema import GateConfig
from edge.health import health_rows
from edge.neighbours import mqtt as mqtt_module
from edge.neighbours.delivery import Delivery
from edge.neighbours.fake import FakeGateAccess
from edge.neighbours.from_journal import Cursor, FromJournal
from edge.neighbours.metrics import OLD_S, Tally
from edge.neighbours.mqtt import Mqtt
from edge.neighbours.notices import troubles
from edge.neighbours.plugins import neighbours
from edge.neighbours.seam import Finished, NeighbourFailed, StatusNow, Told, Waiting
from edge.runtime.status import NOT_TAKEN, JournalStatus, NeighbourStatus, barrier_states, input_states
from edge.store.journal import Journal
from relay.input_settings import InputSettings
from relay.protocol import InputStatus, Status
from relay.settings import BarrierSettings
from tests.neighbours.conftest import BARRIER, CAMERA, STATUS
from tests.patience import until
from tests.store.records import visit_record

DEAF = InputStatus("fire", "fire", "main", None, "unknown", ("input_deaf",))
CAR = Waiting("v1", "entry", Direction.ENTRY, "А 123 ВС 77", "no_pass")


class Link:
    """Keeps the last payload of each topic, as a broker does."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def publish(self, topic: str, payload: bytes) -> None:
        self.kept[topic.removeprefix("okter/kpp_1/")] = payload


@pytest.fixture
def link() -> Link:
    return Link()


@pytest.fixture
def mqtt(config_of: Callable[[str], GateConfig], access: FakeGateAccess, link: Link) -> Mqtt:
    """Connected to `link`."""
    one = Mqtt(config_of('[mqtt]\nhost = "127.0.0.1"\n'), access)
    one._link = link
    return one


class Now:
    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


def test_an_old_status_is_no_metric() -> None:
    """A gate whose status comes no more is a gap with an age, not the last figures for ever."""
    clock = Now()
    tally = Tally(clock)
    tally.status(STATUS)
    assert "okter_relay_up 1" in tally.text()
    clock.s += OLD_S + 1
    text = tally.text()
    assert "okter_status_age_seconds 21" in text
    assert "okter_relay_up" not in text
    assert "okter_barrier_healthy" not in text


def test_deaf_inputs_and_lost_events_are_metrics() -> None:
    """A fire input that nobody hears is 0, one that is not reported at all is a gap."""
    tally = Tally()
    tally.status(replace(STATUS, inputs=(DEAF,), relay_lost=3))
    assert 'okter_input_heard{input="fire"} 0' in tally.text()
    assert "okter_relay_events_lost 3" in tally.text()
    tally.status(STATUS)
    assert "okter_relay_events_lost" not in tally.text()


def test_a_dead_board_a_deaf_input_and_an_unwritten_journal_are_troubles(mqtt: Mqtt, link: Link) -> None:
    """Home Assistant, Telegram and phones are told of all of them, not of cameras and alarms alone."""
    mqtt.take(StatusNow(STATUS))
    assert b"OFF" == link.kept["trouble"]
    for wrong in (
        replace(STATUS, barriers=(replace(BARRIER, health="lost", alarms=("board",)),)),
        replace(STATUS, inputs=(DEAF,)),
        replace(STATUS, journal=JournalStatus(5, 0, "no room")),
    ):
        mqtt.take(StatusNow(wrong))
        assert b"ON" == link.kept["trouble"]
        assert list(troubles(wrong).values()) == json.loads(link.kept["status"])["troubles"]


def test_the_gate_is_available_while_it_tells_of_itself(
    mqtt: Mqtt, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is retained from before is nobody's present state: neither at the start nor once the news stop."""
    clock = Now()
    monkeypatch.setattr(mqtt_module.time, "monotonic", clock)
    mqtt._notice_silence()
    assert "available" not in link.kept
    mqtt.take(StatusNow(STATUS))
    mqtt._notice_silence()
    assert b"online" == link.kept["available"]
    clock.s += mqtt_module.OLD_S + 1
    mqtt._notice_silence()
    assert b"offline" == link.kept["available"]
    mqtt.take(StatusNow(STATUS))
    assert b"online" == link.kept["available"]


def test_who_waits_is_known_after_a_broken_link(mqtt: Mqtt, link: Link) -> None:
    """A car that began to wait while the broker was away waits; one whose end was told meanwhile does not."""
    mqtt._link = None
    mqtt.take(CAR)
    mqtt._link = link
    mqtt.take(StatusNow(STATUS))
    assert b"ON" == link.kept["lane/entry/waiting"]
    mqtt.take(StatusNow(STATUS, waiting=()))
    assert b"OFF" == link.kept["lane/entry/waiting"]


def test_the_end_of_one_visit_is_not_the_end_of_another(mqtt: Mqtt, link: Link) -> None:
    """While a second car waits in the lane, somebody waits."""
    mqtt.take(StatusNow(STATUS, waiting=(CAR, replace(CAR, visit_id=visit_record(lane="entry").visit_id))))
    mqtt.take(Finished(visit_record(lane="entry")))
    assert b"ON" == link.kept["lane/entry/waiting"]


def test_nobody_waits_only_where_a_camera_sees(mqtt: Mqtt, link: Link) -> None:
    """Under a lost, frozen or late camera it is unknown whether somebody waits."""
    for blind in (replace(CAMERA, alive=False), replace(CAMERA, frozen=True), replace(CAMERA, frame_age_s=9.0)):
        mqtt.take(StatusNow(replace(STATUS, cameras=(blind,)), waiting=()))
        assert b"None" == link.kept["lane/entry/waiting"]


class Deaf:
    """Takes the status, and no car."""

    def take(self, told: Told) -> None:
        if isinstance(told, Waiting):
            raise NeighbourFailed("no way")

    def listen(self, stop: object) -> None:
        return

    def close(self) -> None:
        return


def test_a_taken_status_does_not_clear_the_trouble_of_a_lost_notice() -> None:
    """A neighbour that ignores the status has proved nothing by taking it."""
    delivery = Delivery("telegram", Deaf(), rest_s=0.001)
    delivery.start()
    delivery.give(CAR)
    until(lambda: delivery.trouble)
    for _ in range(3):
        delivery.give(StatusNow(STATUS))
        until(lambda: not delivery._waiting)
    assert "no way" == delivery.trouble
    delivery.close()


def test_a_neighbour_that_could_not_be_made_is_in_the_status(
    config_of: Callable[[str], GateConfig], access: FakeGateAccess, tmp_path: Path
) -> None:
    """A plug-in that is not installed, or a spoiled key, is a trouble of the status and not of the log alone."""
    (tmp_path / "state").mkdir(exist_ok=True)
    config = config_of('[neighbours]\nplugins = ["nobody"]\n[web_push]\non = true\ncontact = "mailto:a@b.ru"\n')
    config.state_dir.mkdir(exist_ok=True)
    (config.state_dir / "push-key").write_bytes(b"short")
    made = {one.name: one for one in neighbours(config, access, journal_folder=tmp_path)}
    assert {"nobody", "web_push"} == set(made)
    for one in made.values():
        one.start()
        until(lambda one=one: one.trouble)
        one.close()


def test_refused_visits_are_told() -> None:
    """A receiver that answers 4xx to every visit is not well."""
    status = replace(STATUS, neighbours=(NeighbourStatus("webhook", 0, "", refused=4),), wall="2026-12-01T00:00:00Z")
    (row,) = (one for one in health_rows(status, zone=UTC) if one.name == "webhook")
    assert (False, True) == (row.well, "4" in row.text)


def sent_by(reader: FromJournal) -> list[str]:
    import threading

    sent, stop = list[str](), threading.Event()
    reader._send_all(stop, lambda stored: sent.append(stored.record.visit_id))
    return sent


def test_a_spoiled_cursor_sends_again_and_skips_nothing(tmp_path: Path) -> None:
    """An empty or broken file of the position is no first start: what had not been taken would never be sent."""
    with Journal(tmp_path / "journal.db") as journal:
        journal.record(visit_record(1))
        journal.record(visit_record(2))
    for spoiled in (b"", b"{", b"\xff"):
        (tmp_path / "cursor").write_bytes(spoiled)
        assert [visit_record(1).visit_id, visit_record(2).visit_id] == sent_by(FromJournal(tmp_path, "cursor"))
    (tmp_path / "cursor").unlink()
    (tmp_path / "cursor").mkdir()
    with pytest.raises(NeighbourFailed):
        sent_by(FromJournal(tmp_path, "cursor"))


def test_the_first_visit_of_a_new_box_is_sent(tmp_path: Path) -> None:
    """Where there is no journal yet, nothing is earlier than its first visit."""
    reader = FromJournal(tmp_path, "cursor")
    assert [] == sent_by(reader)
    with Journal(tmp_path / "journal.db") as journal:
        journal.record(visit_record(1))
    assert [visit_record(1).visit_id] == sent_by(reader)
    assert visit_record(1).visit_id == FromJournal(tmp_path, "cursor")._cursor().visit_id != Cursor(0, "").visit_id


def test_what_the_relay_does_not_report_is_told_as_that() -> None:
    """A barrier and an input of the settings that the relay process does not know are troubles, not missing rows."""
    relay = Status("", 1, 1.0, (), (), 0, 0, 1)
    barriers = barrier_states(relay, (BarrierSettings(name="exit", driver="simulated"),))
    inputs = input_states(relay, (InputSettings(name="fire", kind="fire", barrier="exit"),))
    assert [("exit", NOT_TAKEN)] == [(one.name, one.health) for one in barriers]
    assert [("fire", "unknown")] == [(one.name, one.level) for one in inputs]
    status = replace(STATUS, barriers=barriers, inputs=inputs, wall="2026-12-01T00:00:00Z")
    assert {"шлагбаум exit", "вход fire"} <= {one.name for one in health_rows(status, zone=UTC) if not one.well}
    assert 2 == len(troubles(status))


def test_a_disk_a_list_and_lost_events_that_nobody_knows_are_not_well() -> None:
    """Unknown room, an unread list and events that were dropped each have a row, and it is a fault."""
    status = replace(STATUS, disk=None, passes=None, relay_lost=2, wall="2026-12-01T00:00:00Z")
    wrong = {one.name for one in health_rows(status, zone=UTC) if not one.well}
    assert {"диск", "список", "gate relay"} <= wrong
