"""`gate passes`: the local list by hand and by file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.cli import main
from tests.configs import write_config


class Passes:
    """`gate passes …` on a config of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.config = write_config(folder)
        self._capsys = capsys

    def __call__(self, *argv: str) -> tuple[object, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["passes", argv[0], "--config", str(self.config), *argv[1:]])
        captured = self._capsys.readouterr()
        return ended.value.code, captured.out, captured.err

    def plates(self) -> list[str]:
        return [json.loads(line)["plate"] for line in self("list", "--json")[1].splitlines()]


@pytest.fixture
def passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Passes:
    return Passes(tmp_path, capsys)


def test_added_checked_removed(passes: Passes) -> None:
    """A plate typed in Cyrillic is let in, until it is removed."""
    assert 0 == passes("add", "а 123 вс 77", "--until", "2099-12-31", "--note", "кв. 5")[0]
    code, out, _ = passes("check", "A123BC77")
    assert 0 == code
    assert "Въезд разрешён" in out
    assert "… – 31.12.2099" in passes("list")[1]
    assert 0 == passes("remove", "A123BC77")[0]
    code, out, _ = passes("check", "A123BC77")
    assert 1 == code
    assert "Въезд запрещён: нет пропуска" in out
    assert 1 == passes("remove", "A123BC77")[0]


def test_a_check_tells_the_sites_time_and_words_of_its_reader(passes: Passes) -> None:
    """No moment of another zone, no code and no English unit in what a technician reads; a day that is covered ends with that day."""
    passes("add", "A123BC77", "--until", "2099-12-31")
    passes("add", "B123BC77")
    limited, without = (passes("check", plate)[1] for plate in ("A123BC77", "B123BC77"))
    assert "Номер А 123 ВС 77 есть в списке" in limited
    assert "действует: … – 31.12.2099 24:00." in limited
    assert "действует: без срока." in without
    assert "T" not in limited.replace("A123BC77", "").partition("действует")[2].partition("(Europe")[0]


def test_a_check_tells_whose_pass_it_is(passes: Passes) -> None:
    """Hours, kind and the note beside the decision: an id says nothing to whoever asks."""
    passes("add", "A123BC77", "--hours", "пн–вс 0–24", "--once", "--note", "кв. 5, Иванов")
    assert "разовый, кв. 5, Иванов." in passes("check", "A123BC77")[1]
    passes("add", "B123BC77")
    assert "В пропуске" not in passes("check", "B123BC77")[1]


def test_periods_are_judged(passes: Passes) -> None:
    """A pass that is over, and one that has not begun, say so."""
    passes("add", "A123BC77", "--until", "2020-01-01")
    passes("add", "B123BC77", "--from", "2099-01-01")
    reasons = [json.loads(passes("check", plate, "--json")[1])["reason"] for plate in ("A123BC77", "B123BC77")]
    assert ["pass_expired", "pass_not_started"] == reasons


@pytest.mark.parametrize(
    "argv",
    [("add", "???"), ("add", ""), ("add", "A123BC77", "--until", "soon"),
     ("add", "A123BC77", "--from", "2026-02-01", "--until", "2026-01-01"), ("check", "#"), ("remove", "x" * 50),
     ("add", "A123BC77", "--hours", "8"), ("add", "A123BC77", "--block", "--hours", "8-9")],
)  # fmt: skip
def test_wrong_words(passes: Passes, argv: tuple[str, ...]) -> None:
    """What is no plate or no period: one line, exit code 2, nothing changed."""
    code, out, err = passes(*argv)
    assert (2, "", 1) == (code, out, len(err.splitlines()))
    assert [] == passes.plates()


def test_a_file_in_and_out(passes: Passes, tmp_path: Path) -> None:
    """What is imported is exported; importing it again adds nothing; --replace leaves nothing else."""
    file = tmp_path / "in.csv"
    file.write_text(
        "\ufeffplate;valid_from;valid_until;note\nа123вс77;2026-01-01;;кв. 5\nA123BC77;2026-01-01;;\nK001KK77;;;\n"
    )
    counts = json.loads(passes("import", str(file), "--json")[1])
    assert {"rows": 2, "new": 2, "repeated": 1, "bad": 0} == counts
    out = tmp_path / "out.csv"
    assert 0 == passes("export", str(out))[0]
    assert 0 == json.loads(passes("import", str(out), "--json")[1])["new"]
    passes("add", "M001MM77")
    passes("import", str(out), "--replace")
    assert ["A123BC77", "K001KK77"] == passes.plates()


