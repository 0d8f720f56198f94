"""`gate replay --journal`: decides the journal's visits again under another config; output as lines and as a page."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.decision.again import Again
from core.decision.record import VisitRecord
from core.errors import FileUnusable, GateError
from core.words.reasons import reason_words
from core.words.system import system_words
from edge.cli.options import print_json
from edge.cli.ownership import require_access
from edge.cli.progress import Progress
from edge.config import GateConfig, find_config, load
from edge.evidence import jpeg
from edge.language import say, spoken
from edge.replay.backtest import Backtest, Compared, backtest
from edge.replay.missing import missing_words
from edge.store.database import may_be_there
from edge.store.journal import Journal, StoredVisit
from edge.store.place import find

TEMPLATES = Path(__file__).resolve().parent.parent / "replay" / "templates"
MOST_SHOWN = 200
"""Visits shown per section of the page; the figures count all."""
MOST_VISITS = 200_000
PICTURE_WIDTH_PX = 480


def replay_journal(
    config: GateConfig, against: Path | None, *, since: datetime | None, out_dir: Path | None, as_json: bool
) -> None:
    """Decide a journal's visits by the policy of `config`, next to that of `against` (the config in use).

    The journal is that of the config in use: a new file that is tried may lie anywhere, with a state folder of its own
    beside it. Without a journal there, that of `config`.
    """
    before = load(find_config(against))
    places = [find(one.state_dir) for one in (before, config)]
    place = next((one for one in places if may_be_there(one.journal_file)), places[-1])
    require_access(before if place is places[0] else config)
    if not may_be_there(place.journal_file):
        raise GateError(say("журнала ещё нет: {path}", path=place.journal_file))
    if before.policy == config.policy:
        told = say("настройки [policy] те же, сравнивать нечего: дайте новые, --config ФАЙЛ")
        print(told, file=sys.stderr)
    with Journal(place.journal_file, to_read=True) as journal:
        stored = journal.visits(since=since, limit=MOST_VISITS)
        found = backtest(
            _followed(stored),
            before=before.policy,
            after=config.policy,
        )
        if out_dir is not None:
            page = _page(found, stored, journal, before=before, after=config)
            _write(out_dir / "backtest.html", page)
    if as_json:
        for row in (*found.newly_open, *found.newly_refused, *found.unknown):
            print_json({"type": "changed" if row.changed else "unknown", **_values(row)})
        print_json(
            {"type": "summary", "visits": found.visits, "exits": found.exits, "newly_open": len(found.newly_open),
             "newly_refused": len(found.newly_refused), "unknown": len(found.unknown), "same": found.same,
             "agreed": found.agreed, "known": found.known, "by_hand": found.by_hand, "missing": found.missing, "not_asked": list(found.not_asked)}
        )  # fmt: skip
        return
    for row in (*found.newly_open, *found.newly_refused):
        at = f"{row.record.first.wall.astimezone(config.zone):%d.%m %H:%M:%S}"
        print(f"{at}  {row.record.lane:<8} {_plate(row):<14} {_change(row)}  [{row.record.visit_id[:8]}]")
    print(
        say(
            "въездов {visits}: открылось бы {opened}, отказано бы {refused}, неизвестно {unknown}, без изменений {same};"
            " прежние настройки повторяют решение в {agreed} из {known}",
            visits=found.visits,
            opened=len(found.newly_open),
            refused=len(found.newly_refused),
            unknown=len(found.unknown),
            same=found.same,
            agreed=found.agreed,
            known=found.known,
        )
    )
    for why, count in found.missing.items():
        print(say("неизвестно {count}: {why}", count=count, why=missing_words(why)))
    if found.not_asked:
        print(say("не проверено (нужна запись): {keys}", keys=", ".join(found.not_asked)))
    if out_dir is not None:
        print(out_dir / "backtest.html")


def _followed(stored: Sequence[StoredVisit]) -> Iterator[VisitRecord]:
    with Progress(say("журнал")) as progress:
        for number, one in enumerate(stored):
            progress.at(number, len(stored))
            yield one.record


def _values(row: Compared) -> dict[str, Any]:
    record = row.record
    return {
        "id": record.visit_id,
        "at": record.first.wall.isoformat(timespec="milliseconds"),
        "lane": record.lane,
        "plate": record.plate,
        "before": asdict(row.before),
        "after": asdict(row.after),
    }


def _plate(row: Compared) -> str:
    return row.record.display or row.record.masked or "—"


def _then(record: VisitRecord) -> str:
    """What became of it at the time."""
    why = reason_words(record.reason.value)
    return say("Тогда открыто ({why})", why=why) if record.opened else say("Тогда не открыто ({why})", why=why)


def _change(row: Compared) -> str:
    """Both answers; one, where neither is known and for the same reason."""
    before, after = _told(row.before), _told(row.after)
    return before if row.before.missing is not None and before == after else f"{before} → {after}"


def _told(answer: Again) -> str:
    if answer.opens is None:
        return say("неизвестно: {why}", why=missing_words(answer.missing))
    sign = say("открыть") if answer.opens else say("отказать")
    return f"{sign} ({reason_words(answer.reason)})"


def _page(
    found: Backtest, stored: Iterable[StoredVisit], journal: Journal, *, before: GateConfig, after: GateConfig
) -> str:
    pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    pictures = {one.record.visit_id: one for one in stored}

    def rows(compared: Iterable[Compared]) -> Iterator[dict[str, str]]:
        for row in tuple(compared)[:MOST_SHOWN]:
            kept = pictures[row.record.visit_id]
            yield {
                "picture": _small(journal, kept.frame),
                "crop": _small(journal, kept.plate_crop),
                "plate": _plate(row),
                "at": f"{row.record.first.wall.astimezone(after.zone):%d.%m.%Y %H:%M:%S}",
                "lane": after.shown(row.record.lane),
                "then": _then(row.record),
                "told": _change(row),
                "id": row.record.visit_id[:8],
            }

    sections = (
        (say("Открылось бы впервые"), list(rows(found.newly_open)), len(found.newly_open)),
        (say("Теперь было бы отказано"), list(rows(found.newly_refused)), len(found.newly_refused)),
        (say("Неизвестно"), list(rows(found.unknown)), len(found.unknown)),
    )
    days = sorted(f"{one.record.first.wall.astimezone(after.zone):%d.%m.%Y}" for one in (*pictures.values(),)[:1])
    last = [f"{one.record.first.wall.astimezone(after.zone):%d.%m.%Y}" for one in (*pictures.values(),)[-1:]]
    return pages.get_template("backtest.html").render(
        found=found, sections=sections, site=after.site.name, span=" – ".join((*days, *last)) or "—", say=say,
        missing_words=missing_words, lang=spoken().value, before_file=before.file, after_file=after.file,
    )  # fmt: skip


def _small(journal: Journal, name: str | None) -> str:
    """A picture for the page, as base64; empty if retention has deleted it."""
    raw = journal.snapshots.read(name) if name else None
    if raw is None:
        return ""
    picture = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        return ""
    return base64.b64encode(jpeg(np.asarray(picture, np.uint8), max_width_px=PICTURE_WIDTH_PX, quality=75)).decode()


def _write(file: Path, page: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page, encoding="utf-8")
        file.chmod(0o600)
    except OSError as error:
        raise FileUnusable(file, system_words(error)) from error
