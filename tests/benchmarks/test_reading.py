"""The benchmark of gate reading: what is sealed, how a reader is asked, what counts as a wrong open."""

from __future__ import annotations

import functools
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.reading import __main__ as command
from benchmarks.reading import asking, cases, drawing, results, seal
from benchmarks.reading.asking import Said
from benchmarks.reading.scoring import ALL, Score, scores
from core.errors import FileUnusable

DOCS = Path(__file__).resolve().parents[2] / "docs"


def a_mark(text: str = "A123BC77", *, tellable: bool = True) -> seal.Mark:
    return seal.Mark(text, tellable, "", (0.0,) * 4)


def sure(text: str, confidence: float = 0.99) -> Said:
    return Said(text, confidence, accepted=True)


def unsure(text: str, confidence: float = 0.5) -> Said:
    return Said(text, confidence, accepted=False)


def one(truth: seal.Mark, *said: Said) -> Score:
    return scores({"clear/00000.jpg": truth}, {"clear/00000.jpg": said})[ALL]


@functools.cache
def first(name: str) -> tuple[cases.Shot, ...]:
    """The pictures of the first case of a set."""
    draw, _ = drawing.SETS[name]
    return tuple(draw(1))


@pytest.mark.parametrize("name", drawing.SETS)
def test_what_is_drawn_holds_against_the_seal(name: str) -> None:
    """The first case of each set is what was sealed: else whoever changed the drawing has to seal and measure anew."""
    marks = {
        f"{name}/{shot.group}{f'-{place}' if name == 'visits' else ''}.jpg": seal.mark(
            shot.picture, shot.text, tellable=shot.tellable
        )
        for place, shot in enumerate(first(name), 1)
    }
    compared = seal.compared(marks, seal.read())
    assert compared.other == ()
    assert len(marks) == compared.same + compared.drawn_elsewhere


def test_the_seal_is_of_the_small_benchmark() -> None:
    """As many pictures of each set are sealed as the small benchmark draws."""
    sealed = seal.read()
    counts = {name: sum(picture.startswith(f"{name}/") for picture in sealed) for name in drawing.SETS}
    assert {name: n * (cases.FRAMES if name == "visits" else 1) for name, (_, n) in drawing.SETS.items()} == counts


def test_another_character_on_the_smallest_plate_breaks_the_seal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tolerance is for rounding: a plate 36 to 60 pixels wide with one other character is another picture."""
    (shot,) = first("low_resolution")
    usual = cases.random_text
    monkeypatch.setattr(cases, "random_text", lambda *a, **k: (_other_first(usual(*a, **k)[0]), ""))
    (changed,) = cases.low_resolution(1)
    assert changed.text[1:] == shot.text[1:]
    mine, its = (seal.mark(s.picture, shot.text, tellable=True) for s in (shot, changed))
    assert not mine.like(its)


def _other_first(text: str) -> str:
    return ("M" if text[0] != "M" else "H") + text[1:]


def test_the_rounding_of_another_processor_is_the_same_picture() -> None:
    """One value in ten thousand off by two, as other instructions round, is within the seal."""
    (shot,) = first("low_resolution")
    rng = np.random.default_rng(5)
    values = shot.picture.copy().reshape(-1)
    at = rng.integers(0, values.size, values.size // 10_000)
    values[at] = np.clip(values[at].astype(int) + rng.integers(-2, 3, at.size), 0, 255)
    mine = seal.mark(shot.picture, "A", tellable=True)
    its = seal.mark(values.reshape(shot.picture.shape), "A", tellable=True)
    assert mine.sha256 != its.sha256
    assert mine.like(its)


def test_another_truth_breaks_the_seal() -> None:
    """A picture whose text was changed in the folder is none of the benchmark."""
    mark = a_mark()
    assert ("a.jpg",) == seal.compared({"a.jpg": replace(mark, text="A123BC78")}, {"a.jpg": mark}).other


def test_a_seal_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Marks survive the file, and a line that is none is told with its number."""
    marks = {"a.jpg": seal.Mark("A1", False, "ab", (1.0, -2.25, 0.0, 3.5))}
    seal.write(tmp_path / "s.csv", marks)
    assert marks == seal.read(tmp_path / "s.csv")
    (tmp_path / "s.csv").write_text("picture,text\na.jpg,A1\n")
    with pytest.raises(FileUnusable, match="no line of a seal"):
        seal.read(tmp_path / "s.csv")


