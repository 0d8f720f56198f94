"""The public API: tokens by scope, passes filed and ended, the journal read, and the OpenAPI held against it."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from cloud import public_api
from cloud.api.limits import RateLimit
from cloud.db.engine import Database
from cloud.db.models import (
    Account,
    ApiToken,
    AuditEntry,
    GateEvent,
    Membership,
    MemberState,
    Pass,
    Role,
    Scope,
    Territory,
    utc_now,
)
from cloud.domain import api_tokens
from cloud.domain.errors import RULE_WORDS, Rule
from cloud.public_api import callers, problems
from cloud.public_api.routes import BASE
from tests.cloud.api.conftest import make_routes


@pytest.fixture
def database(sqlite_url):
    found = Database(sqlite_url)
    yield found
    found.close()


@pytest.fixture(scope="module")
def routes():
    """The paths of the public API beside those of the gates."""
    made = make_routes()
    made.include_router(public_api.router)
    return made


@pytest.fixture
def tokens(app, database, place):
    """A token of each scope, and the manager in whose name they act."""
    with database.write() as session:
        manager = Account(
            email="m@example.com",
            name="Анна",
            phone="1",
            password_hash="",
            created_at=utc_now(),
            confirmed_at=utc_now(),
        )
        session.add(manager)
        session.flush()
        session.add(
            Membership(
                account_id=manager.id, territory_id=place.territory_id, role=Role.MANAGER, state=MemberState.ACCEPTED
            )
        )
        territory = session.get(Territory, place.territory_id)
        made = {
            scope: api_tokens.issue(session, territory, "intercom", {scope}, by=manager, now=utc_now())[1]
            for scope in Scope
        }
        return made | {"manager": manager.id}


@pytest.fixture
def call(server, tokens):
    """Calls with the token of a scope."""
    with httpx.Client(base_url=f"{server}{BASE}", timeout=20, trust_env=False) as client:

        def send(method, path, scope=Scope.PASSES, wish="", **parts):
            headers = {"Authorization": f"Bearer {tokens.get(scope, scope)}", "Accept-Language": wish}
            return client.request(method, path, headers=headers, **parts)

        yield send


def soon(hours=5):
    return (utc_now() + timedelta(hours=hours)).isoformat()


def test_a_program_files_and_ends_a_pass(call, database, place, tokens):
    """A pass filed by a token is the manager's, on the list at once, written down with the program's name, and ended by it."""
    answer = call(
        "POST", "/passes", json={"plate": "о123оо77", "valid_until": soon(), "object": "дом 1", "note": "кв. 5"}
    )

    assert 201 == answer.status_code
    view = answer.json()
    assert ("O123OO77", "дом 1", True) == (view["plate"], view["object"], view["ours"])
    again = call("POST", "/passes", json={"plate": "O123OO77", "valid_until": view["valid_until"], "object": "дом 1"})
    assert view["id"] == again.json()["id"]
    assert [view["id"]] == [row["id"] for row in call("GET", "/passes").json()["passes"]]
    with database.read() as session:
        assert tokens["manager"] == session.get(Pass, view["id"]).owner_id
        assert {"O123OO77: API, intercom"} == {row.subject for row in session.query(AuditEntry)}
    assert 204 == call("DELETE", f"/passes/{view['id']}").status_code
    assert [] == call("GET", "/passes").json()["passes"]


def test_a_program_ends_nobody_elses_pass(call, place, database):
    """Passes of residents, bans and those of another territory are not there for a token to end."""
    others = [place.add_pass(), place.add_pass("B666BB66", blocked=True), "nothing", "%00", "я"]

    assert {404} == {call("DELETE", f"/passes/{pass_id}").status_code for pass_id in others}
    with database.read() as session:
        assert 0 == session.query(Pass).filter(Pass.deleted_at.is_not(None)).count()


def test_the_journal_is_read_on(call, database, place, new_place):
    """Visits come in the order in which they were told, after the last one seen, and of one's own territory only."""
    other = new_place("654-321")
    with database.write() as session:
        for number, at in enumerate((place, place, other)):
            session.add(
                GateEvent(
                    gate_id=at.gate_id, territory_id=at.territory_id, event_id=f"{number:036}", at=utc_now(), lane="entry",
                    plate="A777AA77", decision="open", body={},
                )
            )  # fmt: skip

    first = call("GET", "/visits", Scope.JOURNAL).json()["visits"]

    assert 2 == len(first)
    rest = call("GET", "/visits", Scope.JOURNAL, params={"after": first[0]["id"]}).json()
    assert ([first[1]], False) == (rest["visits"], rest["more"])


