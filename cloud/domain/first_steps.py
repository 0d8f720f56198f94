"""What a new territory still lacks, judged by its data."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from cloud.db.models import Account, Gate, GateEvent, Membership, MemberState, Pass, Territory


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: `text` and `why` are catalogue keys, `path` is where to do it."""

    text: str
    why: str
    path: str
    done: bool


def steps_of(session: Session, territory: Territory, manager: Account) -> tuple[Step, ...]:
    """The steps of a manager, in their order."""

    def seen(*conditions: object) -> bool:
        return bool(session.scalar(select(exists().where(*conditions))))  # type: ignore[arg-type]

    here = territory.id
    others = seen(
        Membership.territory_id == here,
        Membership.state == MemberState.ACCEPTED,
        Membership.account_id != manager.id,
    )
    base = f"/t/{territory.code}"
    return (
        Step("Пригласите жителей", "Сообщите им код территории и подтвердите их запросы.", f"{base}/people", others),
        Step(
            "Внесите автомобили",
            "Заявки подают жители; списком их можно загрузить из файла.",
            f"{base}/import",
            seen(Pass.territory_id == here, Pass.blocked.is_(False)),
        ),
        Step(
            "Привяжите шлагбаум",
            "Портал даст код, его вводят на устройстве.",
            f"{base}/gates",
            seen(Gate.territory_id == here, Gate.token_hash.is_not(None), Gate.revoked_at.is_(None)),
        ),
        Step(
            "Проедьте сами",
            "Первый проезд появится в журнале.",
            f"{base}/journal",
            seen(GateEvent.territory_id == here),
        ),
        Step(
            "Включите вход с кодом",
            "Ваш пароль открывает шлагбаум всей территории.",
            "/account/second",
            manager.totp_secret is not None,
        ),
    )
