"""The texts of 152-ФЗ: who answers, for what, how long; and that what they promise is what the program does."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.app import create_app
from cloud.db.models import Account, Territory, utc_now
from cloud.domain import accounts, consent, held, registering, retention
from cloud.settings import OperatorDetails, Settings, SettingsInvalid, operator_details, well_formed_inn

DETAILS = {
    "operator_name": "СНТ «Ромашка»",
    "operator_inn": "7707083893",
    "operator_address": "Москва, Лесная, 1",
    "operator_email": "Pravlenie@Example.RU",
}
ENVIRONMENT = {
    "OKTER_OPERATOR_NAME": "ООО «Портал»",
    "OKTER_OPERATOR_INN": "500100732259",
    "OKTER_OPERATOR_ADDRESS": "Тверь, Садовая, 2",
    "OKTER_OPERATOR_EMAIL": "privacy@example.ru",
}


def test_a_territory_names_its_operator(world, place, make_place):
    """What the manager typed stands in the policy of who belongs to the territory or asked to, and of nobody else."""
    other, manager = make_place("B"), world.as_(place.manager)
    answer = manager.post(f"/t/{place.territory.code}/operator", **DETAILS)
    assert 303 == answer.status_code

    for person in (place.resident, place.asking):
        page = world.as_(person).get("/legal/policy").text
        assert all(
            text in page for text in ("СНТ «Ромашка»", "7707083893", "Москва, Лесная, 1", "pravlenie@example.ru")
        )
        assert "хранятся 90 дней" in page
    for page in (world.as_(other.resident).get("/legal/policy").text, world.visitor().get("/legal/policy").text):
        assert "Ромашка" not in page
    assert "Управляющий ещё не указал реквизиты" in world.as_(other.resident).get("/legal/policy").text
    assert "Изменил оператора данных" in manager.get(f"/t/{place.territory.code}/acts").text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("operator_name", ""),
        ("operator_inn", "7707083894"),
        ("operator_inn", ""),
        ("operator_inn", "77070838"),
        ("operator_address", ""),
        ("operator_email", "нет"),
    ],
)
def test_half_an_operator_is_none(world, place, field, value):
    """All four details are wanted, with an ИНН whose check digits are right; what was there stays."""
    manager, path = world.as_(place.manager), f"/t/{place.territory.code}/operator"
    manager.post(path, **DETAILS)

    assert 422 == manager.post(path, **DETAILS | {field: value}).status_code

    with world.database.read() as session:
        assert "7707083893" == session.get(Territory, place.territory.id).operator_inn
    assert 303 == manager.post(path, **dict.fromkeys(DETAILS, "")).status_code
    assert "ещё не указал" in manager.get("/legal/policy").text


def test_the_portals_operator_is_named_to_everybody(world):
    """Who runs the portal names themselves by the environment; the page without it says whom to ask."""
    assert "Реквизиты спросите у управляющего" in world.visitor().get("/legal/policy").text
    settings = Settings(
        world.settings.data_dir, world.settings.database_url, "http://portal.test", b"key",
        operator=operator_details(ENVIRONMENT),
    )  # fmt: skip
    app = create_app(settings)
    page = type(world.visitor())(app, world.runner).get("/legal/policy").text
    app.state.database.close()

    assert all(text in page for text in ENVIRONMENT.values())


def test_the_environment_names_all_or_nobody():
    """One of the four missing, or a wrong ИНН, is one line with the variable's name."""
    assert OperatorDetails() == operator_details({})
    for name in ENVIRONMENT:
        with pytest.raises(SettingsInvalid, match=name):
            operator_details({key: value for key, value in ENVIRONMENT.items() if key != name})
    with pytest.raises(SettingsInvalid, match="OKTER_OPERATOR_INN"):
        operator_details(ENVIRONMENT | {"OKTER_OPERATOR_INN": "500100732258"})


@given(st.integers(0, 9), st.integers(0, 9), st.sampled_from(["7707083893", "500100732259"]))
def test_one_wrong_digit_is_found(place, digit, inn):
    """No ИНН with one digit changed passes its check, but where the sums of both collide on ten."""
    changed = f"{inn[:place]}{digit}{inn[place + 1 :]}"

    assert well_formed_inn(changed) <= (changed == inn or sum_is_ten(changed))


def sum_is_ten(inn):
    """A remainder of ten is written as 0, so that 0 stands for two of eleven."""
    weights = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
    places = (9,) if len(inn) == 10 else (10, 11)
    digits = [int(char) for char in inn]
    return any(sum(a * b for a, b in zip(weights[-place:], digits, strict=False)) % 11 in {0, 10} for place in places)


def test_the_periods_are_those_the_program_keeps(world):
    """The policy names the days that retention, sessions and registrations really have."""
    page = world.visitor().get("/legal/policy").text

    assert f"Действия людей — {retention.ACTS_LAST.days} дней" in page
    assert f"потом {retention.TOMBSTONES_LAST.days} дней след" in page
    assert f"не дольше {accounts.SESSION_LASTS.days} дней" in page
    assert f"регистрация — {registering.LASTS.days}" in page
    assert "обычно 90" in page
    assert f"тихих часов, — {held.CLOSED_KEPT.days} дней" in page


def test_both_editions_that_a_person_accepted_are_kept(world, place):
    """Who accepted the edition of before and logs in accepts the new one; both stand in their data."""
    older, newer = sorted(consent.VERSIONS)[-2:]
    with world.database.write() as session:
        account = session.get(Account, place.resident.id)
        consent.accept(session, account, address="", now=utc_now() - timedelta(days=9), version=older)
    visitor = world.visitor()
    visitor.log_in(place.resident.email)

    document = json.loads(visitor.get("/account/export").text)

    assert [older, newer] == [row["version"] for row in document["consents"]]
    assert newer == consent.CURRENT