def test_the_covered_character_is_hidden_and_the_rest_is_not() -> None:
    """A covered plate cannot be told, and a clear one can."""
    (covered,), (clear,) = first("covered"), first("clear")
    assert (False, True) == (covered.tellable, clear.tellable)


def test_a_sure_answer_that_is_not_there_is_a_wrong_open() -> None:
    """Sure and right opens; sure and wrong is a wrong open; unsure opens nothing."""
    assert Score(1, 0, 1, 1, 1) == one(a_mark(), sure("A123BC77"))
    assert Score(1, 1, 0, 0, 1) == one(a_mark(), sure("A123BC71"))
    assert Score(1, 0, 0, 0, 1) == one(a_mark(), unsure("A123BC71"))
    assert Score(1, 0, 0, 1, 1) == one(a_mark(), unsure("A123BC77"))
    assert Score(1, 0, 0, 0, 1) == one(a_mark())


def test_a_right_answer_does_not_excuse_a_wrong_one() -> None:
    """Of two sure answers for one picture the wrong one would have opened as well."""
    assert Score(1, 1, 0, 1, 1) == one(a_mark(), sure("A123BC77", 1.0), sure("K001KK99"))


def test_what_nobody_can_see_is_wrong_also_when_the_guess_is_right() -> None:
    """Sure of a covered plate, or of a plate where there is none, is a wrong open whatever was said."""
    assert one(a_mark(tellable=False), sure("A123BC77")).wrong_opens == 1
    assert one(a_mark(""), sure("A123BC77")).wrong_opens == 1
    assert Score(1, 0, 0, 0, 0) == one(a_mark(""), unsure("A123BC77"))


@pytest.mark.parametrize(
    ("said", "wrong", "opened"),
    [
        (["A123BC71?", "A123BC77!"], 0, 1),
        (["A123BC71!", "A123BC77!"], 1, 0),
        (["A123BC77!", "A123BC71!"], 0, 1),
        (["A123BC77?", "A123BC77?"], 0, 0),
    ],
)
def test_the_first_sure_answer_of_a_visit_decides(said: Sequence[str], wrong: int, opened: int) -> None:
    """An opening cannot be taken back, and what was unsure before it does no harm."""
    names = [f"visits/00007-{place}.jpg" for place in range(1, len(said) + 1)]
    answers = {
        name: (Said(text[:-1], 0.9, accepted=text.endswith("!")),) for name, text in zip(names, said, strict=True)
    }
    found = scores(dict.fromkeys(names, a_mark()), answers)
    assert found["visits"] == found[ALL]
    assert (1, wrong, opened) == (found[ALL].cases, found[ALL].wrong_opens, found[ALL].opened)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), max_size=8))
def test_no_case_counts_twice(told: list[tuple[bool, float]]) -> None:
    """A case is a wrong open, or opened rightly, or neither; a higher threshold never opens more."""
    said = [Said("A123BC77" if right else "A123BC71", confidence, accepted=False) for right, confidence in told]
    names = {f"clear/{n:05d}.jpg": (answer,) for n, answer in enumerate(said)}
    truths = dict.fromkeys(names, a_mark())
    low, high = (scores(truths, names, accept_at=at)[ALL] for at in (0.3, 0.9))
    assert len(names) == low.cases
    assert low.wrong_opens + low.opened <= low.cases
    assert high.wrong_opens <= low.wrong_opens
    assert high.opened <= low.opened


def reader(program: str) -> list[str]:
    return [sys.executable, "-c", program]


NAMES = ["clear/00000.jpg", "clear/00001.jpg"]


def test_a_reader_is_told_paths_and_answers_in_json(tmp_path: Path) -> None:
    """Objects in any order, other lines passed over, texts as people write plates."""
    program = (
        "import json, sys\nprint('loading')\nfor p in reversed(sys.stdin.read().split()): print(json.dumps("
        "{'file': p, 'plates': [{'text': 'а 123 вс 77', 'confidence': 0.5, 'accepted': True}]}))"
    )
    found = asking.ask(reader(program), tmp_path, NAMES)
    assert dict.fromkeys(NAMES, (Said("A123BC77", 0.5, accepted=True),)) == found
    assert list(found) == NAMES


