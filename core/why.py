"""The rules that decide, and one sentence for each, Russian and English: the text of the "why card"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, tzinfo
from enum import StrEnum
from types import MappingProxyType

from core.language import Language, translate
from core.plates import display, is_canonical
from core.reasons import WORDS
from core.record import TraceStep, VisitRecord
from core.schedule import hours_in_words


class Rule(StrEnum):
    """Codes of `TraceStep.rule`."""

    SIGHTED = "sighted"
    SEEN = "seen"
    READ = "read"
    EXACT_MATCH = "exact_match"
    NEAR_MATCH = "near_match"
    TWO_WITHIN_REACH = "two_within_reach"
    REGION_HIDDEN = "region_hidden"
    NOT_BORNE_OUT = "not_borne_out"
    NOT_LISTED = "not_listed"
    LIST_UNREAD = "list_unread"
    PASS_HOLDS = "pass_holds"
    PASS_NOT_STARTED = "pass_not_started"
    OUTSIDE_HOURS = "outside_hours"
    HOURS_UNKNOWN = "hours_unknown"
    PASS_OVER = "pass_over"
    PASS_USED = "pass_used"
    PASS_REVOKED = "pass_revoked"
    PLATE_BLOCKED = "plate_blocked"
    ALREADY_INSIDE = "already_inside"
    LIST_AGE = "list_age"
    LIST_TOO_OLD = "list_too_old"
    CLOCK_UNTRUSTED = "clock_untrusted"
    EXIT_FREE = "exit_free"
    NO_CONSENSUS = "no_consensus"
    LOW_CONFIDENCE = "low_confidence"
    UNREADABLE = "unreadable"
    FRAME_TOO_OLD = "frame_too_old"
    FRAME_FROZEN = "frame_frozen"
    NO_PLATE_NOW = "no_plate_now"
    NOT_ARRIVED = "not_arrived"
    BEHIND = "behind"
    CONVOY = "convoy"
    CAMERA_AGREES = "camera_agrees"
    CAMERA_DIFFERS = "camera_differs"
    CAMERA_STALE = "camera_stale"
    ASKED = "asked"
    ANSWERED = "answered"
    OPENED_BY = "opened_by"
    STILL_THERE = "still_there"
    PARKED = "parked"
    KEPT_IN = "kept_in"
    PASSAGE = "passage"
    CONSUMED = "consumed"
    GONE = "gone"
    STOPPED = "stopped"


SENTENCES = MappingProxyType(
    {
        Rule.SIGHTED: ("Замечено в кадре: {kind} ({ground}).", "Noticed in the picture: {kind} ({ground})."),
        Rule.SEEN: ("Машина замечена: {how}.", "The vehicle was noticed: {how}."),
        Rule.READ: (
            "По {pictures} разным кадрам из {reads} прочитан номер {plate}, уверенность {confidence}.",
            "From {pictures} different pictures out of {reads} the plate {plate} was read, confidence {confidence}.",
        ),
        Rule.EXACT_MATCH: (
            "Номер {plate} есть в списке (пропуск {pass}).",
            "Plate {plate} is on the list (pass {pass}).",
        ),
        Rule.NEAR_MATCH: (
            "Прочитано {read} не без сомнений, подходит только {plate} (пропуск {pass}): риск пустить чужого по этому списку {risk} при допустимом {budget}.",
            "Read {read} not beyond doubt, only {plate} fits (pass {pass}): the risk of letting a stranger in by this list is {risk}, allowed {budget}.",
        ),
        Rule.TWO_WITHIN_REACH: (
            "Прочитано {read}, подходят два пропуска: {one} и {other}; наугад не открываем.",
            "Read {read}, two passes fit: {one} and {other}; no opening on a guess.",
        ),
        Rule.REGION_HIDDEN: (
            "Прочитано {plate} без кода региона: такой номер не сверяется, чтобы не впустить чужого.",
            "Read {plate} without a region code: it is not matched, so as not to let a stranger in.",
        ),
        Rule.NOT_BORNE_OUT: (
            "Прочитано {plate}: ни на одном кадре номер не виден уверенно целиком или кадры спорят; по сумме догадок не открываем.",
            "Read {plate}: no single picture is sure of the whole plate, or the pictures disagree; no opening on a sum of guesses.",
        ),
        Rule.NOT_LISTED: ("Номера {plate} нет в списке.", "Plate {plate} is not on the list."),
        Rule.LIST_UNREAD: (
            "Список пропусков не прочитан, есть ли в нём {plate}, неизвестно.",
            "The pass list could not be read; whether {plate} is on it is not known.",
        ),
        Rule.PASS_HOLDS: ("Пропуск {pass} действует: {period}.", "Pass {pass} holds: {period}."),
        Rule.PASS_NOT_STARTED: ("Пропуск {pass} начнёт действовать {start}.", "Pass {pass} starts at {start}."),
        Rule.OUTSIDE_HOURS: (
            "Пропуск {pass} действует {hours}; снова с {start}.",
            "Pass {pass} holds {hours}; again from {start}.",
        ),
        Rule.HOURS_UNKNOWN: (
            "Пропуск {pass} действует {hours}, а часам нельзя верить: не открываем наугад.",
            "Pass {pass} holds {hours}, and the clock cannot be trusted: no opening on a guess.",
        ),
        Rule.PASS_OVER: ("Пропуск {pass} истёк {end}.", "Pass {pass} ended at {end}."),
        Rule.PASS_USED: ("Разовый пропуск {pass} уже использован.", "One-time pass {pass} has been used."),
        Rule.PASS_REVOKED: ("Пропуск {pass} отозван.", "Pass {pass} was withdrawn."),
        Rule.PLATE_BLOCKED: ("Номер {plate} заблокирован ({pass}).", "Plate {plate} is blocked ({pass})."),
        Rule.ALREADY_INSIDE: (
            "Номер {plate} въехал {since} и не выезжал: второй раз не впускаем.",
            "Plate {plate} came in at {since} and was not seen to leave: it is not let in twice.",
        ),
        Rule.LIST_AGE: ("Список {version}, возраст {age}.", "List {version}, {age} old."),
        Rule.LIST_TOO_OLD: (
            "Список облака старше допустимого ({age}): его пропуска не действуют.",
            "The cloud list is older than allowed ({age}): its passes do not hold.",
        ),
        Rule.CLOCK_UNTRUSTED: (
            "Часам нельзя верить: взято время не раньше {floor}.",
            "The clock cannot be trusted: the time taken is no earlier than {floor}.",
        ),
        Rule.EXIT_FREE: ("Выезд свободен для всех.", "The exit is free for everybody."),
        Rule.NO_CONSENSUS: (
            "Кадров, сошедшихся на номере, мало: {agreeing} из {needed}.",
            "Too few frames agree on the plate: {agreeing} of {needed}.",
        ),
        Rule.LOW_CONFIDENCE: (
            "Уверенность чтения {confidence} ниже порога {needed}.",
            "The reading's confidence {confidence} is below the threshold {needed}.",
        ),
        Rule.UNREADABLE: ("Номер прочитать не удалось: {why}.", "The plate could not be read: {why}."),
        Rule.FRAME_TOO_OLD: (
            "Кадр устарел на {age}: по нему не открываем.",
            "The frame is {age} old: no opening on it.",
        ),
        Rule.FRAME_FROZEN: ("Картинка застыла: по ней не открываем.", "The picture is frozen: no opening on it."),
        Rule.NO_PLATE_NOW: (
            "В этом кадре номера не видно: ждём следующего.",
            "No plate in this frame: waiting for the next.",
        ),
        Rule.NOT_ARRIVED: (
            "Этому номеру здесь уже открывали, и с тех пор машина не сдвинулась: второй раз не открываем.",
            "This plate was opened for here and the vehicle has not moved since: no second opening.",
        ),
        Rule.BEHIND: ("Перед этой машиной стоит другая.", "Another vehicle stands before this one."),
        Rule.CAMERA_AGREES: (
            "Камера сама прочитала то же: {plate}.",
            "The camera itself has read the same: {plate}.",
        ),
        Rule.CAMERA_DIFFERS: (
            "Камера сама прочитала другое, {said}: её чтение ничего не решает.",
            "The camera itself has read something else, {said}: its reading decides nothing.",
        ),
        Rule.CAMERA_STALE: (
            "Камера сама прочитала {said}, но когда, неизвестно или давно: не считается.",
            "The camera itself has read {said}, but when is not known, or long ago: not counted.",
        ),
        Rule.CONVOY: (
            "Впереди машина, которой уже открыто: колонна идёт без остановки.",
            "The vehicle ahead has been opened for: the convoy goes on without a stop.",
        ),
        Rule.ASKED: ("Реле попросили открыть ({reason}).", "The relay was asked to open ({reason})."),
        Rule.ANSWERED: ("Реле ответило: {outcome} {detail}", "The relay answered: {outcome} {detail}"),
        Rule.OPENED_BY: ("Шлагбаум открыт помимо решения: {reason}.", "The barrier was opened otherwise: {reason}."),
        Rule.STILL_THERE: (
            "Машина всё ещё здесь через {age} после открытия: снова откроем, только когда она тронется.",
            "The vehicle is still there {age} after the opening: it is opened for again only once it moves.",
        ),
        Rule.PARKED: (
            "Машина стоит {age}: считается припаркованной.",
            "The vehicle has stood for {age}: taken as parked.",
        ),
        Rule.KEPT_IN: (
            "Машину не удаётся выпустить уже {age}: дальше новый визит, попытки продолжаются.",
            "The vehicle could not be let out for {age}: a new visit follows and keeps trying.",
        ),
        Rule.PASSAGE: ("Проезд: {outcome}.", "Passage: {outcome}."),
        Rule.CONSUMED: ("Разовый пропуск {pass} использован.", "One-time pass {pass} is used up."),
        Rule.GONE: ("Машина уехала.", "The vehicle has gone."),
        Rule.STOPPED: ("Наблюдение прекращено.", "Watching has stopped."),
    }
)


RUSSIAN_WORDS = MappingProxyType(
    {
        "plate": "по номеру",
        "vehicle": "по силуэту",
        "loop": "по петле",
        "part": "часть машины, которую уже видно",
        "parked": "стоит там же, где ей уже открывали",
        "sign": "надпись, а не машина",
        "echo": "проезжает машина, которой только что открыли",
        "light": "свет, а не машина",
        "other_way": "едет в другую сторону",
        "unknown": "увидено слишком мало",
        "light_only": "изменилась только освещённость",
        "stands_since_opening": "с открытия не сдвинулась",
        "just_let_through": "открыто только что",
        "came_back": "той же машине только что открывали",
        "on_a_car": "на машине с читаемым номером",
        "plate_of_a_visit": "номер машины, которую уже заметили",
        "goes_away": "удаляется от шлагбаума",
        "which_way": "ещё неясно, куда едет",
        "corner": "в углу картинки, не движется",
        "never_moved": "не движется и читается не как номер",
        "behind_a_car": "за другой машиной",
        "no_plate_now": "номера в кадре нет",
        "too_few_frames": "слишком мало кадров",
        "again": "она ещё здесь",
        "no plate": "номера не видно",
        "no answer": "ответа не было",
        "asked": "попросили",
        "done": "выполнено",
        "unconfirmed": "послано, плата не подтвердила",
        "failed": "не получилось",
        "refused": "отказано",
        "expired": "просьба устарела",
        "passed": "машина проехала",
        "backed_out": "машина сдала назад",
        "followed": "следом проехала другая",
    }
)
"""Facts that are words of the program, as Russian readers are told them."""


ENGLISH_WORDS = MappingProxyType(
    {
        "part": "part of a vehicle in view already",
        "parked": "stands where it was opened for",
        "sign": "a sign, not a vehicle",
        "echo": "a vehicle just let through drives on",
        "light": "light, not a vehicle",
        "other_way": "goes the other way",
        "unknown": "too little was seen",
        "light_only": "only the light has changed",
        "stands_since_opening": "has not moved since the opening",
        "just_let_through": "opened for a moment ago",
        "came_back": "the same vehicle was just opened for",
        "on_a_car": "on a vehicle whose plate reads",
        "plate_of_a_visit": "plate of a vehicle met already",
        "goes_away": "moves away from the barrier",
        "which_way": "not yet known which way it goes",
        "corner": "in a corner of the picture, does not move",
        "never_moved": "does not move and reads as no plate",
        "behind_a_car": "behind another vehicle",
        "no_plate_now": "no plate in the frame",
        "too_few_frames": "too few frames",
        "backed_out": "backed out",
        "unconfirmed": "sent, not confirmed by the board",
    }
)
"""The same for English readers, where the code itself is no English."""


class _Facts(dict[str, str]):
    """A fact that an older record does not have is shown as a dash."""

    def __missing__(self, key: str) -> str:
        return "–"


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:\+\d\d:\d\d|Z)")


def _local(value: str, zone: tzinfo | None) -> str:
    """Moments in a fact as the site's people have them on the wall; what only looks like one stays as it is."""

    def shown(found: re.Match[str]) -> str:
        try:
            return f"{datetime.fromisoformat(found[0]).astimezone(zone):%d.%m.%Y %H:%M}"
        except (ValueError, OverflowError):
            return found[0]

    return value if zone is None else _MOMENT.sub(shown, value)