@pytest.mark.parametrize("how", ["revoked", "over", "demoted", "left", "made up"])
def test_a_dead_token_opens_nothing(call, database, how):
    """Revoked, over, or of somebody who no longer manages: 401, whatever is asked."""
    with database.write() as session:
        for row in session.query(ApiToken):
            row.revoked_at = utc_now() if how == "revoked" else None
            row.expires_at = utc_now() - timedelta(seconds=how == "over") + timedelta(days=how != "over")
        for row in session.query(Membership):
            row.role = Role.RESIDENT if how == "demoted" else row.role
            row.state = MemberState.LEFT if how == "left" else row.state

    scope = "nonsense" if how == "made up" else Scope.PASSES
    assert {401} == {call("GET", "/passes", scope).status_code, call("POST", "/passes", scope, json={}).status_code}


def test_a_token_does_what_its_scope_says(call):
    """A token of the journal files nothing, one of passes reads no journal."""
    assert 403 == call("POST", "/passes", Scope.JOURNAL, json={"plate": "A777AA77", "valid_until": soon()}).status_code
    assert 403 == call("GET", "/visits", Scope.PASSES).status_code


def test_a_gates_token_is_none_of_ours(server, tokens, place):
    """A device's token opens nothing here, nor ours the gate's API."""
    gate = {"Authorization": f"Bearer {place.token}"}
    ours = {"Authorization": f"Bearer {tokens[Scope.PASSES]}"}

    assert 401 == httpx.get(f"{server}{BASE}/passes", headers=gate, trust_env=False).status_code
    assert 401 == httpx.get(f"{server}/api/edge/v1/passes", headers=ours, trust_env=False).status_code


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"plate": "?!", "valid_until": soon()}, 422),
        ({"plate": "A777AA77", "valid_until": soon(-5)}, 422),
        ({"plate": "A777AA77"}, 422),
        ({"plate": "A777AA77", "valid_until": "tomorrow"}, 422),
        ({"plate": "B666BB66", "valid_until": soon()}, 409),
        ({"plate": "A777AA77", "valid_until": soon(24 * 40)}, 409),
    ],
)
def test_what_the_territory_does_not_allow(call, database, place, body, status):
    """Bad bodies are 422; a ban and the territory's limits, which hold for programs too, are 409; nothing is filed."""
    place.add_pass("B666BB66", blocked=True)
    with database.write() as session:
        session.get(Territory, place.territory_id).longest_period_days = 30

    answer = call("POST", "/passes", json=body)

    assert (status, True) == (answer.status_code, bool(answer.json()["error"]))
    with database.read() as session:
        assert 1 == session.query(Pass).count()


def test_a_token_has_its_rate(call, app):
    """Whoever calls too often is told when to come back."""
    app.state.public_limit = RateLimit(per_s=0.001, burst=5)

    answers = [call("GET", "/passes") for _ in range(7)]

    limited = [answer for answer in answers if answer.status_code == 429]
    assert 2 == len(limited)
    assert int(limited[0].headers["retry-after"]) >= 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("path", "method"), [("/passes", "GET"), ("/passes", "POST"), ("/passes/{pass_id}", "DELETE"), ("/visits", "GET")]
)
def test_the_server_keeps_to_its_openapi(server, tokens, app, path, method, monkeypatch):
    """Whatever is sent, right or wrong, the answer is one that the OpenAPI names, and never a 5xx."""
    monkeypatch.setattr(callers, "BURST", 10_000.0)
    document = httpx.get(f"{server}/api/openapi.json", trust_env=False).json()
    schema = schemathesis.openapi.from_dict(document)
    (operation,) = (
        found.ok()
        for found in schema.get_all_operations()
        if (found.ok().path, found.ok().method.upper()) == (BASE + path, method)
    )
    from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

    # What a plate or a period may be is more than a schema can say.
    excluded = [positive_data_acceptance, negative_data_rejection]
    scope = Scope.JOURNAL if path == "/visits" else Scope.PASSES

    @settings(
        max_examples=10, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate),
    )  # fmt: skip
    def check(case) -> None:
        headers = {"Authorization": f"Bearer {tokens[scope]}"}
        case.call_and_validate(base_url=server, headers=headers, excluded_checks=excluded)

    given(case=operation.as_strategy())(check)()
    given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE))(check)()


CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
LATIN_WORDS = re.compile(
    r"\b(?!plate|valid_until|valid_from|after|note|object|one_time|body|API|JSON|OpenAPI|Authorization|journal|passes|Retry-After)[A-Za-z]{3,}"
)


@pytest.mark.parametrize(
    ("method", "path", "scope", "parts", "status", "code", "field"),
    [
        ("GET", "/passes", "nobody", {}, 401, "token_invalid", ""),
        ("GET", "/visits", Scope.PASSES, {}, 403, "token_scope", ""),
        ("POST", "/passes", Scope.PASSES, {"content": b"{"}, 422, "not_json", ""),
        ("POST", "/passes", Scope.PASSES, {"json": {"valid_until": "2190-01-01T00:00:00Z"}}, 422, "field_missing", "plate"),
        ("POST", "/passes", Scope.PASSES, {"json": {"plate": 1, "valid_until": "2190-01-01T00:00:00Z"}}, 422, "field_invalid", "plate"),
        ("POST", "/passes", Scope.PASSES, {"json": {"plate": "!!", "valid_until": "2190-01-01T00:00:00Z"}}, 422, "field_invalid", "plate"),
        ("POST", "/passes", Scope.PASSES, {"json": {"plate": "A777AA77", "valid_until": "2001-01-01T00:00:00Z"}}, 422, "field_invalid", "valid_until"),
        ("POST", "/passes", Scope.PASSES, {"json": {"plate": "A777AA77", "valid_until": "2190-01-01T00:00:00Z"}}, 409, "period_limit", "valid_until"),
        ("POST", "/passes", Scope.PASSES, {"json": {"plate": "B666BB66", "valid_until": soon()}}, 409, "plate_blocked", "plate"),
        ("DELETE", "/passes/nothing", Scope.PASSES, {}, 404, "pass_unknown", ""),
        ("GET", "/visits?after=x", Scope.JOURNAL, {}, 422, "field_invalid", "after"),
    ],
)  # fmt: skip
def test_a_refusal_has_one_code_and_one_language(
    call, database, place, method, path, scope, parts, status, code, field
):
    """Each refusal names its code and field, and its reason is wholly Russian, or wholly English for those who want that more."""
    place.add_pass("B666BB66", blocked=True)
    with database.write() as session:
        session.get(Territory, place.territory_id).longest_period_days = 30
    answers = {
        wish: call(method, path, scope=scope, wish=wish, **parts) for wish in ("", "en-GB,ru;q=0.3", "en;q=0.1, ru")
    }

    for wish, answer in answers.items():
        told, english = answer.json(), wish.startswith("en-GB")
        assert (status, code, field) == (answer.status_code, told["code"], told["field"]), told
        assert ("en" if english else "ru") == answer.headers["content-language"]
        assert (CYRILLIC if english else LATIN_WORDS).search(told["error"]) is None, told["error"]
        assert (LATIN_WORDS if english else CYRILLIC).search(told["error"]), told["error"]


def test_every_rule_has_a_code_and_words():
    """A rule of the territory keeps its code whatever its words are, and the codes without words are those of rules."""
    assert {problems.Code(rule) for rule in Rule} == {*problems.Code} - problems.WORDS.keys() - {problems.Code.REFUSED}
    assert {*Rule} == RULE_WORDS.keys()


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "ru"),
        ("de", "ru"),
        ("en", "en"),
        ("EN-us", "en"),
        ("ru, en", "ru"),
        ("en;q=x, *", "ru"),
        ("ru;q=0, en", "en"),
    ],
)
def test_the_language_that_is_wanted_most(header, language):
    """Russian, unless English is wanted more; nonsense is no wish."""
    assert language == problems.wished_language(header)
