"""Which version of policy, agreement and terms a person has accepted, and when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.db.models import Account, Consent

VERSIONS = {
    "2026-11-22": "0f18962d7a10fabed10997e0a19afa63f87800e352fbce53c5a6ab806fd32ccc",
    "2026-11-29": "52c8f4eb262900c4c9fa7a379cb735be7185509b2b246298519aea20e6d7b69e",
    "2026-11-30": "4bff201a0e9f8a9b701ba5d22a4c28b69cbd9f64ecb66ba53406fa3834228091",
    "2026-12-01": "a30c89bb35ff47ab481e81f923c3a53f5541c463fd430aef96b6e2ee7888b389",
}
"""Date of each version of the texts, with the SHA-256 of their page: a changed text is a new version."""
CURRENT = max(VERSIONS)


def accept(session: Session, account: Account, *, address: str, now: datetime, version: str = CURRENT) -> None:
    """Record that the person accepted `version`; the first acceptance of each version is kept."""
    account.consented_at = now
    known = session.scalar(select(Consent.id).where(Consent.account_id == account.id, Consent.version == version))
    if known is None:
        session.add(Consent(account_id=account.id, version=version, at=now, address=address[:64]))


def of(session: Session, account: Account) -> list[Consent]:
    return list(session.scalars(select(Consent).where(Consent.account_id == account.id).order_by(Consent.id)))
