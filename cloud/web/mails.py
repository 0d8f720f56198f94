"""The texts of the messages: Russian first, then English, since nobody knows what the reader reads.

Each is put into the outbox with the transaction that causes it.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cloud.db.models import FootPass, GateEvent, Kind, Membership, Pass
from cloud.plates import show_plate
from cloud.web.briefs import Summary
from cloud.web.language import Language
from cloud.web.portal import Portal

QUIET_LINE = 400
"""Characters that a line of a summary may take; a group of guests on foot has as many names."""


def confirm_address(portal: Portal, session: Session, to: str, token: str) -> None:
    link = f"{portal.settings.public_url}/confirm/{token}"
    _put(
        portal,
        session,
        to,
        "Подтверждение регистрации в ОКтер",
        "Здравствуйте!\n\n"
        "Чтобы закончить регистрацию в системе ОКтер, пройдите по ссылке и войдите с паролем,\n"
        "который вы придумали:\n\n"
        f"{link}\n\n"
        "Если вы не регистрировались, ничего делать не нужно.\n\n"
        "--\n"
        "To finish your registration with OKter, follow the link above and log in with your password.\n"
        "If it was not you, do nothing.\n",
    )


def already_registered(portal: Portal, session: Session, to: str) -> None:
    url = portal.settings.public_url
    _put(
        portal,
        session,
        to,
        "Регистрация в ОКтер",
        "Здравствуйте!\n\n"
        "Кто-то (возможно, вы) снова указал этот адрес при регистрации в системе ОКтер. Вы уже зарегистрированы.\n\n"
        f"Вход: {url}/login\n"
        f"Новый пароль: {url}/reset\n\n"
        "--\n"
        "You are registered with OKter already; log in or set a new password by the links above.\n",
    )


def reset_password(portal: Portal, session: Session, to: str, token: str) -> None:
    link = f"{portal.settings.public_url}/reset/{token}"
    _put(
        portal,
        session,
        to,
        "Новый пароль в ОКтер",
        "Здравствуйте!\n\n"
        "Чтобы задать новый пароль, пройдите по ссылке (она действует два часа):\n\n"
        f"{link}\n\n"
        "Если вы не просили об этом, ничего делать не нужно: пароль прежний.\n\n"
        "--\n"
        "Follow the link above to set a new password; it works for two hours.\n",
    )


def change_address(portal: Portal, session: Session, to: str, token: str) -> None:
    link = f"{portal.settings.public_url}/email/{token}"
    _put(
        portal,
        session,
        to,
        "Новый адрес почты в ОКтер",
        "Здравствуйте!\n\n"
        "Чтобы входить в систему ОКтер с этим адресом, пройдите по ссылке:\n\n"
        f"{link}\n\n"
        "--\n"
        "Follow the link above to use this address for logging in to OKter.\n",
    )


def address_changed(portal: Portal, session: Session, to: str) -> None:
    _put(
        portal,
        session,
        to,
        "Адрес почты в ОКтер изменён",
        "Здравствуйте!\n\n"
        "Адрес для входа в систему ОКтер изменён, этот адрес больше не действует. "
        "Если это были не вы, сообщите управляющему вашей территории.\n\n"
        "--\n"
        "Your OKter log-in address was changed; this one no longer works.\n",
    )


def telegram_tied(portal: Portal, session: Session, to: str) -> None:
    _put(
        portal,
        session,
        to,
        "Уведомления ОКтер подключены в Telegram",
        "Здравствуйте!\n\n"
        "К вашему аккаунту подключён чат Telegram: туда будут приходить уведомления о ваших гостях.\n"
        "Если это были не вы, отключите его в разделе «Уведомления» и смените пароль:\n\n"
        f"{portal.settings.public_url}/account\n\n"
        "--\n"
        "A Telegram chat was tied to your account and will hear of your guests. If it was not you, untie it under "
        "“Notices” and change your password.\n",
    )


def guest_refused(portal: Portal, session: Session, host: Membership, event: GateEvent) -> None:
    """The letter with the link to the one button."""
    link = f"{portal.settings.public_url}/t/{host.territory.code}/guests/{event.id}"
    plate, when = show_plate(event.plate or ""), _local(event, host)
    _put_to(
        portal,
        session,
        host,
        Kind.REFUSED,
        f"Гостя не пропустили: {plate}",
        f"Шлагбаум территории «{host.territory.name}» не пропустил автомобиль {plate} ({when}).\n\n"
        "Если это ваш гость (номер может отличаться от заявки одним знаком), пропустите его одним нажатием:\n\n"
        f"{link}\n\n"
        "Какие письма приходят, выбирают в разделе «Уведомления».\n\n"
        "--\n"
        "The barrier did not admit your guest's car; let it in by the link above.\n",
    )


def guest_arrived(portal: Portal, session: Session, host: Membership, event: GateEvent) -> None:
    plate, when = show_plate(event.plate or ""), _local(event, host)
    _put_to(
        portal,
        session,
        host,
        Kind.ARRIVED,
        f"Гость приехал: {plate}",
        f"Автомобиль {plate} въехал на территорию «{host.territory.name}» ({when}).\n\n"
        "Какие письма приходят, выбирают в разделе «Уведомления».\n\n"
        "--\n"
        "Your guest's car has come in.\n",
    )


def guest_left(portal: Portal, session: Session, host: Membership, event: GateEvent) -> None:
    plate, when = show_plate(event.plate or ""), _local(event, host)
    _put_to(
        portal,
        session,
        host,
        Kind.LEFT,
        f"Гость уехал: {plate}",
        f"Автомобиль {plate} выехал с территории «{host.territory.name}» ({when}).\n\n"
        "Какие письма приходят, выбирают в разделе «Уведомления».\n\n"
        "--\n"
        "Your guest's car has gone out.\n",
    )


def came_on_foot(portal: Portal, session: Session, host: Membership, row: FootPass) -> None:
    assert row.came_at is not None
    when = f"{row.came_at.astimezone(ZoneInfo(host.territory.timezone)):%d.%m.%Y %H:%M}"
    _put_to(
        portal,
        session,
        host,
        Kind.ON_FOOT,
        f"Гости пришли: {row.names}",
        f"Охранник отметил на территории «{host.territory.name}»: {row.names}, пришли {row.came} из {row.people} ({when}).\n\n"
        "Какие письма приходят, выбирают в разделе «Уведомления».\n\n"
        "--\n"
        "The guard has marked your guests on foot as come.\n",
    )


def pass_ending(portal: Portal, session: Session, host: Membership, pass_: Pass) -> None:
    assert pass_.valid_until is not None
    link = f"{portal.settings.public_url}/t/{host.territory.code}/passes/{pass_.id}"
    when = f"{pass_.valid_until.astimezone(ZoneInfo(host.territory.timezone)):%d.%m.%Y %H:%M}"
    _put_to(
        portal,
        session,
        host,
        Kind.ENDING,
        f"Заявка скоро закончится: {pass_.plate_display}",
        f"Заявка на автомобиль {pass_.plate_display} на территорию «{host.territory.name}» закончится {when}.\n\n"
        f"Продлить её можно здесь:\n\n{link}\n\n"
        "Какие письма приходят, выбирают в разделе «Уведомления».\n\n"
        "--\n"
        "Your pass is about to end; you can extend it by the link above.\n",
    )


def asks_to_join(portal: Portal, session: Session, manager: Membership, name: str, label: str) -> None:
    link = f"{portal.settings.public_url}/t/{manager.territory.code}/people"
    _put_to(
        portal,
        session,
        manager,
        Kind.JOINING,
        f"Запрос на подключение: {name}",
        f"{name} ({label}) просит подключить к территории «{manager.territory.name}».\n\n"
        f"Подтвердить или аннулировать запрос:\n\n{link}\n\n"
        "Какие письма приходят, выбирают в разделе «Уведомления».\n\n"
        "--\n"
        "Somebody asks to join your territory; decide by the link above.\n",
    )


def webhook_off(portal: Portal, session: Session, manager: Membership, url: str, error: str) -> None:
    link = f"{portal.settings.public_url}/t/{manager.territory.code}/webhooks"
    _put_to(
        portal,
        session,
        manager,
        Kind.WEBHOOK,
        f"Webhook отключён: {manager.territory.name}",
        f"Адрес {url} долго не принимал сообщений о проездах территории «{manager.territory.name}» ({error}),\n"
        "и сообщения туда больше не посылаются.\n\n"
        f"Когда он снова заработает, включите его здесь:\n\n{link}\n\n"
        "--\n"
        "A webhook of your territory failed for days and was switched off; switch it on again by the link above.\n",
    )


def quiet_hours(portal: Portal, session: Session, to: Membership, summary: Summary) -> None:
    """What was held back in their quiet hours, all of it."""
    title, lines = summary.words(Language.RU, room=100 * QUIET_LINE)
    _put_to(
        portal,
        session,
        to,
        None,
        f"{title} — {to.territory.name}",
        f"Пока вас просили не беспокоить, на территории «{to.territory.name}»:\n\n"
        f"{lines}\n\n"
        f"{portal.settings.public_url}/t/{to.territory.code}{summary.path}\n\n"
        "Тихие часы и то, о чём сообщать, выбирают в разделе «Уведомления».\n\n"
        "--\n"
        "What happened in your quiet hours; what was no longer so when they ended is left out.\n",
    )


def _local(event: GateEvent, host: Membership) -> str:
    return f"{event.placed_at.astimezone(ZoneInfo(host.territory.timezone)):%d.%m.%Y %H:%M}"


def _put(portal: Portal, session: Session, to: str, subject: str, text: str) -> None:
    portal.outbox.put(session, to=to, subject=subject, text=text)


def _put_to(portal: Portal, session: Session, to: Membership, kind: Kind | None, subject: str, text: str) -> None:
    """To somebody as a member of a territory; without a kind it can wait for the end of their quiet hours."""
    portal.outbox.put(session, to=to.account.email, subject=subject, text=text, member=to, kind=kind)
