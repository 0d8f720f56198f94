"""The Jinja environment: escaping on, undefined names are errors, and the filters that pages share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context as JinjaContext
from markupsafe import Markup

from cloud.calls.words import CAUSES
from cloud.db.models import FootPass, Invitation, Membership, Pass
from cloud.domain import answers
from cloud.domain.check import hours_of
from cloud.domain.gates import Lane
from cloud.domain.owners import label_of
from cloud.domain.periods import last_day
from cloud.fleet import words as fleet_words
from cloud.plates import show_plate, split_region
from cloud.web import badges, words
from cloud.web.language import Say
from core.words.lanes import LANES

FOLDER = Path(__file__).parent / "html"
STATIC = FOLDER.parent / "static"


def plate(display: str, read_as: str | None = None) -> Markup:
    """A plate as on the car, the region set apart without a space, so that copied text stays in one piece."""
    number, region = split_region(display, read_as)
    tail = Markup('<span class="region">{}</span>').format(region) if region else ""
    return Markup('<span class="plate">{}{}</span>').format(number, tail)


def read_plate_view(canonical: str | None, read_as: str | None = None) -> Markup:
    """A plate read by a camera, in the format in which it was read; a dash if none was read."""
    return plate(show_plate(canonical, read_as), read_as) if canonical else Markup("—")


def phone(number: str) -> str:
    """A Russian number in its usual groups; any other as it is."""
    if len(number) == 12 and number.startswith("+7"):
        return f"+7 {number[2:5]} {number[5:8]}-{number[8:10]}-{number[10:]}"
    return number


def moment(value: datetime | None, zone: ZoneInfo) -> Markup:
    """Date and time in the territory's zone, with the machine-readable instant."""
    if value is None:
        return Markup("—")
    local = value.astimezone(zone)
    return Markup('<time datetime="{}">{}</time>').format(
        local.isoformat(timespec="seconds"), f"{local:%d.%m.%Y %H:%M}"
    )


def clock(value: datetime, zone: ZoneInfo) -> Markup:
    """Time with seconds, for the live feed."""
    local = value.astimezone(zone)
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(timespec="seconds"), f"{local:%H:%M:%S}")


def period(row: Pass | Invitation, zone: ZoneInfo, say: Say) -> str:
    """A pass's period in words; a time appears only if it is not the edge of a day."""
    start = None if row.valid_from is None else row.valid_from.astimezone(zone)
    end = None if row.valid_until is None else row.valid_until.astimezone(zone)
    first = "" if start is None else f"{start:%d.%m.%Y}" + ("" if start.time() == time() else f" {start:%H:%M}")

    def span(first: str, last: str) -> str:
        return f"{first} — {last}" if first else say("до {last}", last=last)

    if end is None:
        text = say("бессрочно с {first}", first=first) if first else say("бессрочно")
    elif end.time() != time():
        text = span(first, f"{end:%d.%m.%Y %H:%M}")
    elif start is not None and start.time() == time() and last_day(end, zone) == start.date():
        text = first
    else:
        text = span(first, f"{last_day(end, zone):%d.%m.%Y}")
    hours = hours_of(row) if isinstance(row, Pass) else None  # an invitation has none
    if hours is not None:
        text = f"{text}, {hours.words_by(say)}"
    return f"{text}, {say('на один въезд')}" if row.one_time else text


def days(row: FootPass, zone: ZoneInfo) -> str:
    """The days of guests on foot; always whole days."""
    first, last = row.valid_from.astimezone(zone).date(), last_day(row.valid_until, zone)
    return f"{first:%d.%m.%Y}" if first == last else f"{first:%d.%m.%Y} — {last:%d.%m.%Y}"


def browser(user_agent: str, say: Say) -> str:
    """A browser's name as its user knows it."""
    names = (("YaBrowser", "Яндекс Браузер"), ("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"),
             ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
    systems = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
               ("Mac OS", "macOS"), ("Linux", "Linux"))  # fmt: skip
    name = next((name for mark, name in names if mark in user_agent), say("Браузер"))
    system = next((system for mark, system in systems if mark in user_agent), "")
    return f"{name}, {system}" if system else name


def sentence(words: str) -> str:
    """The words with a capital letter, for the start of a line."""
    return words[:1].upper() + words[1:]


@pass_context
def word_options(context: JinjaContext, options: Mapping[str, str]) -> list[tuple[str, str]]:
    """Options of a search field: "any", then each value."""
    say: Say = context["t"]
    return [("", say("Любое")), *((value, sentence(say(word))) for value, word in options.items())]


