"""A territory's objects: their members, live passes, labels and quotas."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from cloud import push
from cloud.db.models import FootPass, GateEvent, Membership, MemberState, ObjectQuota, Pass, Territory
from cloud.domain.errors import Invalid
from cloud.domain.objects import object_key
from cloud.domain.passes import is_live
from cloud.domain.territories import MOST_ACCOUNTS_PER_OBJECT


@dataclass(frozen=True, slots=True)
class PlaceObject:
    """One object; `quota` None = the territory's default applies."""

    key: str
    label: str
    people: int
    passes: int
    quota: int | None


def objects_of(session: Session, territory: Territory, *, now: datetime) -> list[PlaceObject]:
    """Every object of a member or a live pass, ordered by its label."""
    people = session.execute(
        select(Membership.object_key, func.max(Membership.object_label), func.count())
        .where(
            Membership.territory_id == territory.id,
            Membership.state == MemberState.ACCEPTED,
            Membership.object_key != "",
        )
        .group_by(Membership.object_key)
    ).all()
    passes = session.execute(
        select(Pass.object_key, func.max(Pass.object_label), func.count())
        .where(Pass.territory_id == territory.id, Pass.object_key != "", Pass.blocked.is_(False), is_live(now))
        .group_by(Pass.object_key)
    ).all()
    quotas = dict(
        session.execute(
            select(ObjectQuota.object_key, ObjectQuota.most).where(ObjectQuota.territory_id == territory.id)
        ).all()
    )
    labels = {key: label for key, label, _ in (*passes, *people)}
    of_people = {key: count for key, _, count in people}
    of_passes = {key: count for key, _, count in passes}
    found = [
        PlaceObject(key, label, of_people.get(key, 0), of_passes.get(key, 0), quotas.get(key))
        for key, label in labels.items()
    ]
    return sorted(found, key=lambda one: _natural(one.label))


def _natural(label: str) -> list[tuple[int, str]]:
    """Sort key that puts «Участок 2» before «Участок 10»."""
    parts = re.split(r"(\d{1,9})", label.casefold())
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]


def rename(session: Session, territory: Territory, key: str, label: str) -> None:
    """Rename an object everywhere: members, passes, guests on foot, quota, and the journal, so that searches find all.

    Raises:
        Invalid: there is no such object, or the new one would have more people than an object may have.
    """
    new = object_key(label)
    people = (Membership.territory_id == territory.id) & (Membership.state == MemberState.ACCEPTED)
    session.execute(select(Territory.id).where(Territory.id == territory.id).with_for_update())
    count = session.scalar(select(func.count()).where(people, Membership.object_key.in_({key, new}))) or 0
    rows = list(session.scalars(select(Pass).where(Pass.territory_id == territory.id, Pass.object_key == key)))
    if not key or not new or (not rows and not count):
        raise Invalid("", "Такого объекта нет.")
    if key != new and count > MOST_ACCOUNTS_PER_OBJECT:
        raise Invalid(
            "object", "Идентификатор объекта уже назначен {n} пользователям, больше нельзя.", n=MOST_ACCOUNTS_PER_OBJECT
        )
    labels = {row.object_label for row in rows}
    labels |= set(session.scalars(select(Membership.object_label).where(people, Membership.object_key == key)))
    session.execute(
        update(Membership)
        .where(Membership.territory_id == territory.id, Membership.object_key == key)
        .values(object_label=label, object_key=new)
    )
    session.execute(
        update(GateEvent)
        .where(GateEvent.territory_id == territory.id, GateEvent.object_label.in_(labels))
        .values(object_label=label)
    )
    session.execute(
        update(FootPass)
        .where(FootPass.territory_id == territory.id, FootPass.object_key == key)
        .values(object_label=label, object_key=new)
    )
    if rows:
        for row, rev in zip(rows, push.next_revs(session, territory.id, len(rows)), strict=True):
            row.object_label, row.object_key, row.rev = label, new, rev
        push.passes_changed(session, territory.id)
    if key != new:
        most = session.scalar(
            select(ObjectQuota.most).where(ObjectQuota.territory_id == territory.id, ObjectQuota.object_key == key)
        )
        set_quota(session, territory, key, None)
        if most is not None:
            set_quota(session, territory, new, most)


def set_quota(session: Session, territory: Territory, key: str, most: int | None) -> None:
    """Give an object its own limit of live passes; None = the territory's default again."""
    mine = (ObjectQuota.territory_id == territory.id) & (ObjectQuota.object_key == key)
    session.execute(delete(ObjectQuota).where(mine))
    if most is not None:
        session.add(ObjectQuota(territory_id=territory.id, object_key=key, most=most))
    session.flush()
