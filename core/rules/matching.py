"""What belongs to which car: numbers for `core.visit.tracking`, `core.turn.lane` and `core.turn.recent`."""

from __future__ import annotations

from dataclasses import dataclass

from core.rules.motion import MotionRules
from core.setting import setting


@dataclass(frozen=True, slots=True)
class MatchingRules(MotionRules):
    """Rules about which plates and foreground belong to one vehicle, and which to two."""

    sure_text: float = setting(
        0.7, low=0.0, high=1.0,
        help_ru="с этой уверенности текст говорит, что два номера разные",
        help_en="from this confidence on, a text can say that two plates are different",
    )  # fmt: skip
    certain_text: float = setting(
        0.9, low=0.0, high=1.0,
        help_ru="с этой, у обоих, один разный знак — уже другой номер (машины одного парка)",
        help_en="from this confidence on, of both, one differing character is another plate (cars of one fleet)",
    )  # fmt: skip
    different_characters: int = setting(
        3, low=1, high=9,
        help_ru="уверенные тексты с такой разницей — два номера и на одном месте: машина сразу за машиной",
        help_en="sure texts this far apart are two plates, also at the same place: one car directly behind another",
    )  # fmt: skip
    sure_character: float = setting(
        0.9, low=0.0, high=1.0,
        help_ru="знак с такой вероятностью увиден, как бы мало ни было видно остальных",
        help_en="a character at least so probable is seen, however little is seen of the others",
    )  # fmt: skip
    place_for_s: float = setting(
        1.0, low=0.0, high=30.0, unit="s",
        help_ru="потом место само уже не делает другой текст номером той же машины: следующая встаёт, где стояла прежняя",
        help_en="after that a place alone makes no other text its own: the next car stands where the last one stood",
    )  # fmt: skip
    reach_widths: float = setting(
        1.2, low=0.1, high=10.0,
        help_ru="на сколько своих ширин номер может сместиться между кадрами",
        help_en="how far a plate may move between two frames, in widths of its own",
    )  # fmt: skip
    reach_widths_per_s: float = setting(
        3.0, low=0.0, high=30.0,
        help_ru="и на сколько ещё за каждую секунду между ними",
        help_en="and how much further for every second between them",
    )  # fmt: skip
    most_reach_widths: float = setting(
        5.0, low=0.1, high=50.0,
        help_ru="но не дальше этого",
        help_en="but no further than this",
    )  # fmt: skip
    size_ratio: float = setting(
        2.0, low=1.0, high=10.0,
        help_ru="во столько раз разные по ширине номера — не один и тот же",
        help_en="plates that differ so many times in width are not the same",
    )  # fmt: skip
    driving_on_s: float = setting(
        4.0, low=0.0, high=60.0, unit="s",
        help_ru="столько после того, как номер пропал из виду, едущий силуэт — ещё та же машина",
        help_en="how long after its plate was last seen a moving vehicle still is that car",
    )  # fmt: skip
    apart_s: float = setting(
        0.5, low=0.0, high=10.0, unit="s",
        help_ru="две машины порознь, если столько времени между ними ничего не видно",
        help_en="two vehicles are apart when nothing is in view between them for so long",
    )  # fmt: skip
    told_confidence: float = setting(
        0.5, low=0.0, high=1.0,
        help_ru="номер, прочитанный менее уверенно, не говорит, чья это машина",
        help_en="a plate read with less says nothing of whose it is",
    )  # fmt: skip
