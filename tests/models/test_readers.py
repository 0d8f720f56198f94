"""Any command that prints the JSON of `gate read` is a reader, and one that fails gives no figures."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from core.geometry import Box
from models.training.evaluate import __main__ as command
from models.training.evaluate.made import Made, write_made
from models.training.evaluate.readers import Answer, Answers, ask

A = Path("a.jpg")


def test_any_command_that_prints_json_is_a_reader(tmp_path: Path) -> None:
    """Lines of another program are understood; lines that are no JSON objects are passed over."""
    line = json.dumps(
        {"file": "x/a.jpg", "plates": [{"text": "A1", "confidence": 0.5, "accepted": False, "box": [1, 2, 3, 4]}]}
    )
    answers = ask([sys.executable, "-c", f"print('hello'); print({line!r})"], [tmp_path / "a.jpg"])
    assert Answers((Answer("A1", 0.5, False, None, Box(1, 2, 3, 4)),), None) == answers[tmp_path / "a.jpg"]


@pytest.mark.parametrize(
    ("plate", "why"),
    [
        ({"confidence": 97.0}, "confidence is no number from 0 to 1: 97.0"),
        ({"confidence": -0.1}, "confidence is no number from 0 to 1: -0.1"),
        ({"confidence": float("nan")}, "confidence is no number from 0 to 1: nan"),
        ({"confidence": "high"}, "'high'"),
        ({"accepted": "no"}, "accepted is neither true nor false: 'no'"),
        ({"box": [1, 2, 3]}, r"box is no \[x, y, w, h\]: \[1, 2, 3\]"),
        ({"box": {"x": 1}}, r"box is no \[x, y, w, h\]"),
        ("A1", "plates is no list of objects"),
    ],
)
def test_an_answer_that_makes_no_sense_is_told(plate: object, why: str) -> None:
    """What cannot be scored, such as a confidence in percent, is an error that names the picture and never a figure."""
    line = json.dumps({"file": "a.jpg", "plates": [plate]})
    with pytest.raises(RuntimeError, match=rf"what the reader says of a\.jpg makes no sense: .*{why}"):
        ask([sys.executable, "-c", f"print({line!r})"], [A])


def test_what_is_no_text_between_the_lines_is_passed_over() -> None:
    """Bytes that a reader's libraries print do not lose its answers, nor does a line break within a JSON string."""
    line = json.dumps({"file": "a.jpg", "note": "\u2028", "plates": []}, ensure_ascii=False)
    prints = f"import sys; sys.stdout.buffer.write(b'\\xff\\xfe\\n' + {line.encode()!r} + b'\\r\\n')"
    assert {A: Answers((), None)} == ask([sys.executable, "-c", prints], [A])


def test_a_reader_that_wants_to_be_told_something_is_told_nothing() -> None:
    """A reader that reads its input comes to that input's end at once and does not wait for a terminal."""
    looks = 'import select; print(\'{"file": "a.jpg"}\' if select.select([0], [], [], 1)[0] else "waits")'
    silent, other_end = os.pipe()
    own = os.dup(0)
    os.dup2(silent, 0)
    try:
        assert {A: Answers((), None)} == ask([sys.executable, "-c", looks], [A])
    finally:
        os.dup2(own, 0)
        for end in (silent, other_end, own):
            os.close(end)


def test_a_reader_that_cannot_be_started_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reader that is not there ends the command with exit code 1 and its name."""
    manifest = write_made(tmp_path, [Made(np.full((20, 40), 90, np.uint8), "A123BC77", "photograph")])
    monkeypatch.setattr("sys.argv", ["evaluate", "--manifest", str(manifest), "--reader", "/nowhere/reader --json"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert "the reader cannot be started: " in said
    assert "'/nowhere/reader'" in said


def test_a_reader_that_dies_midway_gives_no_report() -> None:
    """Pictures that the reader never spoke of are no empty pictures: their number and the exit code are told."""
    dies = 'import sys; print(\'{"file": "1.png", "plates": []}\'); print(\'{"file": "2.p\'); sys.exit(3)'
    with pytest.raises(RuntimeError, match=r"left 2 of 3 pictures .*exit code 3"):
        ask([sys.executable, "-c", dies], [Path(f"{n}.png") for n in (1, 2, 3)])


def test_a_picture_that_the_reader_cannot_open_is_answered_with_nothing() -> None:
    """A line with an error is an answer, even where the reader ends with an exit code for it."""
    fails = 'import sys; print(\'{"file": "a.jpg", "error": "no picture"}\'); sys.exit(1)'
    assert {A: Answers((), None, "no picture")} == ask([sys.executable, "-c", fails], [A])


ANSWERS = """print('{"file": "a.jpg"}', flush=True)"""


@pytest.mark.parametrize(
    ("program", "why"),
    [
        (f"{ANSWERS}; import sys; sys.exit(5)", "ended with exit code 5"),
        (f"{ANSWERS}; import os; os.kill(os.getpid(), 9)", "ended with exit code -9"),
        (f"{ANSWERS}; import time; time.sleep(60)", "printed no line for 0.5 seconds"),
        (f"{ANSWERS}; import os, time; os.close(1); time.sleep(60)", "did not end within 0.5 seconds of its last line"),
        ("import time\nwhile True: print(end='x', flush=True); time.sleep(0.1)", "printed no line for 0.5 seconds"),
        ("while True: print('y' * 99999)", "prints without end"),
        ("while True: print(end='y' * 99999)", "prints without end"),
        (
            """print('{"file": "a.jpg", "plates": ' + '[' * 200000)""",
            "what the reader says cannot be read: .*recursion",
        ),
        ("""print('{"file": "a.jpg", "plates": ' + '1' * 5000 + '}')""", "what the reader says cannot be read: .*4300"),
        (
            """print('{"file": "a.jpg", "plates": [{"box": [1' + '0' * 400 + ', 0, 1, 1]}]}')""",
            r"what the reader says of a\.jpg makes no sense",
        ),
    ],
)
def test_a_reader_that_fails_or_never_ends_gives_no_figures(program: str, why: str) -> None:
    """Whatever a reader does after or instead of its answers, one line tells it and names the command."""
    with pytest.raises(RuntimeError, match=why) as told:
        ask([sys.executable, "-c", program], [A], timeout_s=0.5 if "0.5" in why else 60)
    assert sys.executable in str(told.value)


def test_what_a_hanging_reader_has_started_ends_with_it(tmp_path: Path) -> None:
    """A reader behind a shell does not stay behind when its time is over."""
    with pytest.raises(RuntimeError, match="printed no line"):
        ask(["sh", "-c", f"sleep 60 & echo $! > {tmp_path}/pid; wait"], [A], timeout_s=0.3)
    pid = int((tmp_path / "pid").read_text())
    for _ in range(50):  # whoever inherits it may take a moment to bury it
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().split()[2] == "Z":
            return
        time.sleep(0.1)
    pytest.fail("still there")


def test_pictures_of_one_name_in_two_folders_are_two() -> None:
    """Each answer goes to the path it names, and a bare name that two files share is nobody's."""
    files = [Path("a/1.png"), Path("b/1.png")]
    spoken = "import json, sys; [print(json.dumps({'file': f, 'plates': [{'text': f[:1]}]})) for f in sys.argv[1:]]"
    assert ["a", "b"] == [said.plates[0].text for said in ask([sys.executable, "-c", spoken], files).values()]
    with pytest.raises(RuntimeError, match="left 2 of 2"):
        ask([sys.executable, "-c", 'print(\'{"file": "1.png"}\')'], files)
