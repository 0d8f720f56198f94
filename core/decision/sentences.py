"""One sentence for each rule in a trace, in Russian and English, and the words for its facts. Data."""

from __future__ import annotations

from types import MappingProxyType

from core.decision.trace import Rule
from core.words.outcomes import OUTCOME_WORDS, PASSED_WORDS, Outcome, Passed

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
        Rule.LIST_AGE_UNKNOWN: (
            "Возраст списка облака неизвестен, а задан предел: его пропуска не действуют.",
            "The cloud list's age is not known, and a limit is set: its passes do not hold.",
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
        Rule.CUT_OFF: (
            "Программа прервалась раньше, чем записала этот проезд: какая машина была перед шлагбаумом, неизвестно.",
            "The program was cut off before it recorded this visit: which vehicle was at the barrier is not known.",
        ),
    }
)


RUSSIAN_WORDS = MappingProxyType(
    {
        "0 h": "меньше часа",
        "… – …": "без срока",
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
        **OUTCOME_WORDS,
        **PASSED_WORDS,
    }
)
"""Words for fact values that are codes of the program, for Russian readers."""


ENGLISH_WORDS = MappingProxyType(
    {
        "0 h": "less than an hour",
        "… – …": "without an end",
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
        Passed.BACKED_OUT.value: "backed out",
        Outcome.UNCONFIRMED.value: "sent, not confirmed by the board",
    }
)
"""The same for English readers, where the code itself is not an English phrase."""
