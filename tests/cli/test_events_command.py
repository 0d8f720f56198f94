"""`gate events` by part of a plate, by words for days, by lane; `gate check --bundle`."""

from __future__ import annotations

import json
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.decision.record import Verdict
from core.instant import Instant
from edge.cli import main
from edge.doctor.bundle import shape
from edge.store.journal import Journal
from tests.commands import in_this_process
from tests.configs import write_config
from tests.store.records import visit_record

SECRET = "very-secret-password"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "console.secret").write_text(SECRET)
    file = write_config(tmp_path, '[console]\nhost = "0.0.0.0"\npassword_file = "console.secret"\n')
    now = datetime.now(UTC)
    with Journal(tmp_path / "state" / "journal.db") as journal:
        for number, (plate, age) in enumerate((("A123BC77", 0), ("K777KK199", 1), ("X001XX50", 8))):
            at = Instant(float(number), now - timedelta(days=age), wall_trusted=True)
            facts = {"plate": plate, "display": None, "first": at, "decided": at, "last": at}
            journal.record(visit_record(number, decision=Verdict.REFUSE, **facts))
        journal.note("neighbour_open", now, lane="entry", detail="telegram 1 Иванов: done")
    return file


def plates(capsys: pytest.CaptureFixture[str], config: Path, *argv: str) -> list[str]:
    with pytest.raises(SystemExit) as ended:
        main(["events", "--json", "--config", str(config), *argv])
    assert ended.value.code in {0, None}
    return [json.loads(line)["plate"] for line in capsys.readouterr().out.splitlines()]


def test_part_of_a_plate_is_enough(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Digits, a letter in either script, a region: whatever somebody remembers."""
    found = [plates(capsys, config, "--plate", part) for part in ("777", "а123", "К", "50", "999")]
    assert [["K777KK199"], ["A123BC77"], ["K777KK199"], ["X001XX50"], []] == found


def test_days_are_words_too(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Yesterday is a day of the site's zone; weeks and Russian letters count."""
    assert 1 <= len(plates(capsys, config, "--since", "сегодня")) <= 2
    assert 2 == len(plates(capsys, config, "--since", "вчера"))
    assert [2, 2, 3] == [len(plates(capsys, config, "--since", text)) for text in ("1w", "7д", "2н")]


def test_a_list_that_was_cut_says_so(config: Path) -> None:
    """The newest few are not the whole journal; where nothing was left out nothing is said."""
    cut = in_this_process("events", "--limit", "2", "--json", config=config)
    assert (2, True) == (len(cut.stdout.splitlines()), "есть и раньше" in cut.stderr)
    whole = in_this_process("events", "--limit", "3", config=config)
    assert ("визитов: 3" in whole.stdout, "") == (True, whole.stderr)


def test_a_lane_that_is_none_is_an_error(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A slip of the pen must not look like a quiet day."""
    with pytest.raises(SystemExit) as ended:
        main(["events", "--lane", "entri", "--config", str(config)])
    assert 2 == ended.value.code
    assert "entry" in capsys.readouterr().err
    assert 3 == len(plates(capsys, config, "--lane", "entry"))


def test_why_takes_a_plate_too(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An id that several have, the newest passage of a plate as it is typed, and what is neither: each is answered as it is."""

    def why(typed: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(["why", typed, "--config", str(config)])
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out + told.err

    code, told = why("к777кк199")
    assert (0, True) == (code, "K777KK199" in told)
    code, told = why("_")
    assert (1, True) == (code, "нет визита с таким началом ID и нет такого номера: _" in told)
    code, told = why("а999аа99")
    assert (1, True) == (code, "нет такого номера" in told)
    with Journal(config.parent / "state" / "journal.db") as journal:
        for number in range(5):
            journal.record(visit_record(visit_id=f"feed{number}-0000"))
    code, told = why("feed")
    assert (1, True) == (code, "несколько ID: feed0-0000, feed1-0000, feed2-0000…; допишите" in told)


def test_a_bundle_names_nobody(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Findings, settings and shapes; no plate, person, pass or secret, in any of its files."""
    file = tmp_path / "bundle.tar.gz"
    with pytest.raises(SystemExit):
        main(["check", "--bundle", str(file), "--config", str(config)])
    assert str(file) in capsys.readouterr().err
    with tarfile.open(file) as tar:
        texts = {one.name: tar.extractfile(one).read().decode() for one in tar.getmembers()}
    whole = "\n".join(texts.values())
    assert [] == [word for word in ("A123BC77", "K777KK199", SECRET, "Иванов", '"p1"') if word in whole]
    assert "X999XX999" in texts["okter-gate/visits.jsonl"]
    assert "neighbour_open" in texts["okter-gate/notices.jsonl"]
    assert 0o600 == file.stat().st_mode & 0o777


@pytest.mark.parametrize(("named", "better"), [("b.zip", "b.tar.gz"), ("b", "b.tar.gz"), ("b.tar", "b.tar.gz")])
def test_a_bundle_is_called_what_it_is(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], named: str, better: str
) -> None:
    """Another name is refused before anything is tested, in one line that says the right one."""
    with pytest.raises(SystemExit) as ended:
        main(["check", "--bundle", str(tmp_path / named), "--config", str(config)])
    told = capsys.readouterr()
    assert (2, "") == (ended.value.code, told.out)
    assert f"назовите его так: {better}" in told.err
    assert not (tmp_path / named).exists()


def test_a_shape_keeps_length_and_digits() -> None:
    """What a technician needs of a plate."""
    assert ["X999XX99", "X?99", None] == [shape(text) for text in ("A123BC77", "A?23", None)]


def test_what_since_takes_is_told_whole(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong --since is answered with every form it takes, not with dates alone."""
    with pytest.raises(SystemExit) as ended:
        main(["events", "--config", str(config), "--since", "завтра"])
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert all(form in told for form in ("2h", "3d", "1w", "вчера", "31.12.2026"))


@pytest.mark.parametrize("typed", ["'", "%"])
def test_a_sign_that_is_no_part_of_a_plate_is_told_as_typed(
    config: Path, capsys: pytest.CaptureFixture[str], typed: str
) -> None:
    """One sign is told once, as it was typed, between the marks of the reader's language."""
    with pytest.raises(SystemExit):
        main(["events", "--config", str(config), "--plate", typed])
    assert f"«{typed}»" in capsys.readouterr().err
