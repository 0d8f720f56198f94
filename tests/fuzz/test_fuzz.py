"""Whatever is read from others says one line of bad bytes, and nothing else happens. A few of the examples of `make fuzz`."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import ConfigError, FileUnusable
from core.jsontext import read_json
from edge.config import load
from edge.credential import FILE_NAME, read_credential
from edge.store.local_passes import local_pass
from edge.store.passes import PassStore
from edge.store.read_only import read_list
from tests.fuzz.__main__ import FORMS, REQUESTS_A_FORM, cases_of, one_round
from tests.fuzz.targets import NOW, ROOT, targets

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "20"))
pytestmark = pytest.mark.timeout(600)
NATIVE = ("pictures", "video")


@pytest.mark.parametrize("name", sorted(set(targets()) - set(NATIVE)))
def test_what_is_read_from_others(name: str) -> None:
    """Broken and misshapen bytes raise what the reader promises, in one line, or are read."""
    one_round(name, seed=int(os.environ.get("FUZZ_SEED", "1")), examples=EXAMPLES)


@pytest.mark.parametrize("name", NATIVE)
def test_what_native_code_reads(name: str) -> None:
    """A picture or a film that is broken ends no process."""
    command = [sys.executable, "-m", "tests.fuzz", "--target", name, "--seed", "1", "--examples", str(EXAMPLES)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr[-2000:]


@pytest.mark.parametrize("name", sorted(targets()))
def test_right_examples_are_read(name: str) -> None:
    """The examples that are broken are right ones: a reader that refuses everything would pass every other test."""
    target = targets()[name]
    try:
        for seed in target.seeds:
            target.read(seed)
    finally:
        target.end()


def test_cases_are_counted_by_what_a_round_says() -> None:
    """A round that said nothing, or in which no test was run, has tried nothing."""
    assert [400, 0] == [cases_of("config", "400 cases\n"), cases_of("config", "")]
    said = ("75 passed, 2 failed in 9s", "77 deselected in 2s")
    assert [77 * REQUESTS_A_FORM, 0] == [cases_of(FORMS, one) for one in said]


def test_a_crash_is_found() -> None:
    """A reader that falls over one odd byte is caught."""
    from hypothesis import HealthCheck, given, settings

    from tests.fuzz.mutation import mutated

    @settings(
        max_examples=2000, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(mutated([b"good bytes of a format"]))
    def run(data: bytes) -> None:
        if b"\0" in data:
            raise IndexError

    with pytest.raises(IndexError):
        run()


def test_brackets_without_end(tmp_path: Path) -> None:
    """JSON and TOML of nothing but brackets are wrong in one line, wherever they are read."""
    deep = "[" * 100_000
    with pytest.raises(ValueError, match="deep"):
        read_json(deep)
    (tmp_path / "gate.toml").write_text(f"[site]\nname = {deep}\n")
    with pytest.raises(ConfigError, match=r"gate\.toml:2: "):
        load(tmp_path / "gate.toml")
    (tmp_path / FILE_NAME).write_text("[" * 5000)
    with pytest.raises(FileUnusable, match="испорчен"):
        read_credential(tmp_path)


def test_one_spoiled_row_takes_no_list_along(tmp_path: Path) -> None:
    """A moment that a worn card has made nonsense of: that pass fits nobody, the others hold, the list can be listed."""
    with PassStore(tmp_path / "passes.db") as store:
        store.local.add([local_pass("A123BC77", NOW, None), local_pass("B702CX150", NOW, None)], at=NOW)
        with store._db.atomic():
            store._db.conn.execute("UPDATE local_pass SET valid_from = '2026-13' WHERE plate = 'A123BC77'")
            store._db.conn.execute("UPDATE list_state SET synced_at = 'x'")
    read = read_list(tmp_path / "passes.db")
    assert ["B702CX150"] == [one.plate for one in read.local]
    assert 1 == len(read.passes)


def test_a_copy_of_another_version_does_not_hide_the_one_before(tmp_path: Path) -> None:
    """A newest copy whose rows these tables do not take is passed over for an older one, and nothing ends."""
    path = tmp_path / "passes.db"
    with PassStore(path) as store:
        store.local.add([local_pass("A123BC77", None, None)], at=NOW)
        store.keep_good_copy()
    newest = path.with_suffix(".good.json")
    body = newest.read_bytes().partition(b"\n")[2].strip()
    newest.rename(path.with_suffix(".good.1.json"))
    wider = json.loads(body)
    wider["tables"]["local_pass"] = [[*row, "a column of tomorrow"] for row in wider["tables"]["local_pass"]]
    text = json.dumps(wider).encode()
    newest.write_bytes(hashlib.sha256(text).hexdigest().encode() + b" 9 1\n" + text + b"\n")
    for part in tmp_path.glob("passes.db*"):
        part.unlink()
    with PassStore(path) as store:
        assert store.restored
        assert ["A123BC77"] == [one.plate for one in store.local.all()]
