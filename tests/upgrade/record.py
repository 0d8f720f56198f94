"""Record what a version leaves on a disk, for the versions after it: run by hand at each release, in a checkout of that version.

    cd CHECKOUT && PYTHONPATH=. python tests/upgrade/record.py tests/upgrade/states/0.1.0

Plays the demo with its portal until three cars have passed, beside a local list of every kind of pass and two persons, and keeps
the databases as SQL, the settings and the file of persons. Passwords are the demo's, pictures are left out.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from edge.demo.portal import FIRST_PLATE, LATER_PLATE, open_portal
from edge.demo.stage import Stage, demo_dir

VISITS = 3
WAIT_S = 1200.0


def dump(database: Path, to: Path) -> None:
    """A database as SQL, its version too."""
    with sqlite3.connect(database) as db:
        (version,), (application,) = (
            db.execute(f"PRAGMA {name}").fetchone() for name in ("user_version", "application_id")
        )
        lines = [*db.iterdump(), f"PRAGMA user_version = {version};", f"PRAGMA application_id = {application};"]
    to.write_text("\n".join(lines) + "\n", encoding="utf-8")


def visits(stage: Stage) -> int:
    """How many cars the journal has told of, as `gate events` says."""
    done = subprocess.run(
        [sys.executable, "-m", "edge", "events", "--json", "--config", str(stage.config)],
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    return done.stdout.count('"plate"') if done.returncode == 0 else 0


def gate(stage: Stage, *words: str, told: str | None = None) -> None:
    """A command of this version; what it does not know yet is left out."""
    done = subprocess.run(
        [sys.executable, "-m", "edge", *words, "--config", str(stage.config)],
        input=told, text=True, capture_output=True, check=False,
    )  # fmt: skip
    print(" ".join(words), "->", done.returncode, done.stderr.strip()[:200])


def main() -> None:
    out = Path(sys.argv[1])
    out.mkdir(parents=True)
    with Stage() as stage:
        portal = open_portal(stage)
        assert portal is not None
        stage.import_passes(without=(FIRST_PLATE, LATER_PLATE))
        gate(stage, "passes", "add", "A001AA77", "--note", "дом 1")
        gate(stage, "passes", "add", "A002AA77", "--from", "2026-01-01", "--until", "2036-01-01")
        gate(stage, "passes", "add", "A003AA77", "--hours", "пн–пт 8–18")
        gate(stage, "passes", "add", "A004AA77", "--once")
        gate(stage, "passes", "add", "A005AA77", "--block")
        gate(stage, "console", "user", "add", "Иван Петров", told="271828\n")
        gate(stage, "console", "user", "add", "Анна", "--role", "technician", told="314159\n")
        for plate in (FIRST_PLATE, LATER_PLATE):
            portal.file_pass(plate)
        run = stage.start("run")
        ends = time.monotonic() + WAIT_S
        while visits(stage) < VISITS:
            assert time.monotonic() < ends, "no visits"
            assert run.poll() is None, stage.last_words("run")
            time.sleep(5)
        time.sleep(10)  # what the portal is told of them
        run.terminate()
        run.wait(60)
        for name in ("passes", "journal"):
            dump(stage.state_dir / f"{name}.db", out / f"{name}.sql")
        dump(next((stage.folder / "portal").glob("*.db")), out / "portal.sql")
        for name in ("console-users.json",):
            if (stage.state_dir / name).exists():
                shutil.copy(stage.state_dir / name, out / name)
        settings = stage.config.read_text(encoding="utf-8").replace(str(demo_dir()) + "/", "")
        (out / "gate.toml").write_text(settings, encoding="utf-8")
        print(
            sorted(path.name for path in stage.state_dir.iterdir()),
            sorted(p.name for p in (stage.folder / "portal").iterdir()),
        )


if __name__ == "__main__":
    main()