def _on_the_road(name: str, value: str) -> str:
    return display(value) if name in {"plate", "read", "said", "one", "other"} and is_canonical(value) else value


def _in_russian(value: str) -> str:
    seconds = value.removesuffix(" s")
    if seconds != value:
        return f"{seconds} с"
    return WORDS.get(value) or RUSSIAN_WORDS.get(value, value)


def _in_english(value: str) -> str:
    return translate(Language.EN, WORDS[value]) if value in WORDS else ENGLISH_WORDS.get(value, value)


def word_of(value: str) -> tuple[str, str]:
    """One fact as people read it, Russian and English."""
    return _in_russian(value), _in_english(value)


def sentence(step: TraceStep, *, zone: tzinfo | None = None) -> tuple[str, str]:
    """One rule as people read it, Russian and English; a rule unknown to this version is shown by its code.

    `zone`: of the site: moments among the facts are told in it, and plates as they stand on the road; None leaves both
    as they were recorded.
    """
    try:
        templates = SENTENCES[Rule(step.rule)]
    except ValueError:
        shown = f"{step.rule}: {', '.join(f'{name} {value}' for name, value in step.facts)}"
        return shown, shown
    facts = step.facts if zone is None else tuple((name, _on_the_road(name, value)) for name, value in step.facts)
    told = _Facts((name, _local(_in_russian(value), zone)) for name, value in facts)
    told_en = _Facts((name, _local(_in_english(value), zone)) for name, value in facts)
    if "hours" in told:
        kept = dict(step.facts)["hours"]
        told["hours"], told_en["hours"] = hours_in_words(kept, Language.RU), hours_in_words(kept, Language.EN)
    return templates[0].format_map(told).strip(), templates[1].format_map(told_en).strip()


def sentences(record: VisitRecord, *, zone: tzinfo | None = None) -> tuple[tuple[str, str], ...]:
    """The whole trace of a record, in order."""
    return tuple(sentence(step, zone=zone) for step in record.trace)


def step_of(rule: Rule, mono: float, **facts: str) -> TraceStep:
    """A trace step; facts keep the order given."""
    return TraceStep(rule.value, mono, tuple((name.rstrip("_"), value) for name, value in facts.items()))


def extended(trace: tuple[TraceStep, ...], steps: Iterable[TraceStep], *, most: int = 40) -> tuple[TraceStep, ...]:
    """The trace with steps that say something new; a rule repeated with the same facts is said once.

    When it is full, the first half stays (how it began) and the oldest of the rest go.
    """
    grown = list(trace)
    for step in steps:
        if any(old.rule == step.rule and old.facts == step.facts for old in grown):
            continue
        if len(grown) >= most:
            del grown[most // 2]
        grown.append(step)
    return tuple(grown)
