"""MQTT against the real broker (mosquitto): discovery, states, pictures, and commands that open only when they are fresh."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigError
from core.rules.policy import Direction
from edge.neighbours import mqtt_packets as packets
from edge.neighbours.delivery import Delivery
from edge.neighbours.fake import FakeGateAccess
from edge.neighbours.home_assistant import slug
from edge.neighbours.mqtt import Mqtt
from edge.neighbours.mqtt_link import MqttLink
from edge.neighbours.mqtt_packets import Message
from edge.neighbours.seam import Finished, StatusNow, Waiting
from tests.neighbours.conftest import LOST, STATUS
from tests.patience import until
from tests.store.records import visit_record

MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
needs_mosquitto = pytest.mark.skipif(
    not Path(MOSQUITTO).exists() and "CI" not in os.environ, reason="mosquitto is not installed"
)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[int]:
    """Port of a broker that wants `gate` with its password."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "gate", "secret"], check=True, capture_output=True)
    passwords.chmod(0o644)
    file = tmp_path / "mosquitto.conf"
    file.write_text(f"listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\nuser root\n")
    process = subprocess.Popen([MOSQUITTO, "-c", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            assert process.poll() is None
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.02)  # until it listens
        yield port
    finally:
        process.terminate()
        process.wait()


class Listener:
    """Somebody else on the broker: hears everything, says what it is told to."""

    def __init__(self, port: int) -> None:
        self.link = MqttLink(
            ("127.0.0.1", port),
            tls=False,
            client_id="listener",
            user="gate",
            password="secret",
            will_topic="l",
            will=b"",
        )
        self.heard: dict[str, bytes] = {}
        self._news = threading.Condition()
        self._stop = threading.Event()
        self.link.subscribe("#")
        self._thread = threading.Thread(target=self.link.listen, args=(self._stop, self._take), daemon=True)
        self._thread.start()

    def _take(self, message: Message) -> None:
        with self._news:
            self.heard[message.topic] = message.payload
            self._news.notify_all()

    def wait(self, topic: str, payload: bytes | None = None) -> bytes:
        with self._news:
            assert self._news.wait_for(
                lambda: topic in self.heard and payload in {None, self.heard[topic]}, timeout=60
            ), (topic, self.heard)
            return self.heard[topic]

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self.link.close()


@pytest.fixture
def listener(broker: int) -> Iterator[Listener]:
    one = Listener(broker)
    yield one
    one.close()


@pytest.fixture
def delivery(broker: int, tmp_path: Path, config_of, access: FakeGateAccess) -> Iterator[Delivery]:
    (tmp_path / "mqtt.secret").write_text("secret\n")
    config = config_of(
        f'[mqtt]\nhost = "127.0.0.1"\nport = {broker}\nuser = "gate"\npassword_file = "mqtt.secret"\nbuttons = true\n'
    )
    one = Delivery("mqtt", Mqtt(config, access), rest_s=0.05)
    one.start()
    yield one
    one.close()


BASE = "okter/kpp_1"


def is_there(listener: Listener, delivery: Delivery) -> None:
    """The gate is connected, and has told its state."""
    listener.wait("homeassistant/binary_sensor/okter_kpp_1/trouble/config")
    delivery.give(StatusNow(STATUS))
    listener.wait(f"{BASE}/available", b"online")


@needs_mosquitto
def test_home_assistant_finds_the_gate_and_sees_who_came(listener: Listener, delivery: Delivery) -> None:
    """Discovery is retained; a waiting car, its end, the barrier and the gate's troubles stand in their topics."""
    document = json.loads(listener.wait("homeassistant/sensor/okter_kpp_1/entry_plate/config"))
    assert f"{BASE}/lane/entry/plate" == document["state_topic"]
    button = json.loads(listener.wait("homeassistant/button/okter_kpp_1/entry_open/config"))
    assert "expires" in button["command_template"]
    is_there(listener, delivery)

    delivery.give(Waiting(visit_record(lane="entry").visit_id, "entry", Direction.ENTRY, "А 123 ВС 77", "no_pass"))
    listener.wait(f"{BASE}/lane/entry/waiting", b"ON")
    assert "нет пропуска" in listener.wait(f"{BASE}/lane/entry/decision").decode()
    assert listener.wait(f"{BASE}/lane/entry/picture").startswith(b"\xff\xd8")

    delivery.give(Finished(visit_record(lane="entry")))
    listener.wait(f"{BASE}/lane/entry/waiting", b"OFF")
    assert "reason" in json.loads(listener.wait(f"{BASE}/lane/entry/visit"))

    delivery.give(StatusNow(STATUS))
    listener.wait(f"{BASE}/trouble", b"OFF")
    listener.wait(f"{BASE}/barrier/main", b"closed")
    delivery.give(StatusNow(LOST))
    listener.wait(f"{BASE}/trouble", b"ON")
    assert until(lambda: json.loads(listener.wait(f"{BASE}/status"))["cameras_lost"] == ["entry"])


@needs_mosquitto
def test_the_broker_tells_when_the_gate_is_gone(listener: Listener, delivery: Delivery) -> None:
    """A clean end says offline itself; it stays retained."""
    is_there(listener, delivery)
    delivery.close()
    listener.wait(f"{BASE}/available", b"offline")


def command(access: FakeGateAccess, do: str = "open", *, number: str = "1", lives_s: float = 5.0) -> bytes:
    assert access.wall is not None
    return json.dumps({"id": number, "do": do, "expires": access.wall + lives_s}).encode()


@needs_mosquitto
def test_a_fresh_command_opens_and_no_other(listener: Listener, delivery: Delivery, access: FakeGateAccess) -> None:
    """Late, far ahead, repeated, unreadable: nothing. The last, fresh one opens, so that all before were heard."""
    is_there(listener, delivery)
    topic = f"{BASE}/lane/entry/command"
    for payload in (
        command(access, lives_s=-1), command(access, lives_s=3600), b"{}", b"\xff", b"open", command(access, "explode"),
        command(access, "hold", number="h"), command(access, number="last"), command(access, number="last"),
        command(access, "release", number="r"),
    ):  # fmt: skip
        listener.link.publish(topic, payload, retain=False)
    listener.link.publish(f"{BASE}/lane/elsewhere/command", command(access, number="e"), retain=False)
    while ("release", "entry", "mqtt-r") not in access.asked:
        assert access.heard.wait(60)
        access.heard.clear()
    assert [("hold", "entry", "mqtt-h"), ("open", "entry", "mqtt-last"), ("release", "entry", "mqtt-r")] == access.asked


def test_a_kept_command_and_a_clock_in_doubt_open_nothing(config_of, tmp_path: Path, access: FakeGateAccess) -> None:
    """What the broker kept for whoever comes is old; without a clock no expiry can be checked."""
    (tmp_path / "s").write_text("x")
    neighbour = Mqtt(
        config_of('[mqtt]\nhost = "127.0.0.1"\nuser = "gate"\npassword_file = "s"\nbuttons = true\n'), access
    )
    topic = f"{BASE}/lane/entry/command"
    neighbour._heard(Message(topic, command(access), retained=True))
    fresh = command(access, number="2")
    access.wall = None
    neighbour._heard(Message(topic, fresh, retained=False))
    assert [] == access.asked


@needs_mosquitto
def test_a_wrong_password_is_a_trouble_that_is_told(broker: int, config_of, access: FakeGateAccess) -> None:
    """The broker's refusal is named and goes away for nobody."""
    delivery = Delivery(
        "mqtt", Mqtt(config_of(f'[mqtt]\nhost = "127.0.0.1"\nport = {broker}\nuser = "x"\n'), access), rest_s=0.01
    )
    delivery.start()
    while "отказал" not in delivery.trouble:
        time.sleep(0.01)
    delivery.close()


def test_buttons_over_the_network_need_a_name(config_of) -> None:
    """Buttons on a broker that asks nobody who they are is one line of the config that is refused."""
    with pytest.raises(ConfigError, match=r"mqtt\.buttons"):
        config_of('[mqtt]\nhost = "192.168.1.5"\nbuttons = true\n')
    with pytest.raises(ConfigError, match=r"mqtt\.prefix"):
        config_of('[mqtt]\nhost = "192.168.1.5"\nprefix = "a/#"\n')


@given(st.binary(max_size=40))
def test_no_bytes_of_a_broker_break_more_than_the_link(data: bytes) -> None:
    """Whatever comes is a packet, a wait for more, or PacketInvalid."""
    buffer = bytearray(data)
    try:
        while (packet := packets.split(buffer)) is not None:
            if packet.kind == packets.PUBLISH:
                packets.message_of(packet)
    except packets.PacketInvalid:
        pass


@given(st.text(max_size=30), st.binary(max_size=70_000), st.booleans())
def test_what_is_published_is_read_back(topic: str, payload: bytes, retain: bool) -> None:  # noqa: FBT001
    """Length, topic and payload survive, at every length of the length."""
    buffer = bytearray(packets.publish(topic, payload, retain=retain))
    if len(payload) > 60_000:
        return
    packet = packets.split(buffer)
    assert packet is not None
    assert Message(topic, payload, retain) == packets.message_of(packet)


def test_names_become_topics() -> None:
    """Russian names are written in Latin letters."""
    assert ["kpp_1", "vyezd", ""] == [slug(name) for name in ("КПП-1", "Выезд", "—")]
