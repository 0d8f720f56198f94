"""The words of the letters, as keys of the catalogue, and a letter made of them in the languages of its reader (ADR 185)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cloud.db.models import Account
from cloud.web.language import Language, read_language, translate

Facts = Callable[[Language], Mapping[str, str]]
BOTH = (Language.RU, Language.EN)
"""For whoever has chosen no language on any page: Russian first."""


@dataclass(frozen=True, slots=True)
class Words:
    """The subject, and the paragraphs of the text."""

    subject: str
    text: tuple[str, ...]


CHOSEN = "Какие письма приходят, выбирают в разделе «Уведомления»."
HELLO = "Здравствуйте!"
CONFIRM_ADDRESS = Words(
    "Подтверждение регистрации в ОКтер",
    (
        HELLO,
        "Чтобы закончить регистрацию в системе ОКтер, пройдите по ссылке и войдите с паролем,\nкоторый вы придумали:\n\n{link}",
        "Если вы не регистрировались, ничего делать не нужно.",
    ),
)
ALREADY_REGISTERED = Words(
    "Регистрация в ОКтер",
    (
        HELLO,
        "Кто-то (возможно, вы) снова указал этот адрес при регистрации в системе ОКтер. Вы уже зарегистрированы.",
        "Вход: {url}/login\nНовый пароль: {url}/reset",
    ),
)
RESET_PASSWORD = Words(
    "Новый пароль в ОКтер",
    (
        HELLO,
        "Чтобы задать новый пароль, пройдите по ссылке (она действует два часа):\n\n{link}",
        "Если вы не просили об этом, ничего делать не нужно: пароль прежний.",
    ),
)
CHANGE_ADDRESS = Words(
    "Новый адрес почты в ОКтер",
    (HELLO, "Чтобы входить в систему ОКтер с этим адресом, пройдите по ссылке:\n\n{link}"),
)
ADDRESS_CHANGED = Words(
    "Адрес почты в ОКтер изменён",
    (
        HELLO,
        (
            "Адрес для входа в систему ОКтер изменён, этот адрес больше не действует. "
            "Если это были не вы, сообщите управляющему вашей территории."
        ),
    ),
)
TELEGRAM_TIED = Words(
    "Уведомления ОКтер подключены в Telegram",
    (
        HELLO,
        (
            "К вашему аккаунту подключён чат Telegram: туда будут приходить уведомления о ваших гостях.\n"
            "Если это были не вы, отключите его в разделе «Уведомления» и смените пароль:\n\n{link}"
        ),
    ),
)
GUEST_REFUSED = Words(
    "Гостя не пропустили: {plate}",
    (
        "Шлагбаум территории «{place}» не пропустил автомобиль {plate} ({when}).",
        "Если это ваш гость (номер может отличаться от заявки одним знаком), пропустите его одним нажатием:\n\n{link}",
        CHOSEN,
    ),
)
GUEST_ARRIVED = Words("Гость приехал: {plate}", ("Автомобиль {plate} въехал на территорию «{place}» ({when}).", CHOSEN))
GUEST_LEFT = Words("Гость уехал: {plate}", ("Автомобиль {plate} выехал с территории «{place}» ({when}).", CHOSEN))
GUEST_PASSED = Words(
    "Гость проехал шлагбаум: {plate}",
    ("Автомобиль {plate} проехал шлагбаум территории «{place}» ({when}). Въехал он или выехал, неизвестно.", CHOSEN),
)
CAME_ON_FOOT = Words(
    "Гости пришли: {names}",
    ("Охранник отметил на территории «{place}»: {names}, пришли {came} из {people} ({when}).", CHOSEN),
)
PASS_ENDING = Words(
    "Заявка скоро закончится: {plate}",
    (
        "Заявка на автомобиль {plate} на территорию «{place}» закончится {when}.",
        "Продлить её можно здесь:\n\n{link}",
        CHOSEN,
    ),
)
ASKS_TO_JOIN = Words(
    "Запрос на подключение: {name}",
    (
        "{name} ({label}) просит подключить к территории «{place}».",
        "Подтвердить или аннулировать запрос:\n\n{link}",
        CHOSEN,
    ),
)
WEBHOOK_OFF = Words(
    "Webhook отключён: {place}",
    (
        (
            "Адрес {url} долго не принимал сообщений о проездах территории «{place}» ({error}),\n"
            "и сообщения туда больше не посылаются."
        ),
        "Когда он снова заработает, включите его здесь:\n\n{link}",
    ),
)
QUIET_HOURS = Words(
    "{title} — территория «{place}»",
    (
        "В ваши тихие часы на территории «{place}»:\n\n{lines}\n\n{link}",
        "Что к их концу уже не так, не сообщается. Тихие часы и то, о чём сообщать, выбирают в разделе «Уведомления».",
    ),
)


def languages_of(account: Account | None) -> Sequence[Language]:
    """The language that the person has chosen on a page; without one, both, Russian first."""
    return BOTH if account is None or account.language is None else (read_language(account.language),)


def made(words: Words, languages: Sequence[Language], facts: Facts) -> tuple[str, str]:
    """Subject, in the first language, and text, with a line between two languages."""
    texts = [
        "\n\n".join(translate(language, part, **facts(language)) for part in words.text) + "\n"
        for language in languages
    ]
    return translate(languages[0], words.subject, **facts(languages[0])), "\n--\n".join(texts)
