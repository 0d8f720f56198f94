"""Checks the PIN that opening may require, for pages (ADR 84)."""

from __future__ import annotations

from cloud.domain import limits, passwords, pins
from cloud.domain.errors import Invalid
from cloud.web.context import Context


def check_pin(page: Context) -> None:
    """Costs a hash: call it outside of a transaction. Raises Invalid if wrong, missing or tried too often."""
    if not pins.wanted(page.me, page.territory):
        return
    if page.me.pin_hash is None:
        raise Invalid("", "Задайте PIN в разделе «Аккаунт».")
    assert page.device is not None
    tried = f"device:{page.device.id}"
    with page.portal.database.write() as session:
        wait = limits.attempt(session, pins.TRIES, tried, now=page.now)
    if wait:
        raise Invalid("pin", "Слишком много попыток. Попробуйте позже.")
    if not passwords.matches(page.me.pin_hash, page.form.raw("pin")):
        raise Invalid("pin", "Неверный PIN.")
    with page.portal.database.write() as session:
        limits.forget(session, pins.TRIES, tried)