def test_a_bad_row_refuses_the_file_unless_told_otherwise(passes: Passes, tmp_path: Path) -> None:
    """Half a list is worse than the old one; --skip-bad takes the good rows and names the bad ones."""
    file = tmp_path / "in.csv"
    file.write_text("plate,valid_from,valid_until,note\nK001KK77,,,\n???,,,\nA123BC77,2026-02-01,2026-01-01,\n")
    code, out, err = passes("import", str(file))
    assert (1, "") == (code, out)
    assert [f"{file}:3: plate", f"{file}:4: valid_until"] == [
        ":".join(line.split(":")[:3]) for line in err.splitlines()
    ]
    assert [] == passes.plates()
    code, _, err = passes("import", str(file), "--skip-bad")
    assert (0, 2) == (code, len(err.splitlines()))
    assert ["K001KK77"] == passes.plates()


def test_the_doctor_finds_what_is_wrong(passes: Passes, capsys: pytest.CaptureFixture[str]) -> None:
    """`gate check` tests every part; a camera that is not there is told with its cure, exit code 1."""
    with pytest.raises(SystemExit) as ended:
        main(["check", "--json", "--config", str(passes.config)])
    findings = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert 1 == ended.value.code
    wrong, down = [finding for finding in findings if not finding["well"]]
    assert ["камера entry", "gate run"] == [wrong["part"], down["part"]]
    assert "clip.mp4" in wrong["text"]
    assert "camera" in wrong["cure"]


@pytest.mark.parametrize("text", ["", "plate,valid_from,valid_until,note\n", "plate\n!!!\n"])
def test_a_file_without_a_pass_replaces_nothing(passes: Passes, tmp_path: Path, text: str) -> None:
    """An empty file, or one whose every row is bad, never takes the place of the list, whatever else is asked."""
    passes("add", "A777AA77")
    (tmp_path / "empty.csv").write_text(text, encoding="utf-8")

    code, _, err = passes("import", str(tmp_path / "empty.csv"), "--replace", "--skip-bad")

    assert 1 == code
    assert "список не заменён" in err.splitlines()[-1]
    assert ["A777AA77"] == passes.plates()


@pytest.mark.parametrize(
    ("typed", "words"),
    [("A7O7AA77", "похоже на А 707 АА 77"), ("0777OO77", "похоже на О 777 ОО 77"), ("A777AA077", "региона 077 не бывает"),
     ("А777АА1999", "такого вида"), ("А777АА", "без кода региона"), ("А777АА 99 RUS", "")],
)  # fmt: skip
def test_a_plate_that_no_camera_reads_is_added_with_a_warning(passes: Passes, typed: str, words: str) -> None:
    """What can never match is told at once, with what was probably meant; RUS is no part of a plate."""
    code, _, err = passes("add", typed)
    assert (0, bool(words)) == (code, bool(err))
    assert words in err
    assert 1 == len(passes.plates())


def test_a_pass_that_is_over_or_there_already_is_told(passes: Passes) -> None:
    """A date of last year, the same pass twice, a second pass for a plate: added, and told."""
    assert "срок уже прошёл" in passes("add", "A777AA99", "--until", "2020-01-01")[2]
    assert "" == passes("add", "A123BC77", "--until", "2099-01-01")[2]
    assert "такой пропуск уже был" in passes("add", "а 123 вс 77", "--until", "2099-01-01", "--note", "кв. 5")[2]
    warnings = json.loads(passes("add", "A123BC77", "--json")[1])["warnings"]
    assert ["на этот номер уже есть пропуск: … – 01.01.2099"] == warnings


def test_an_import_names_the_lines_that_would_never_match(passes: Passes, tmp_path: Path) -> None:
    """The rows are taken; each doubtful one is told by file and line."""
    file = tmp_path / "in.csv"
    file.write_text("plate\nA123BC77\nA7O7AA77\n")
    code, _, err = passes("import", str(file))
    assert 0 == code
    assert f"{file}:3: A7O7AA77: " in err