def test_a_reader_may_answer_a_line_a_picture(tmp_path: Path) -> None:
    """The plate, perhaps its confidence behind a tab, or nothing; what is no plate at all stays as it was said."""
    program = "import sys; sys.stdin.read(); print('A123BC77\\t0.75'); print('')"
    assert {NAMES[0]: (Said("A123BC77", 0.75, False),), NAMES[1]: ()} == asking.ask(
        reader(program), tmp_path, NAMES, way="lines"
    )
    program = "print('?#'); print('x')"
    assert asking.ask(reader(program), tmp_path, NAMES, way="lines")[NAMES[0]] == (Said("?#", 1.0, False),)


@pytest.mark.parametrize(
    ("program", "way", "why"),
    [
        ("print('A')", "lines", None),
        ("print('A\\tsure'); print('')", "lines", "no number from 0 to 1: 'sure'"),
        ("print('A\\t98'); print('')", "lines", "no number from 0 to 1: '98'"),
        ("print('A'); print('B'); print('C')", "lines", "more than it was asked"),
        ("pass", "json", "left 2 of 2 pictures unanswered"),
        ("import sys; [print('') for _ in sys.stdin]; sys.exit(3)", "lines", "exit code 3"),
    ],
)
def test_a_reader_that_does_not_answer_gives_no_result(program: str, way: str, why: str | None, tmp_path: Path) -> None:
    """A picture without an answer is no picture without a plate. A last line without its end counts as one."""
    if why is None:
        assert asking.ask(reader(program), tmp_path, NAMES, way=way)[NAMES[1]] == ()
        return
    with pytest.raises(RuntimeError, match=why):
        asking.ask(reader(program), tmp_path, NAMES, way=way)


def test_the_whole_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Draw, hold against the seal, ask a reader that is sure of everything, keep the result: it opens wrongly where it must."""
    covered = first("covered")
    few = {"plateless": (cases.plateless, 1), "covered": (lambda _: iter(covered), 1)}
    monkeypatch.setattr(drawing, "SETS", few)
    command.main(["draw", "--size", "small", "--out", str(tmp_path / "pictures")])
    assert "3 pictures hold against the seal" in capsys.readouterr().out
    program = "import sys; [print('A123BC77\\t0.95') for _ in sys.stdin]"
    asked = ["--reader", shlex.join(reader(program)), "--answers", "lines", "--accept-at", "0.9"]
    command.main(["run", "--pictures", str(tmp_path / "pictures"), *asked, "--out", str(tmp_path / "r.json")])
    found = results.read(tmp_path / "r.json")
    assert (3, 3, 0) == (found.scores[ALL].cases, found.scores[ALL].wrong_opens, found.scores[ALL].opened)
    assert "**3**" in capsys.readouterr().out
    (tmp_path / "pictures" / "pictures.csv").write_text(
        (tmp_path / "pictures" / "pictures.csv").read_text().replace(",no,", ",yes,", 1)
    )
    with pytest.raises(SystemExit) as ended:
        command.main(["run", "--pictures", str(tmp_path / "pictures"), *asked])
    assert ended.value.code == 1
    assert "not the pictures of the benchmark: 1 of 3 differ" in capsys.readouterr().err


@pytest.mark.parametrize(("page", "english"), results.pages(DOCS))
def test_the_tables_are_those_of_the_results(page: Path, *, english: bool) -> None:
    """What the document shows is what the kept results say."""
    text = page.read_text(encoding="utf-8")
    held = results.all_results()
    assert {"ours", "reference_90", "reference_99"} == set(held)
    assert text == results.fill(text, held, english=english)
    assert all(result.reader in text for result in held.values())


def test_kept_results_are_of_the_sealed_pictures() -> None:
    """Every result in the repository is of all that is sealed, and its sets add up."""
    for result in results.all_results().values():
        assert len(seal.read()) == result.pictures
        parts = [score for name, score in result.scores.items() if name != ALL]
        assert result.scores[ALL].cases == sum(score.cases for score in parts)
        assert result.scores[ALL].wrong_opens == sum(score.wrong_opens for score in parts)
        assert set(drawing.SETS) == set(result.scores) - {ALL}


def test_a_result_that_is_none_is_told(tmp_path: Path) -> None:
    """A damaged result is named with its file."""
    (tmp_path / "r.json").write_text(json.dumps({"reader": "x"}))
    with pytest.raises(FileUnusable, match=r"r\.json"):
        results.read(tmp_path / "r.json")
