"""Settings of barriers. `edge.config` reads gate.toml into these by reflection."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.setting import setting
from core.words.language import say
from relay.driver_problems import http_problems, wiegand_problems
from relay.input_settings import InputSettings

DRIVERS = ("gpio", "lcus", "kmtronic", "modbus", "numato", "http", "wiegand", "simulated")
SERIAL_DRIVERS = ("lcus", "kmtronic", "modbus", "numato")
CHANNELS = {"lcus": (1, 255), "kmtronic": (1, 8), "modbus": (1, 32), "numato": (0, 31)}
"""First and last relay number of the boards that number their relays."""
BOARD_INPUTS = {"modbus": (1, 32), "numato": (0, 31), "simulated": (0, 255)}
"""First and last input of the boards that have inputs."""


@dataclass(frozen=True, slots=True)
class BarrierSettings:
    """One `[[barrier]]`: where its OPEN contact is and how long it is closed."""

    name: str = setting(help_ru="имя шлагбаума, на которое ссылаются полосы", help_en="name that lanes refer to")
    driver: str = setting(
        "simulated", choices=DRIVERS, help_ru="чем замыкается контакт «Открыть»", help_en="what closes the OPEN contact"
    )
    port: str = setting(
        "",
        help_ru="последовательный порт платы; лучше путь из /dev/serial/by-path",
        help_en="serial port of the board; a /dev/serial/by-path path is best",
    )
    channel: int = setting(
        1,
        low=0,
        high=255,
        help_ru="номер реле, как напечатано на плате",
        help_en="relay number as printed on the board",
    )
    board_channels: int = setting(
        1, low=1, high=32, help_ru="сколько реле на плате", help_en="how many relays the board has"
    )
    pin: int | None = setting(
        None, low=0, high=53, help_ru="GPIO: номер ножки по BCM", help_en="GPIO: pin number, BCM numbering"
    )
    active: str = setting(
        "high",
        choices=("high", "low"),
        help_ru="GPIO: уровень, при котором реле замкнуто",
        help_en="GPIO: the level at which the relay is closed",
    )
    pin_d1: int | None = setting(
        None,
        low=0,
        high=53,
        help_ru="wiegand: ножка линии D1; D0 — в pin",
        help_en="wiegand: pin of line D1; D0 is in pin",
    )
    wiegand_bits: str = setting(
        "26", choices=("26", "34"), help_ru="wiegand: сколько бит в посылке", help_en="wiegand: bits of a frame"
    )
    facility: int = setting(
        0,
        low=0,
        high=65535,
        help_ru="wiegand: код объекта (facility); при 26 битах до 255",
        help_en="wiegand: facility code; up to 255 with 26 bits",
    )
    card: int = setting(
        0,
        low=0,
        high=65535,
        help_ru="wiegand: номер карты, которую контроллеру занесли для этого шлагбаума",
        help_en="wiegand: number of the card that the controller has for this barrier",
    )
    pulse_s: float = setting(
        0.7, low=0.2, high=5.0, unit="s", help_ru="длительность импульса «Открыть»", help_en="length of the OPEN pulse"
    )
    min_gap_s: float = setting(
        1.5,
        low=0.5,
        high=60.0,
        unit="s",
        help_ru="пауза после импульса, раньше которой новый не начнётся",
        help_en="pause after a pulse before the next may begin",
    )
    hold_mode: str = setting(
        "maintain",
        choices=("maintain", "repeat"),
        help_ru="удержание: контакт замкнут всё время или импульсы повторяются",
        help_en="hold: contact kept closed, or the pulse repeated",
    )
    hold_repeat_s: float = setting(
        10.0,
        low=2.0,
        high=600.0,
        unit="s",
        help_ru='через сколько повторять импульс при hold_mode = "repeat"',
        help_en='period of the pulses when hold_mode = "repeat"',
    )
    max_hold_minutes: float = setting(
        240.0,
        low=1.0,
        high=1440.0,
        unit="min",
        help_ru="дольше этого шлагбаум не удерживается ни по какой просьбе",
        help_en="no request holds the barrier open longer than this",
    )
    open_within_s: float = setting(
        15.0,
        low=1.0,
        high=120.0,
        unit="s",
        help_ru="за сколько шлагбаум должен открыться (по концевику)",
        help_en="the barrier must be open within this time (limit switches)",
    )
    left_open_s: float = setting(
        180.0,
        low=5.0,
        high=86400.0,
        unit="s",
        help_ru="через сколько незакрытый шлагбаум считается забытым открытым (по концевику)",
        help_en="after this time an unclosed barrier is reported as left open (limit switches)",
    )
    read_back: str = setting(
        "auto",
        choices=("auto", "ascii", "binary", "op05", "none"),
        help_ru="lcus: как плата отвечает о состоянии; auto — узнать при подключении",
        help_en="lcus: how the board reports its state; auto = probed when connected",
    )
    modbus_dialect: str = setting(
        "waveshare",
        choices=("waveshare", "lctech", "coil", "0100"),
        help_ru="modbus: разновидность платы; waveshare и lctech отмеряют импульс сами",
        help_en="modbus: kind of board; waveshare and lctech time the pulse themselves",
    )
    modbus_unit: int = setting(
        0,
        low=0,
        high=255,
        help_ru="modbus: адрес платы; 0 — обычный для неё (waveshare 1, lctech 255)",
        help_en="modbus: unit address; 0 = the usual one (waveshare 1, lctech 255)",
    )
    baud: int = setting(9600, low=1200, high=921600, help_ru="скорость порта", help_en="baud rate of the port")
    http_method: str = setting(
        "GET", choices=("GET", "POST", "PUT"), help_ru="http: метод запроса", help_en="http: request method"
    )
    http_pulse_url: str = setting(
        "",
        help_ru="http: адрес импульса, который отмеряет само устройство; {pulse_s} — его длительность",
        help_en="http: URL of a pulse timed by the device itself; {pulse_s} is its length",
    )
    http_on_url: str = setting("", help_ru="http: адрес «замкнуть»", help_en="http: URL that closes the contact")
    http_off_url: str = setting("", help_ru="http: адрес «разомкнуть»", help_en="http: URL that opens the contact")
    http_pulse_body: str = setting("", help_ru="http: тело запроса импульса", help_en="http: body of the pulse request")
    http_on_body: str = setting("", help_ru="http: тело запроса «замкнуть»", help_en="http: body of the ON request")
    http_off_body: str = setting("", help_ru="http: тело запроса «разомкнуть»", help_en="http: body of the OFF request")
    http_state_url: str = setting(
        "", help_ru="http: адрес, где устройство говорит о реле", help_en="http: URL that tells the relay's state"
    )
    http_state_on: str = setting(
        "", help_ru="http: текст ответа при замкнутом реле", help_en="http: text in the answer when the relay is on"
    )
    http_state_off: str = setting(
        "", help_ru="http: текст ответа при разомкнутом реле", help_en="http: text in the answer when the relay is off"
    )
    http_authorization: str = setting(
        "",
        secret=True,
        help_ru="http: заголовок Authorization",
        help_en="http: the Authorization header",
    )

    def problems(self) -> tuple[tuple[str, str], ...]:
        """Keys that conflict: pairs of the key and what is wrong and allowed."""
        found: list[tuple[str, str]] = []
        if self.driver in SERIAL_DRIVERS and not self.port:
            found.append(
                ("port", say('для driver = "{driver}" нужен порт, например /dev/serial/by-path/…', driver=self.driver))
            )
        if self.driver == "gpio" and self.pin is None:
            found.append(("pin", say('для driver = "gpio" нужен номер ножки BCM, от 0 до 53')))
        if self.driver == "wiegand":
            found += wiegand_problems(self)
        low, high = CHANNELS.get(self.driver, (0, 255))
        if not low <= self.channel <= high:
            found.append(("channel", say("реле этой платы считаются с {low} до {high}", low=low, high=high)))
        if self.driver == "http":
            found += http_problems(self)
        return tuple(found)


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """`[relay]`: settings of the relay process itself."""

    socket_group: str = setting(
        "",
        help_ru="группа, которой тоже можно просить открыть; пусто — только тот же пользователь",
        help_en="group that may also ask; empty = the same user only",
    )
    max_ttl_s: float = setting(
        10.0,
        low=0.5,
        high=60.0,
        unit="s",
        help_ru="дольше этого просьба не ждёт, что бы в ней ни стояло",
        help_en="no request lives longer than this, whatever it says",
    )
    max_clients: int = setting(
        32, low=2, high=1000, help_ru="сколько программ обслуживается сразу", help_en="clients served at once"
    )
    spool_events: int = setting(
        2000,
        low=10,
        high=100000,
        help_ru="сколько событий хранить, пока gate run их не записал",
        help_en="events kept until gate run has journalled them",
    )


@dataclass(frozen=True, slots=True)
class LaneRoute:
    """Which barrier a lane opens; `edge.config` derives it from `[[lane]]`."""

    name: str
    direction: str
    """`entry` or `exit`."""
    barrier: str


@dataclass(frozen=True, slots=True)
class RelayPlan:
    """Everything the relay process needs to know. `relay.plan.check` finds conflicts in it."""

    state_dir: str
    barriers: tuple[BarrierSettings, ...]
    lanes: tuple[LaneRoute, ...] = ()
    inputs: tuple[InputSettings, ...] = ()
    relay: RelaySettings = field(default_factory=RelaySettings)

    def barrier_of(self, lane: str) -> str | None:
        """The name of the barrier that `lane` opens."""
        return next((route.barrier for route in self.lanes if route.name == lane), None)
