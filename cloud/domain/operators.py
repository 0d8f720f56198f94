"""Data controllers for personal data («оператор» in 152-ФЗ): the portal's owner, and whoever runs a territory."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cloud.db.models import Account, Membership, MemberState, Territory
from cloud.domain.accounts import read_email
from cloud.domain.errors import Invalid
from cloud.settings import OperatorDetails, well_formed_inn

LONGEST_NAME, LONGEST_ADDRESS = 200, 300


def read_details(name: str, inn: str, address: str, email: str) -> OperatorDetails:
    """Parse the form: all fields, or none to state nothing. Raises `Invalid`."""
    name, address, inn = " ".join(name.split()), " ".join(address.split()), "".join(inn.split())
    email = email.strip()
    if not (name or address or inn or email):
        return OperatorDetails()
    if not name or len(name) > LONGEST_NAME:
        raise Invalid("operator_name", "Введите название, как в уставе, или фамилию, имя и отчество.")
    if not well_formed_inn(inn):
        raise Invalid("operator_inn", "ИНН — 10 или 12 цифр, последние — контрольные. Проверьте, нет ли опечатки.")
    if not address or len(address) > LONGEST_ADDRESS:
        raise Invalid("operator_address", "Введите адрес, по которому можно написать.")
    try:
        email = read_email(email)
    except Invalid as error:
        raise Invalid("operator_email", error.text) from None
    return OperatorDetails(name, inn, address, email)


def of_territory(territory: Territory) -> OperatorDetails:
    return OperatorDetails(
        territory.operator_name, territory.operator_inn, territory.operator_address, territory.operator_email
    )


def keep(territory: Territory, details: OperatorDetails) -> None:
    territory.operator_name, territory.operator_inn = details.name, details.inn
    territory.operator_address, territory.operator_email = details.address, details.email


def territories_of(session: Session, account: Account) -> list[Territory]:
    """The territories that received a person's data: those they belong to, and those they asked to join."""
    rows = session.scalars(
        select(Membership)
        .options(joinedload(Membership.territory))
        .where(
            Membership.account_id == account.id,
            Membership.state.in_((MemberState.ACCEPTED, MemberState.REQUESTED)),
        )
        .order_by(Membership.id)
    )
    return [row.territory for row in rows]
