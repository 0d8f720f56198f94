"""`gate check` of those who are told: reached, let in, answered; every failure has a cure and gives no secret away."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import EntryPoint

import pytest

from edge.config import GateConfig
from edge.doctor import neighbours as doctor
from edge.doctor.finding import Finding
from edge.neighbours.plugins import GROUP
from edge.runtime.status import NeighbourStatus
from tests.neighbours.conftest import STATUS, Receiver
from tests.witnesses.emulated import PASSWORD, USER, emulated

Make = Callable[[str], GateConfig]


def found(config: GateConfig, running=None) -> dict[str, Finding]:
    findings = {one.part: one for one in doctor.neighbours(config, running)}
    for one in findings.values():
        assert one.well or one.cure, one
    return findings


@contextmanager
def greeting(answer: bytes) -> Iterator[int]:
    """A broker that answers every greeting so; empty = it hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            with link:
                link.recv(4096)
                link.sendall(answer)
                link.recv(4096)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def test_a_recorder_that_does_not_let_us_in_is_told_before_the_first_plate(config_of: Make, receiver: Receiver) -> None:
    """It is asked with the name and password of the config; being there is not being let in."""
    receiver.code = 401
    events = found(config_of(f'[events]\nurl = "{receiver.url}/x"\nuser = "gate"\npassword = "{PASSWORD}"\n'))["events"]
    assert (False, True) == (events.well, "events.password_file" in events.cure)


def test_what_is_not_wanted_is_not_asked(config_of: Make) -> None:
    """A gate without neighbours has nothing to say of them."""
    assert {} == found(config_of(""))


@pytest.mark.parametrize(
    ("answer", "well", "cure"),
    [(b"\x20\x02\x00\x00", True, ""), (b"\x20\x02\x00\x05", False, "mqtt.password_file"), (b"", False, "mqtt")],
)
def test_a_broker_is_greeted_with_the_configs_own_credentials(
    config_of: Make,
    answer: bytes,
    well: bool,  # noqa: FBT001
    cure: str,
) -> None:
    """It lets in, or it does not, or it hangs up."""
    with greeting(answer) as port:
        mqtt = found(config_of(f'[mqtt]\nhost = "127.0.0.1"\nport = {port}\n'))["mqtt"]
    assert well is mqtt.well
    assert cure in mqtt.cure


def test_a_broker_that_is_not_there_is_told_by_cause(config_of: Make) -> None:
    """Nobody listens."""
    mqtt = found(config_of(f'[mqtt]\nhost = "127.0.0.1"\nport = {closed_port()}\n'))["mqtt"]
    assert not mqtt.well
    assert "никто не слушает" in mqtt.cure


TELEGRAM = '[telegram]\ntoken = "12:secret"\nchats = [1, 2]\napi = "{}"\n'


@pytest.mark.parametrize(("code", "well", "cure"), [(200, True, ""), (401, False, "@BotFather"), (502, False, "сеть")])
def test_a_bots_token_is_tried(config_of: Make, receiver: Receiver, code: int, well: bool, cure: str) -> None:  # noqa: FBT001
    """By `getMe`, which changes nothing; the token stands in no finding."""
    receiver.code = code
    telegram = found(config_of(TELEGRAM.format(receiver.url)))["telegram"]
    assert [("GET", "/bot12:secret/getMe")] == [(one.method, one.path) for one in receiver.asked]
    assert well is telegram.well
    assert cure in telegram.cure
    assert "secret" not in str(telegram)


def test_a_telegram_that_cannot_be_reached_keeps_the_token_to_itself(config_of: Make) -> None:
    """Also where the address is what failed."""
    telegram = found(config_of(TELEGRAM.format(f"http://127.0.0.1:{closed_port()}")))["telegram"]
    assert not telegram.well
    assert "secret" not in str(telegram)


@pytest.mark.parametrize(
    ("code", "well"), [(200, True), (405, True), (401, True), (501, True), (404, False), (503, False)]
)
def test_a_webhooks_receiver_is_there_whatever_it_thinks_of_a_head(
    config_of: Make,
    receiver: Receiver,
    code: int,
    well: bool,  # noqa: FBT001
) -> None:
    """No visit is sent: 404 is nobody, 5xx is ill, all else answers."""
    receiver.code = code
    hook = found(config_of(f'[webhook]\nurl = "{receiver.url}/hook?key=hidden"\nsecret = "k"\n'))["webhook"]
    assert ["HEAD"] == [one.method for one in receiver.asked]
    assert well is hook.well
    assert "hidden" not in str(hook)


def test_plug_ins_are_loaded_or_named(config_of: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that loads, one that breaks, one that is not installed."""
    points = [
        EntryPoint("good", "edge.neighbours.example:make", GROUP),
        EntryPoint("broken", "no_such_module_at_all:Thing", GROUP),
    ]
    monkeypatch.setattr(doctor, "entry_points", lambda group: points)
    findings = list(doctor.neighbours(config_of('[neighbours]\nplugins = ["good", "broken", "absent"]\n'), None))
    assert [True, False, False] == [one.well for one in findings]
    assert "ModuleNotFoundError" in findings[1].text
    assert "broken, good" in findings[2].cure


def test_the_metrics_page_is_asked_of_a_running_gate(config_of: Make) -> None:
    """Nobody answers on its port: another has it. A gate that does not run is not asked."""
    config = config_of(f"[metrics]\nport = {closed_port()}\n")
    assert "metrics.port" in found(config, STATUS)["metrics"].cure
    assert {} == found(config)


def test_a_neighbour_that_loses_news_is_told(config_of: Make) -> None:
    """By the count of the running gate."""
    running = replace(STATUS, neighbours=(NeighbourStatus("mqtt", 7, ""),))
    assert "7" in found(config_of(""), running)["mqtt"].text


def a_lane(config: GateConfig, url: str, anpr: str) -> GateConfig:
    return replace(config, lanes=(replace(config.lanes[0], anpr=anpr, anpr_url=url),))


def test_a_camera_that_reads_is_asked_or_the_gate_that_listens_is(config_of: Make) -> None:
    """Idle: by its stream, with the password. Running: what the gate says of it. A push waits for the gate."""
    from urllib.parse import quote

    from edge.witnesses.settings import Anpr

    with emulated("hikvision") as camera:
        good = camera.url.replace("://", f"://{USER}:{quote(PASSWORD, safe='')}@")
        assert found(a_lane(config_of(""), good, Anpr.HIKVISION))["anpr entry"].well
        wrong = found(a_lane(config_of(""), camera.url, Anpr.HIKVISION))["anpr entry"]
        assert (False, True) == (wrong.well, "camera_password_file" in wrong.text)
        running = replace(STATUS, neighbours=(NeighbourStatus("anpr:entry", 0, "часы камеры расходятся"),))
        assert "часы" in found(a_lane(config_of(""), good, Anpr.HIKVISION), running)["anpr entry"].text
    assert found(a_lane(config_of(""), "http://127.0.0.1", Anpr.PUSH))["anpr entry"].well
