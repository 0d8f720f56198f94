"""What counts as moving, standing or cut off: numbers for `motion`, `track` and `standstill` in `core.visit`."""

from __future__ import annotations

from dataclasses import dataclass

from core.setting import setting


@dataclass(frozen=True, slots=True)
class MotionRules:
    """Rules about boxes in a picture, whatever is read in them."""

    moved_widths: float = setting(
        0.5, low=0.05, high=5.0,
        help_ru="на столько своих ширин сместился номер машины, которая тронулась",
        help_en="the plate of a vehicle that moved has shifted by so many of its widths",
    )  # fmt: skip
    moved_ratio: float = setting(
        1.3, low=1.05, high=5.0,
        help_ru="или стал во столько раз шире или уже",
        help_en="or has become so many times as wide or as narrow",
    )  # fmt: skip
    moved_frames: int = setting(
        2, low=1, high=20,
        help_ru="столько кадров подряд она должна быть в другом месте: одна рамка может быть прихотью детектора",
        help_en="it must be elsewhere in so many frames, one after the other: one box may be the detector's whim",
    )  # fmt: skip
    travelled_widths: float = setting(
        0.8, low=0.05, high=5.0,
        help_ru="номер, сместившийся на столько ширин, — на машине: рамка вывески только дрожит",
        help_en="a plate that moved so many widths is on a vehicle; a sign's box only trembles",
    )  # fmt: skip
    travelled_ratio: float = setting(
        1.6, low=1.05, high=5.0,
        help_ru="или ставший во столько раз шире или уже",
        help_en="or one that came or went so many times as near",
    )  # fmt: skip
    standstill_iou: float = setting(
        0.8, low=0.1, high=1.0,
        help_ru="силуэт, настолько совпадающий с прежним, не двигался",
        help_en="foreground that overlaps its earlier box this much has not moved",
    )  # fmt: skip
    same_place_iou: float = setting(
        0.6, low=0.1, high=1.0,
        help_ru="силуэт, настолько совпадающий с местом, где в последний раз был виден номер, — та же машина",
        help_en="foreground that overlaps the place where the plate was last seen this much is the same vehicle",
    )  # fmt: skip
    full_width: float = setting(
        0.95, low=0.5, high=1.0,
        help_ru="силуэт на такую долю ширины картинки — поток или дождь и не говорит, что кто-то стоит",
        help_en="foreground across this share of the picture's width is traffic or rain, and says of nothing that it stands",
    )  # fmt: skip
    edge_share: float = setting(
        0.02, low=0.0, high=0.2,
        help_ru="доли ширины и высоты картинки, которые считаются её краем",
        help_en="shares of the picture's width and height that count as its edge",
    )  # fmt: skip
    rim_share: float = setting(
        0.15, low=0.0, high=1.0,
        help_ru="на столько своей ширины и высоты силуэт может быть меньше машины",
        help_en="shares of its width and height by which a foreground may be too small for its car",
    )  # fmt: skip
    corner_share: float = setting(
        0.2, low=0.0, high=0.5,
        help_ru="в такой крайней доле картинки, и вширь и ввысь, бывают водяные знаки и часы",
        help_en="in this outer share of the picture, both across and down, are watermarks and clocks",
    )  # fmt: skip
    track_window_s: float = setting(
        1.5, low=0.3, high=10.0, unit="s",
        help_ru="более старые рамки не говорят, куда машина едет сейчас",
        help_en="older boxes say nothing of which way a thing goes now",
    )  # fmt: skip
    track_spacing_s: float = setting(
        0.09, low=0.0, high=1.0, unit="s",
        help_ru="рамки чаще этого не хранятся: больше они не скажут",
        help_en="boxes closer in time are not kept: more of them say no more",
    )  # fmt: skip
    track_span_s: float = setting(
        0.25, low=0.0, high=5.0, unit="s",
        help_ru="рамки за меньшее время ничего не говорят о движении",
        help_en="boxes over a shorter time say nothing of movement",
    )  # fmt: skip
    size_change: float = setting(
        0.08, low=0.0, high=1.0,
        help_ru="такая прибавка или потеря ширины — приближение или удаление; рамки детектора дрожат на 3 %",
        help_en="so much of its width gained or lost is coming nearer or going away; a detector's boxes tremble by 3 %",
    )  # fmt: skip
    small_size_change: float = setting(
        0.03, low=0.0, high=1.0,
        help_ru="хватит и такой, если номер при этом опускался или поднимался по картинке",
        help_en="less will do where the thing also moved down or up the picture",
    )  # fmt: skip
    rise_widths: float = setting(
        0.15, low=0.0, high=5.0,
        help_ru="на столько своих ширин",
        help_en="by so many of its widths",
    )  # fmt: skip
    still_s: float = setting(
        1.0, low=0.1, high=10.0, unit="s",
        help_ru="кто столько времени почти не менялся, стоит",
        help_en="what has hardly changed for so long stands still",
    )  # fmt: skip
    still_size_change: float = setting(
        0.05, low=0.0, high=1.0,
        help_ru="то есть шириной не больше этого",
        help_en="that is, by no more of its width than this",
    )  # fmt: skip
    still_widths: float = setting(
        0.15, low=0.0, high=5.0,
        help_ru="и местом не больше, чем на столько своих ширин",
        help_en="nor in place by more than so many of its widths",
    )  # fmt: skip
    steady_boxes: int = setting(
        6, low=3, high=100,
        help_ru="по скольким рамкам видно, что номер едет, а не прыгает между надписями",
        help_en="boxes that tell a plate that drives from one that jumps between scraps of text",
    )  # fmt: skip
    steady_share: float = setting(
        0.25, low=0.0, high=1.0,
        help_ru="и насколько, в долях пройденного, каждая может быть в стороне от прямой",
        help_en="and how far each may be off a straight line, in shares of the way",
    )  # fmt: skip
    steady_leap: float = setting(
        0.6, low=0.2, high=1.0,
        help_ru="и какую долю пройденного номер мог пройти между двумя рамками: больше — прыжок между надписями",
        help_en="and the share of the way that may lie between two boxes: more is a jump from one scrap to another",
    )  # fmt: skip
