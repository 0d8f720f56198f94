"""The site's thresholds: table `[policy]` of gate.toml, and what the core knows of a lane.

Durations are seconds of the monotonic clock; names that end in `_h` are hours. At an exit, a value should only change when the
gate opens, never whether it does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.rules.visit import ENTRY, EXIT, EntryRules, ExitRules
from core.setting import setting


class Direction(StrEnum):
    ENTRY = "entry"
    EXIT = "exit"


class Approach(StrEnum):
    """How a car that comes to the barrier moves in the picture of its lane."""

    AUTO = "auto"
    """To be learnt from the cars (`core.turn.state.LaneState.leads`)."""
    TOWARD = "toward"
    """It comes nearer."""
    AWAY = "away"
    """It goes away from the camera, which sees its back."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One camera's lane. All cars in it go one way, past one barrier. Two lanes may share a barrier."""

    name: str
    direction: Direction
    barrier: str
    approach: Approach = Approach.AUTO


@dataclass(frozen=True, slots=True)
class Policy:
    """How much evidence the gate needs before it opens, and when a visit is over."""

    open_confidence: float = setting(
        0.85, low=0.5, high=0.9999,
        help_ru="уверенность чтения номера, с которой шлагбаум может открыться",
        help_en="confidence of the read plate from which the barrier may open",
    )  # fmt: skip
    min_frames: int = setting(
        2, low=1, high=20,
        help_ru="сколько разных кадров должны сойтись на номере",
        help_en="how many different frames must agree on the plate",
    )  # fmt: skip
    sure_confidence: float = setting(
        0.99, low=0.9, high=1.0,
        help_ru="уверенность, с которой хватает одного близкого кадра; 1 — никогда",
        help_en="confidence from which one close frame is enough; 1 = never",
    )  # fmt: skip
    sure_width_px: int = setting(
        90, low=40, high=1000, unit="px",
        help_ru="ширина номера в кадре, с которой кадр считается близким",
        help_en="width of the plate in the picture from which a frame counts as close",
    )  # fmt: skip
    false_open_budget: float = setting(
        0.001, low=0.0, high=0.05,
        help_ru="допустимая по этому списку вероятность открыть чужому при сомнительном знаке; 0 — только точное совпадение",
        help_en="allowed probability, by this list, of opening for a stranger at a doubtful character; 0 = exact matches only",
    )  # fmt: skip
    near_max_characters: int = setting(
        1, low=0, high=2,
        help_ru="сколько знаков номера могут быть под сомнением, чтобы пропуск ещё подходил; неувиденные не подходят никогда",
        help_en="how many characters may be in doubt for a pass to match still; unseen ones never do",
    )  # fmt: skip
    max_frame_age_s: float = setting(
        1.5, low=0.1, high=10.0, unit="s",
        help_ru="по кадру старше этого шлагбаум не открывается",
        help_en="the barrier does not open on a frame older than this",
    )  # fmt: skip
    refuse_after_s: float = setting(
        2.5, low=0.2, high=60.0, unit="s",
        help_ru="через сколько после первого чтения называется отказ (позже он ещё может стать открытием)",
        help_en="how long after the first read a refusal is told (it may still become an opening)",
    )  # fmt: skip
    unreadable_after_s: float = setting(
        6.0, low=1.0, high=120.0, unit="s",
        help_ru="через сколько машина без прочитанного номера получает отказ",
        help_en="how long a vehicle without a readable plate waits for its refusal",
    )  # fmt: skip
    exit_presence_s: float = setting(
        0.5, low=0.0, high=10.0, unit="s",
        help_ru="сколько машина должна стоять на выезде, чтобы её выпустили",
        help_en="how long a vehicle must be seen at the exit to be let out",
    )  # fmt: skip
    visit_gap_s: float = setting(
        2.5, low=0.3, high=60.0, unit="s",
        help_ru="через сколько без машины в кадре визит окончен",
        help_en="a visit ends when its vehicle has not been seen for this long",
    )  # fmt: skip
    vehicle_visit_s: float = setting(
        1.5, low=0.2, high=60.0, unit="s",
        help_ru="сколько должна быть видна машина без номера, чтобы это был визит",
        help_en="how long a vehicle without a plate must be seen to be a visit",
    )  # fmt: skip
    same_car_s: float = setting(
        20.0, low=0.0, high=600.0, unit="s",
        help_ru="сколько после открытия тот же номер считается той же проезжающей машиной",
        help_en="how long after an opening the same plate is the same car driving through",
    )  # fmt: skip
    same_car_patience_s: float = setting(
        20.0, low=1.0, high=120.0, unit="s",
        help_ru="если пропущенная машина всё ещё стоит столько секунд, это новый визит",
        help_en="a car let through that stands there this long makes a new visit",
    )  # fmt: skip
    parked_after_s: float = setting(
        600.0, low=30.0, high=86400.0, unit="s",
        help_ru="машина, стоящая столько, считается припаркованной: визит окончен, нового нет, пока не уедет",
        help_en="a vehicle that stands this long is parked: its visit ends, and no new one starts until it has left",
    )  # fmt: skip
    request_ttl_s: float = setting(
        3.0, low=0.5, high=30.0, unit="s",
        help_ru="сколько живёт просьба открыть: позже реле её не исполнит",
        help_en="how long a request to open lives: the relay does not obey it later",
    )  # fmt: skip
    retry_after_s: float = setting(
        1.0, low=0.2, high=30.0, unit="s",
        help_ru="пауза перед повтором, если реле не открыло",
        help_en="pause before a retry when the relay did not open",
    )  # fmt: skip
    max_retries: int = setting(
        5, low=0, high=100,
        help_ru="сколько раз за визит повторять, если реле не открыло (на выезде — без предела)",
        help_en="retries in one visit when the relay did not open (no limit at the exit)",
    )  # fmt: skip
    anti_passback_h: float = setting(
        0.0, low=0.0, high=168.0, unit="h",
        help_ru="столько часов номер, который въехал и не выезжал, второй раз не впускается; 0 — впускается. Только там, где"
        " все въезды и выезды территории — проезды этого шлюза; выезд, которого не было видно, снимает запрет",
        help_en="for so many hours a plate that came in and did not leave is not let in again; 0 = it is. Only where all"
        " entries and exits of the territory are lanes of this gate; an exit that was not seen lifts the refusal",
    )  # fmt: skip
    convoy: bool = setting(
        False,
        help_ru="машине с пропуском открывать и тогда, когда предыдущая, уже пропущенная, ещё проезжает: стрела не падает между"
        " ними. Только для шлагбаума, у которого повторный импульс «открыть» не закрывает",
        help_en="open for a car with a pass also while the one ahead, let through already, is still driving in: the boom stays"
        " up between them. Only for a barrier that a second pulse to open does not close",
    )  # fmt: skip
    list_max_age_h: float = setting(
        0.0, low=0.0, high=8760.0, unit="h",
        help_ru="старше этого список облака больше не пускает; 0 — действует всегда, запись называет его возраст",
        help_en="a cloud list older than this admits nobody; 0 = it holds for ever, the record names its age",
    )  # fmt: skip
    list_max_age_open_ended_h: float = setting(
        0.0, low=0.0, high=8760.0, unit="h",
        help_ru="то же для бессрочных пропусков; 0 — действуют всегда",
        help_en="the same for open-ended passes; 0 = they hold for ever",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Site:
    """What the gate is told once, at start. `run_id` makes visit ids unique between runs; a replay sets its own."""

    lanes: tuple[Lane, ...]
    policy: Policy = Policy()
    run_id: str = "replay"
    entry: EntryRules = ENTRY
    exit: ExitRules = EXIT

    def rules(self, direction: Direction) -> EntryRules | ExitRules:
        """The rules for a lane of that direction."""
        return self.exit if direction is Direction.EXIT else self.entry

    def lane(self, name: str) -> Lane | None:
        return next((lane for lane in self.lanes if lane.name == name), None)
