"""Words for the values in the database; all of them are catalogue keys."""

from __future__ import annotations

from cloud.db.models import Outcome, Role, Scope
from cloud.domain.answers import Answer, Passage
from cloud.domain.last_digits import Fit
from cloud.domain.listing import PassState
from core.words.reasons import WORDS

ROLES = {Role.RESIDENT: "Резидент", Role.OPERATOR: "Оператор", Role.MANAGER: "Управляющий"}
PASS_STATES = {
    PassState.CURRENT: "Действует",
    PassState.UPCOMING: "Ещё не началась",
    PassState.EXPIRED: "Срок истёк",
    PassState.ENDED: "Завершена",
    PassState.USED: "Использована",
    PassState.BLOCKED: "В списке запрета",
}
REASONS = WORDS
"""The portal uses the gate's words for reasons."""
DECISIONS = {"open": "Открыто", "refuse": "Отказано"}
KINDS = {"visit": "Проезд", "opening": "Открытие", "fault": "Неисправность"}
SCOPES = {Scope.PASSES: "заявки", Scope.JOURNAL: "журнал"}
COMMANDS = {"open": "Открыть", "hold": "Удержать открытым", "release": "Закончить удержание"}
ANSWERS = {
    Answer.WAITING: "ждём ответа шлагбаума",
    Answer.DONE: "выполнено",
    Answer.UNCONFIRMED: "послано, плата не подтвердила",
    Answer.REFUSED: "не выполнено",
    Answer.EXPIRED: "дошла поздно, не выполнено",
    Answer.SILENT: "ответа нет: выполнено ли, неизвестно",
}
PASSAGES = {
    Passage.OPENED: "Открыто",
    Passage.DECIDED: "Открыто",
    Passage.SHUT: "Не открылся",
    Passage.DOUBTFUL: "Открыто, плата не подтвердила",
    Passage.REFUSED: "Отказано",
    Passage.BY_HAND: "Отказано, открыт вручную",
}
LOOKS = {
    Answer.WAITING: "upcoming",
    Answer.DONE: "current",
    Answer.UNCONFIRMED: "upcoming",
    Passage.OPENED: "current",
    Passage.DECIDED: "current",
    Passage.DOUBTFUL: "upcoming",
    Passage.BY_HAND: "upcoming",
}
"""How a badge looks; anything else is `expired`."""
HELD = {
    Outcome.TOLD: "",
    Outcome.STALE: "слишком давно",
    Outcome.UNTRUE: "уже не так",
    Outcome.UNWISHED: "о таком больше не сообщают",
    Outcome.CROWDED: "слишком много ждало",
}
"""Why something that waited for the end of quiet hours was left out."""
FITS = {
    Fit.WHOLE: "Совпали все цифры номера.",
    Fit.REGION: "Совпал конец номера вместе с регионом.",
    Fit.END: "Совпал только конец номера.",
    Fit.UNSURE: "Где у этого номера регион, неизвестно; возможно, совпал конец номера.",
}
"""How the last digits of a called car fit a plate that was read."""
IMPORTS = {
    "waiting": "ждёт своей очереди",
    "reading": "читается",
    "checking": "проверяется",
    "filing": "вносится",
    "again": "ждёт новой попытки",
    "filed": "внесён",
    "problems": "не внесён: есть ошибки",
    "refused": "не внесён",
    "failed": "не внесён: сбой портала",
}
"""How far a file of passes is: the values of `cloud.web.imports.Stage`."""
DIRECTIONS = {"entry": {"въезд", "entry"}, "exit": {"выезд", "exit"}}
"""Lane names that already state their direction, which is then not shown."""
ZONES = {
    "Europe/Kaliningrad": "Калининград",
    "Europe/Moscow": "Москва",
    "Europe/Samara": "Самара",
    "Asia/Yekaterinburg": "Екатеринбург",
    "Asia/Omsk": "Омск",
    "Asia/Novosibirsk": "Новосибирск",
    "Asia/Krasnoyarsk": "Красноярск",
    "Asia/Irkutsk": "Иркутск",
    "Asia/Yakutsk": "Якутск",
    "Asia/Vladivostok": "Владивосток",
    "Asia/Magadan": "Магадан",
    "Asia/Kamchatka": "Камчатка",
    "Europe/Minsk": "Минск",
    "Asia/Almaty": "Алматы",
    "Asia/Tashkent": "Ташкент",
    "Asia/Bishkek": "Бишкек",
    "Asia/Yerevan": "Ереван",
    "Asia/Tbilisi": "Тбилиси",
    "Asia/Baku": "Баку",
    "UTC": "Всемирное время",
}
ACTS = {
    "territory-created": "Создал территорию",
    "territory-arrived": "Территория переехала сюда",
    "join-requested": "Попросил подключить",
    "member-accepted": "Подтвердил запрос",
    "member-annulled": "Аннулировал запрос",
    "member-changed": "Изменил участника",
    "member-removed": "Удалил участника",
    "handed-over": "Передал управление",
    "left": "Покинул территорию",
    "pass-added": "Подал заявку",
    "pass-changed": "Изменил заявку",
    "pass-ended": "Завершил заявку",
    "guest-invited": "Пригласил гостя по ссылке",
    "invitation-revoked": "Отозвал приглашение",
    "pass-by-link": "Гость внёс автомобиль по ссылке",
    "guest-admitted": "Пропустил гостя",
    "foot-added": "Внёс гостей пешком",
    "foot-ended": "Убрал гостей пешком",
    "foot-came": "Отметил гостей пешком",
    "foot-not-come": "Снял отметку гостей пешком",
    "passes-imported": "Загрузил заявки из файла",
    "plate-blocked": "Запретил въезд",
    "plate-unblocked": "Снял запрет",
    "member-promoted": "Назначил управляющего",
    "member-demoted": "Снял управление",
    "object-changed": "Изменил объект",
    "guest-unwelcome": "Просил не пускать к себе",
    "guest-welcome": "Снял просьбу не пускать",
    "territory-closed": "Закрыл территорию",
    "territory-reopened": "Открыл территорию снова",
    "gate-added": "Добавил шлагбаум",
    "gate-renamed": "Переименовал шлагбаум",
    "gate-code": "Запросил код привязки",
    "gate-revoked": "Закрыл доступ устройства",
    "gate-token-wanted": "Велел сменить ключ устройства",
    "gate-rules": "Выбрал правила шлагбаума",
    "gate-update-offered": "Шлагбауму предложено обновление",
    "updates-stopped": "Остановил обновления шлагбаумов",
    "updates-let-go": "Снова разрешил обновления шлагбаумов",
    "command-open": "Послал команду открыть",
    "command-hold": "Послал команду держать открытым",
    "command-release": "Послал команду закончить удержание",
    "call-answered": "Ответил на звонок от шлагбаума",
    "note-added": "Написал примечание",
    "settings-changed": "Изменил настройки",
    "operator-changed": "Изменил оператора данных",
    "api-token-made": "Создал ключ API",
    "api-token-revoked": "Отозвал ключ API",
    "webhook-added": "Добавил webhook",
    "webhook-on": "Включил webhook",
    "webhook-off": "Выключил webhook",
    "webhook-removed": "Удалил webhook",
    "report-exported": "Скачал отчёт",
    "journal-exported": "Скачал журнал",
}
