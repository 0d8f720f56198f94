"""One number of the rules changed at a time, over clips whose right answer is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import FileUnusable
from core.events import FrameRead
from core.geometry import Box
from core.rules.policy import Direction
from models.training.clips.equivalence import Sights, instant, write_sights
from models.training.clips.sweep import Asked, Number, as_markdown, draw, matters, numbers, outcome, read_asked
from tests.core.conftest import make_read

STANDS_S = 4.0


@pytest.fixture
def shown(tmp_path: Path) -> list[tuple[Asked, Path]]:
    """A car without a plate that stands at the exit for four seconds, and is gone."""
    frames = tuple(
        FrameRead(
            "lane", instant(i / 10), i / 10, i, (1280, 720), (),
            Box(200, 100, 500, 450) if i < STANDS_S * 10 else None, frozen=False,
        )
        for i in range(80)
    )  # fmt: skip
    target = tmp_path / "leaves.exit.sights"
    write_sights(Sights("leaves", Direction.EXIT, (), frames), target)
    return [(Asked(tmp_path / "leaves.mp4", Direction.EXIT, (), "open_once"), target)]


def test_every_declared_number_is_varied_within_its_range() -> None:
    """Each has its default among its values, and none beyond what its declaration allows."""
    known = numbers()

    assert {"direction_s", "exit_presence_s", "moved_widths", "sure_text"} <= known.keys()
    for number in known.values():
        assert number.default in number.values, number.name
        assert all(number.low <= value <= number.high for value in number.values), number.name


def test_whole_numbers_stay_whole() -> None:
    """A count of frames is no fraction."""
    assert Number("hits", 3, 1, 20, "").values == (1, 2, 3, 6, 12)


def test_a_value_that_opens_later_matters(shown: list[tuple[Asked, Path]]) -> None:
    """The exit lets out after half a second, and with a longer presence later: the values are told apart."""
    ours = outcome(shown, ("exit_presence_s", 0.5))
    late = outcome(shown, ("exit_presence_s", 2 * STANDS_S))

    assert (ours.wrong, ours.missed, ours.first_s) == (0, 0, 0.5)
    assert late.first_s is not None
    assert late.first_s > 0.5
    assert matters([ours, late])
    assert not matters([ours, ours])


def test_somebody_not_let_through_is_counted_as_missed(tmp_path: Path) -> None:
    """Who should have been let out and was not is counted, and has no time of opening."""
    target = tmp_path / "empty.exit.sights"
    nothing = FrameRead("lane", instant(0.0), 0.0, 0, (1280, 720), (), None, frozen=False)
    write_sights(Sights("empty", Direction.EXIT, (), (nothing,)), target)

    missed = outcome([(Asked(tmp_path / "empty.mp4", Direction.EXIT, (), "open"), target)], ("exit_presence_s", 0.5))

    assert (missed.wrong, missed.missed, missed.first_s) == (0, 1, None)


def test_an_opening_that_must_not_be_is_counted_as_wrong(shown: list[tuple[Asked, Path]]) -> None:
    """The same clip, asked for no opening."""
    ((one, sights),) = shown
    forbidden = [(Asked(one.clip, one.direction, (), "no_open"), sights)]

    assert outcome(forbidden, ("exit_presence_s", 0.5)).wrong == 1


def test_a_clip_is_asked_of_with_each_list_anew(tmp_path: Path) -> None:
    """What the camera saw is kept once; whose pass it is asked with is the question's, not that of whoever looked first."""
    frames = tuple(
        FrameRead(
            "lane", instant(i / 10), i / 10, i, (1280, 720),
            (make_read("A123BC77", x=300, y=250 + 8 * i, w=90 + 3 * i, look=i % 5),), None, frozen=False,
        )
        for i in range(30)
    )  # fmt: skip
    target = tmp_path / "comes.entry.sights"
    write_sights(Sights("comes", Direction.ENTRY, ("A123BC77",), frames), target)
    listed = Asked(tmp_path / "comes.mp4", Direction.ENTRY, ("A123BC77",), "open_once")
    another = Asked(tmp_path / "comes.mp4", Direction.ENTRY, ("B555BB77",), "no_open")

    found = outcome([(listed, target), (another, target)], ("min_frames", 2))

    assert (found.wrong, found.missed) == (0, 0)


def test_the_report_shows_what_matters_and_names_what_does_not(shown: list[tuple[Asked, Path]], tmp_path: Path) -> None:
    """A number that changes nothing here has no rows, and is named."""
    known = numbers()
    found = {
        known["exit_presence_s"]: [outcome(shown, ("exit_presence_s", value)) for value in (0.5, 8.0)],
        known["sure_text"]: [outcome(shown, ("sure_text", value)) for value in (0.5, 0.7)],
    }

    text = as_markdown(found, clips=1, command="sweep")
    draw(found, tmp_path / "sweep.png")

    assert "| exit_presence_s | 0.5 s (ours) | 0 | 0 | 0.50 |" in text
    assert "`sure_text`" in text.splitlines()[-1]
    assert (tmp_path / "sweep.png").stat().st_size > 0


def test_clips_and_their_truth_are_read_from_a_table(tmp_path: Path) -> None:
    """Rows whose answer is of pictures are left out, a table without its columns is named."""
    (tmp_path / "situations.csv").write_text(
        "kind,file,lane,passes,must\na,one.mp4,entry,A001AA77;B002BB77,no_open\nb,two.jpg,,,no_accept\n", "utf-8"
    )
    assert read_asked(tmp_path) == [Asked(tmp_path / "one.mp4", Direction.ENTRY, ("A001AA77", "B002BB77"), "no_open")]

    (tmp_path / "situations.csv").write_text("kind,file\n", "utf-8")
    with pytest.raises(FileUnusable):
        read_asked(tmp_path)
