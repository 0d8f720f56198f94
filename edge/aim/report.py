"""The acceptance as a page to print: one self-contained file that includes its picture."""

from __future__ import annotations

import base64
from datetime import tzinfo
from html import escape
from types import MappingProxyType

from edge.aim.judge import State
from edge.aim.record import Acceptance
from edge.language import say, spoken

_STYLE = """
:root { color-scheme: light; } body { font: 15px/1.45 system-ui, sans-serif; max-width: 820px; margin: 24px auto; padding: 0 16px;
color: #12181f; background: #fff; } h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 22px 0 6px; }
p { margin: 4px 0; } .dim { color: #51606e; } img { width: 100%; border-radius: 8px; margin-top: 10px; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: 6px 8px; border-bottom: 1px solid #ccd4dc;
vertical-align: top; } th { font-weight: 600; } .good { color: #0b6b36; font-weight: 700; } .bad { color: #b3261e; font-weight: 700; }
.sign { display: grid; grid-template-columns: 1fr 1fr; gap: 40px; margin-top: 44px; } .sign span { border-top: 1px solid #12181f;
padding-top: 4px; } @media print { body { margin: 0; max-width: none; } tr, img { break-inside: avoid; } }
"""
_MARKS = MappingProxyType({State.GOOD: "✓", State.BAD: "✗", State.UNKNOWN: "?"})


def page(record: Acceptance, jpeg: bytes | None, *, zone: tzinfo) -> str:
    """The whole document, in the current language."""
    at = f"{record.at.astimezone(zone):%d.%m.%Y %H:%M}"
    well = say("Принято: всё в порядке") if record.complete else say("Принято с замечаниями")
    head = say("Приёмка проезда «{title}»", title=record.title)
    begin = (
        f'<!doctype html><html lang="{spoken().value}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(head)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(head)}</h1>"
    )
    parts = [
        begin,
        f'<p class="dim">{escape(record.site)} · {escape(record.lane)} · {at}</p>',
        f'<p class="{"good" if record.complete else "bad"}">{escape(well)}</p>',
    ]
    if record.by:
        parts.append(f"<p>{escape(say('Принял: {by}', by=record.by))}</p>")
    if record.note:
        parts.append(f"<p>{escape(say('Замечание: {note}', note=record.note))}</p>")
    if jpeg is not None:
        data = base64.b64encode(jpeg).decode()
        alt = escape(say("Кадр при приёмке"), quote=True)
        parts.append(f'<img src="data:image/jpeg;base64,{data}" alt="{alt}">')
    parts.append(f"<h2>{escape(say('Замеры'))}</h2>{_measures(record)}")
    parts.append(f"<h2>{escape(say('Пробные проезды'))}</h2>{_passes(record, zone)}")
    parts.append(
        f'<p class="sign"><span>{escape(say("Техник, подпись"))}</span><span>{escape(say("Заказчик, подпись"))}</span></p>'
        "</body></html>"
    )
    return "\n".join(parts)


def _measures(record: Acceptance) -> str:
    names = ("", say("Что"), say("Измерено"), say("Надо"), say("Чем лечить"))
    lines = [
        f'<tr><td class="{row.state.value}">{_MARKS[row.state]}</td><td>{escape(row.name)}</td><td>{escape(row.value)}</td>'
        f"<td>{escape(row.limit)}</td><td>{escape(row.cure)}</td></tr>"
        for row in record.rows
    ]
    return _table(names, lines)


def _passes(record: Acceptance, zone: tzinfo) -> str:
    if not record.passes:
        return f"<p>{escape(say('Не было.'))}</p>"
    names = (say("Когда"), say("Номер"), say("Решение"), say("Кадров"), say("Уверенность"))
    lines = [
        f"<tr><td>{one.at.astimezone(zone):%d.%m %H:%M:%S}</td><td>{escape(one.plate) or '—'}</td>"
        f"<td>{escape(one.decision)}</td><td>{one.reads} / {one.frames}</td><td>{one.confidence:.1%}</td></tr>"
        for one in record.passes
    ]
    return _table(names, lines)


def _table(names: tuple[str, ...], lines: list[str]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