def test_a_table_of_something_else_is_refused(passes: Passes, tmp_path: Path) -> None:
    """Where not one row is a plate that a camera reads, the file is no list, and nothing of it is taken."""
    file = tmp_path / "in.csv"
    file.write_text("hello\nworld\n")
    code, _, err = passes("import", str(file))
    assert 1 == code
    assert "ничего не взято" in err
    assert [] == passes.plates()


def test_a_pass_added_again_keeps_its_note(passes: Passes) -> None:
    """Who adds a pass that is there already, and says nothing of it, takes no note away."""
    passes("add", "P058BT97", "--note", "кв. 90")
    err = passes("add", "P058BT97")[2]
    assert "такой пропуск уже есть" in err
    assert "кв. 90" in passes("list")[1]


def test_check_warns_of_a_plate_that_no_camera_reads(passes: Passes) -> None:
    """The list would let it in; that no reading ever says it is told beside."""
    passes("add", "A7O7AA77")
    code, _, err = passes("check", "A7O7AA77")
    assert 0 == code
    assert "похоже на А 707 АА 77" in err
    assert json.loads(passes("check", "A7O7AA77", "--json")[1])["warnings"]


def test_risk_of_the_list(passes: Passes) -> None:
    """A neighbour of an admitted plate that may not enter is named as the worst pair, and its risk with an exit code."""
    passes("add", "M123BC77")
    alone = json.loads(passes("risk", "--json")[1])
    passes("add", "H123BC77", "--until", "2020-01-01")
    code, out, _ = passes("risk", "--json")
    beside = json.loads(out)

    assert (alone["plates"], alone["closed"], beside["closed"]) == (1, 0, 1)
    assert beside["in_all"] > alone["in_all"]
    assert (beside["pairs"][0]["stranger"], beside["pairs"][0]["listed"]) == ("H123BC77", True)
    assert code == (1 if beside["in_all"] > beside["acceptable"] else 0)
    assert "Н 123 ВС 77, в списке, въезд закрыт → М 123 ВС 77" in passes("risk")[1]


def test_risk_of_no_list(passes: Passes) -> None:
    """Without passes nobody opens anything."""
    code, out, _ = passes("risk")
    assert 0 == code
    assert "никогда" in out


def test_hours_one_time_and_block(passes: Passes, tmp_path: Path) -> None:
    """All three are added, listed, exported and imported as what they are; a block beats the pass beside it."""
    assert 0 == passes("add", "A123BC77", "--hours", "пн–пт 8–18")[0]
    assert 0 == passes("add", "B123BC77", "--once")[0]
    assert 0 == passes("add", "C123BC77", "--block")[0]
    code, _, err = passes("add", "C123BC77")
    assert (0, True) == (code, "в списке запрета" in err)
    assert "въезд запрещён" not in passes("check", "B123BC77")[1].lower()
    assert json.loads(passes("check", "C123BC77", "--json")[1])["reason"] == "blocked"
    listed = passes("list", "--json")[1]
    assert "пн–пт 08:00–18:00" in passes("list")[1]

    file = tmp_path / "out.csv"
    passes("export", str(file))
    passes("import", str(file), "--replace")
    assert listed == passes("list", "--json")[1]


@pytest.mark.parametrize("option", ["--from", "--until", "--hours"])
def test_a_limit_left_empty_makes_no_endless_pass(passes: Passes, option: str) -> None:
    """`--until "$UNTIL"` of a script whose variable is empty is an error, not a pass without a limit."""
    code, _, told = passes("add", "A123BC77", option, " ")
    assert (code, passes.plates()) == (2, [])
    assert option in told


@pytest.mark.parametrize(
    ("typed", "told"), [("А777АА99RUSX", "похоже на А 777 АА 99"), ("Ё777АА99", "знака Ё камера не знает")]
)
def test_a_plate_that_no_camera_can_read_is_not_filed(passes: Passes, typed: str, told: str) -> None:
    """It would open for nobody, and nobody would know: an error with what was probably meant, and no line in the list."""
    code, _, err = passes("add", typed)
    assert 2 == code
    assert told in err
    assert [] == passes.plates()
