"""The rules that make a vehicle, a visit and an opening out of what is seen in a lane: two frozen sets, entry and exit.

They are declared like settings, so every number has a name, a unit, a range and a reason, but they are not keys of
gate.toml. The entry needs evidence to open; the exit needs evidence to stay shut. Where the two differ, they differ
here and nowhere else. `Policy` holds what a site may change.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.rules.matching import MatchingRules
from core.setting import setting


@dataclass(frozen=True, slots=True)
class Rules(MatchingRules):
    """The rules of both directions."""

    standing_unseen_s: float = setting(
        43_200.0, low=0.0, high=604_800.0, unit="s",
        help_ru="сколько пропущенная машина, заслонённая или потерянная из виду, считается стоящей там же",
        help_en="how long a car opened for, covered or lost from view, is taken to stand where it was last seen",
    )  # fmt: skip
    settled_s: float = setting(
        1.0, low=0.0, high=30.0, unit="s",
        help_ru="чтения стоящей машины, совпадающие столько времени, — ещё один согласный кадр, хоть картинки и одинаковы",
        help_en="reads of a standing car that agree this long count as one more agreeing frame, also when the pictures look"
        " the same",
    )  # fmt: skip
    stationary_s: float = setting(
        5.0, low=0.5, high=120.0, unit="s",
        help_ru="что видно столько, не двигаясь и не став визитом, — вывеска или стоянка",
        help_en="what is in view for so long, and has neither moved nor become a visit, is a sign or a parked car",
    )  # fmt: skip
    nearer_widths: float = setting(
        1.15, low=1.0, high=5.0,
        help_ru="номер во столько раз шире, и ниже в картинке, — на машине ближе к шлагбауму",
        help_en="a plate so many times as wide, and lower in the picture, is on a vehicle nearer to the barrier",
    )  # fmt: skip
    nearer_seen_s: float = setting(
        1.0, low=0.0, high=30.0, unit="s",
        help_ru="столько после того, как её номер виден в последний раз, она ещё стоит впереди",
        help_en="so long after its plate was last seen that one still stands in front",
    )  # fmt: skip
    nearer_confidence: float = setting(
        0.3, low=0.0, high=1.0,
        help_ru="что не читается и настолько, — не машина впереди, какое бы большое ни было",
        help_en="what reads with less, however large, does not count as a car in front",
    )  # fmt: skip
    capture_skew_s: float = setting(
        0.05, low=0.0, high=1.0, unit="s",
        help_ru="на столько кадр может казаться снятым позже события: два чтения одних часов",
        help_en="a frame may seem captured so much after the event was made: two readings of one clock",
    )  # fmt: skip
    approach_cars: int = setting(
        5, low=1, high=1000,
        help_ru="столько машин должно встать, отъехав от камеры, чтобы считать, что полоса туда и ведёт",
        help_en="so many vehicles must have stood after going away from the camera before the lane is taken to lead that way",
    )  # fmt: skip
    approach_odds: int = setting(
        4, low=1, high=1000,
        help_ru="и во столько раз больше, чем приблизившись",
        help_en="and so many times as many as came nearer",
    )  # fmt: skip
    approach_memory: int = setting(
        40, low=2, high=10000,
        help_ru="сколько машин для этого помнится",
        help_en="vehicles remembered for it",
    )  # fmt: skip
    most_restarts: int = setting(
        3, low=0, high=20,
        help_ru="сколько ещё раз открыть неподвижной машине, о которой петля (на выезде и силуэт) говорит, что не проехала",
        help_en="further openings for a car that does not move, but of which a loop, or its outline at the exit, says that"
        " it has not passed",
    )  # fmt: skip
    illegible_confidence: float = setting(
        0.3, low=0.0, high=1.0,
        help_ru="номер, прочитанный менее уверенно, почти не читается",
        help_en="a plate read with less hardly reads",
    )  # fmt: skip
    illegible_hits: int = setting(
        6, low=1, high=100,
        help_ru="в скольких кадрах должен быть виден номер, который почти не читается, чтобы в него поверить",
        help_en="frames in which a plate that hardly reads must be seen before it is believed to be one",
    )  # fmt: skip
    illegible_width_px: float = setting(
        45.0, low=10.0, high=500.0, unit="px",
        help_ru="такой широкий номер, и не прочитан, — визит без номера; уже — просто далеко",
        help_en="a plate so wide that cannot be read makes an unreadable visit; a smaller one is only far away",
    )  # fmt: skip
    trailing_standstill_s: float = setting(
        5.0, low=0.5, high=60.0, unit="s",
        help_ru="сколько должна простоять машина без номера следом за другой, чтобы это была ещё одна",
        help_en="a vehicle without a plate in the wake of another is met as a new one when it has stood so long",
    )  # fmt: skip
    echo_patience_s: float = setting(
        120.0, low=0.0, high=600.0, unit="s",
        help_ru="сколько ждёт машина, похожая на только что пропущенную (не дольше policy.same_car_patience_s)",
        help_en="how long a car that looks like one just let through waits (no longer than policy.same_car_patience_s)",
    )  # fmt: skip
    arrived_frames: int = setting(
        2, low=1, high=20,
        help_ru="во скольких кадрах подряд стоявшая с открытия машина должна быть видна в другом месте, чтобы ей открыть снова",
        help_en="frames, one after the other, in which a car that stood since its opening must be seen elsewhere to have"
        " arrived anew",
    )  # fmt: skip
    came_back_s: float = setting(
        5.0, low=1.0, high=60.0, unit="s",
        help_ru="только что пропущенная машина видна снова так долго — она вернулась: проезжающей уже не было бы",
        help_en="a car just opened for that is seen again for so long has come back; one that drives on is gone by then",
    )  # fmt: skip
    part_size: float = setting(
        0.75, low=0.1, high=1.0,
        help_ru="настолько близки по ширине надписи на одной машине",
        help_en="things read on the face of one car are this much alike in width",
    )  # fmt: skip
    part_aside_widths: float = setting(
        0.5, low=0.0, high=5.0,
        help_ru="и не дальше друг от друга вбок, в ширинах номера",
        help_en="and no further apart sideways, in widths of the plate",
    )  # fmt: skip
    part_above_widths: float = setting(
        1.5, low=0.0, high=5.0,
        help_ru="и по высоте, в ширинах номера",
        help_en="and one above the other, in widths of the plate",
    )  # fmt: skip

    witness_s: float = setting(
        1.0, low=0.0, high=10.0, unit="s",
        help_ru="насколько раньше или позже нашего взгляда на номер могла смотреть распознающая камера, чтобы это был тот же проезд",
        help_en="how much before or after our own looks at the plate a recognising camera may have looked to mean the same passage",
    )  # fmt: skip
    witness_age_s: float = setting(
        5.0, low=0.5, high=30.0, unit="s",
        help_ru="чтение самой камеры, дошедшее позже, не считается",
        help_en="a reading of the camera's own that comes later than this is not counted",
    )  # fmt: skip
    witness_skew_s: float = setting(
        2.0, low=0.0, high=10.0, unit="s",
        help_ru="настолько часы камеры могут спешить: время она пишет целыми секундами",
        help_en="so far the camera's clock may be ahead: it tells time in whole seconds",
    )  # fmt: skip
    witness_kept_s: float = setting(
        30.0, low=5.0, high=300.0, unit="s",
        help_ru="сколько помнить сказанное камерой, чтобы записать его с визитом",
        help_en="how long what a camera said is kept, to be written down with the visit",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class EntryRules(Rules):
    """The entry: what is not known opens nothing. A vehicle is judged on frames that show its plate."""


@dataclass(frozen=True, slots=True)
class ExitRules(Rules):
    """The exit: what is not known keeps nobody in. A vehicle that waits or approaches is let out, read or not."""

    standing_unseen_s: float = setting(
        3_600.0, low=0.0, high=604_800.0, unit="s",
        help_ru="то же на выезде: давнее открытие не держит того, кто вернулся и выезжает снова",
        help_en="the same at the exit: no longer, lest an opening long ago keep in a car that has come back and leaves",
    )  # fmt: skip
    arrived_frames: int = setting(
        1, low=1, high=20,
        help_ru="то же на выезде: кто уезжает, может показаться и в одном кадре",
        help_en="the same at the exit: one that leaves may show in no more",
    )  # fmt: skip
    echo_patience_s: float = setting(
        5.0, low=0.0, high=600.0, unit="s",
        help_ru="то же на выезде",
        help_en="the same at the exit",
    )  # fmt: skip
    trailing_patience_s: float = setting(
        15.0, low=1.0, high=120.0, unit="s",
        help_ru="что столько времени видно следом за машиной — ещё одна, стоит она или нет, а не порыв дождя",
        help_en="what is vehicle-sized for so long in the wake of a vehicle is another, moved or not, and no squall",
    )  # fmt: skip
    staying_s: float = setting(
        15.0, low=1.0, high=120.0, unit="s",
        help_ru="силуэт, не исчезавший столько времени, — машина, какую бы надпись или стоянку он ни заслонял",
        help_en="what has been vehicle-sized without a break for so long is a vehicle, whatever sign or parked car it covers",
    )  # fmt: skip
    direction_s: float = setting(
        0.8, low=0.0, high=5.0, unit="s",
        help_ru="сколько ждать, чтобы понять, куда едет номер; потом выпускается всё, что не едет в другую сторону",
        help_en="how long to wait to know which way a plate goes; then what is not known to go the other way is let out",
    )  # fmt: skip
    edge_direction_s: float = setting(
        3.0, low=0.0, high=15.0, unit="s",
        help_ru="то же для машины без номера, обрезанной краем картинки: она, может быть, только въезжает в кадр",
        help_en="the same for a vehicle without a plate that the picture's edge cuts off: it may only be coming into view",
    )  # fmt: skip
    given_up_s: float = setting(
        3.0, low=0.5, high=30.0, unit="s",
        help_ru="силуэт, простоявший столько после того, как номер уехал в другую сторону, — машина, которая ждёт",
        help_en="foreground that stands so long, after a plate that went the other way was lost, is a vehicle that waits",
    )  # fmt: skip
    other_way_s: float = setting(
        15.0, low=1.0, high=120.0, unit="s",
        help_ru="через столько после того, как номер уехал в другую сторону, видна уже не та машина",
        help_en="so long after a plate that went the other way was lost, what is in view is no longer that car",
    )  # fmt: skip
    stirring_s: float = setting(
        1.0, low=0.0, high=10.0, unit="s",
        help_ru="сколько после открытия силуэт той же машины ещё может меняться",
        help_en="so long after its opening the outline of the vehicle opened for may still settle",
    )  # fmt: skip


ENTRY = EntryRules()
EXIT = ExitRules()