def says_more(lane: Lane) -> bool:
    """Whether a lane's direction adds to its name: a lane called «въезд» need not be labelled «въезд»."""
    return lane.direction in {"entry", "exit"} and lane.name.casefold() not in words.DIRECTIONS[lane.direction]


@pass_context
def lane_name(context: JinjaContext, name: str | None) -> str:
    """A lane's name for people: the default names of a new config are translated."""
    say: Say = context["t"]
    return say(LANES[name]) if name in LANES else name or ""


@pass_context
def kind_options(context: JinjaContext, options: Mapping[str, str]) -> list[tuple[str, str]]:
    """Options of a field that always has exactly one value."""
    say: Say = context["t"]
    return [(str(value), say(word)) for value, word in options.items()]


@pass_context
def zone_options(context: JinjaContext, zones: Sequence[str], current: str) -> list[tuple[str, str]]:
    """Time zones by their cities; the current one stays even if it is not in the list."""
    say: Say = context["t"]
    listed = list(zones) if current in zones or not current else [current, *zones]
    return [(zone, say(words.ZONES[zone]) if zone in words.ZONES else zone) for zone in listed]


@pass_context
def owner_options(context: JinjaContext, members: Sequence[Membership]) -> list[tuple[str, str]]:
    """Members to choose from, with none preselected; the telephone number distinguishes namesakes."""
    say: Say = context["t"]
    found = [(str(row.account_id), f"{label_of(row)} · {phone(row.account.phone)}") for row in members]
    return [("", say("Выберите")), *found]


@pass_context
def territory_choices(context: JinjaContext, territories: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Code and name; the code distinguishes territories of the same name."""
    say: Say = context["t"]
    return [("", say("Любая")), *((code, f"{name} · {code}") for code, name in territories)]


@pass_context
def version_choices(context: JinjaContext, versions: Sequence[tuple[str, int]]) -> list[tuple[str, str]]:
    """Versions with the number of gates that have them."""
    say: Say = context["t"]
    return [("", say("Любая")), *((version, f"{version} · {count}") for version, count in versions)]


def told(words_of: Callable[[Any, Say], str]) -> Callable[..., str]:
    """Words of the fleet in the language of the page."""

    @pass_context
    def words_here(context: JinjaContext, what: Any) -> str:
        return words_of(what, context["t"])

    return words_here


@pass_context
def ago(context: JinjaContext, at: datetime | None) -> str:
    return fleet_words.ago(at, context["page"].now, context["t"])


def static_version(name: str) -> str:
    """The address of a static file, with a version that changes when the file does."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]}"


templates = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
templates.filters.update(
    plate=plate,
    phone=phone,
    read_plate=read_plate_view,
    moment=moment,
    clock=clock,
    period=period,
    days=days,
    browser=browser,
    sentence=sentence,
    shown=show_plate,
    lane_name=lane_name,
)
templates.globals.update(
    static={file.name: static_version(file.name) for file in STATIC.iterdir() if file.is_file()},
    role_words=words.ROLES,
    state_words=words.PASS_STATES,
    decision_words=words.DECISIONS,
    kind_words=words.KINDS,
    reason_words=words.REASONS,
    scope_words=words.SCOPES,
    command_words=words.COMMANDS,
    answer_badge=badges.answer_badge,
    passage_badge=badges.passage_badge,
    passage_look=badges.passage_look,
    passage_words=badges.passage_words,
    answer_within=int(answers.ANSWER_WITHIN.total_seconds()),
    command_lasts=int(answers.COMMAND_LASTS.total_seconds()),
    awaits=badges.awaits,
    away=badges.away,
    awaited=badges.awaited,
    is_fresh=badges.is_fresh,
    relay_silent=badges.relay_silent,
    import_words=words.IMPORTS,
    fit_words=words.FITS,
    act_words=words.ACTS,
    causes=CAUSES,
    word_options=word_options,
    says_more=says_more,
    kind_options=kind_options,
    zone_options=zone_options,
    owner_options=owner_options,
    territory_choices=territory_choices,
    version_choices=version_choices,
    standing_words=fleet_words.STANDINGS,
    phase_words=fleet_words.PHASES,
    stop_words=fleet_words.REASONS,
    verdict_words=fleet_words.VERDICTS,
    finding_words=told(fleet_words.finding),
    list_words=told(fleet_words.list_words),
    disk_words=told(fleet_words.disk_words),
    update_words=told(fleet_words.update_words),
    ago=ago,
)
