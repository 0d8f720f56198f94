"""The short messages shown once after a change, by the key that travels in a cookie."""

from __future__ import annotations

NOTICES = {
    "pass-added": "Номер внесён в систему и виден при проезде.",
    "pass-added-unusual": "Номер внесён в систему. Проверьте его: он не похож на российский.",
    "pass-changed": "Заявка изменена.",
    "pass-ended": "Заявка завершена, въезд по ней закрыт.",
    "passes-imported": "Заявки из файла внесены.",
    "blocked": "Номер внесён в список запрета.",
    "unblocked": "Номер убран из списка запрета.",
    "territory-created": "Территория создана. Вы её управляющий.",
    "join-requested": "Запрос отправлен. Управляющий должен его подтвердить.",
    "member-accepted": "Запрос подтверждён.",
    "member-annulled": "Запрос аннулирован.",
    "member-changed": "Участник изменён.",
    "member-removed": "Участник удалён, его заявки завершены.",
    "handed-over": "Управление передано.",
    "left": "Вы вышли из территории.",
    "gate-renamed": "Шлагбаум переименован.",
    "gate-revoked": "Доступ устройства закрыт.",
    "command-sent": "Команда отправлена.",
    "note-saved": "Примечание сохранено.",
    "settings-saved": "Настройки сохранены.",
    "profile-saved": "Данные сохранены.",
    "password-changed": "Пароль изменён. На других устройствах вход завершён.",
    "mail-sent": "Письмо отправлено. Пройдите по ссылке из него.",
    "email-changed": "Адрес электронной почты изменён.",
    "device-removed": "Вход на устройстве завершён.",
    "logged-out": "Вы вышли из системы.",
    "account-deleted": "Аккаунт и личные данные удалены.",
}
