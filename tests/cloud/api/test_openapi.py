"""The published OpenAPI, and the server held against it by schemathesis."""

from __future__ import annotations

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from cloud.db.engine import Database
from sync import wire

PATHS = {
    "/enroll": {"post"},
    "/token": {"get", "post"},
    "/passes": {"get"},
    "/stream": {"get"},
    "/events": {"post"},
    "/events/{event_id}/snapshot": {"put"},
    "/commands/{command_id}/ack": {"post"},
    "/health": {"post"},
    "/update": {"get"},
    "/update/{release}/{number}": {"get"},
    "/calls": {"post"},
    "/calls/{call_id}": {"post"},
}


@pytest.fixture
def database(sqlite_url):
    """What is told to people does not depend on the database."""
    found = Database(sqlite_url)
    yield found
    found.close()


def test_contract_is_published_whole(client):
    """Every call of the contract is in the OpenAPI, with its body, its answers and its token."""
    document = client.get("/api/openapi.json").json()

    assert {f"{wire.BASE}{path}": methods for path, methods in PATHS.items()} == {
        path: set(operations) for path, operations in document["paths"].items() if path.startswith(wire.BASE)
    }
    events = document["paths"][f"{wire.BASE}/events"]["post"]
    item = events["requestBody"]["content"]["application/json"]["schema"]["properties"]["events"]
    assert (100, "date-time") == (item["maxItems"], item["items"]["properties"]["at"]["format"])
    assert [{"device": []}] == events["security"]


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("path", "method"),
    sorted(
        (path, method) for path, methods in PATHS.items() for method in methods if path not in {"/stream", "/enroll"}
    ),
)
def test_server_keeps_to_its_openapi(server, place, app, path, method):
    """Whatever is sent, right or wrong, the answer is one that the OpenAPI names, and never a 5xx."""
    document = httpx.get(f"{server}/api/openapi.json", trust_env=False).json()
    schema = schemathesis.openapi.from_dict(document)
    wanted = (wire.BASE + path, method)
    (operation,) = (
        found.ok() for found in schema.get_all_operations() if (found.ok().path, found.ok().method) == wanted
    )
    # A cursor is opaque: one that nobody gave out is well formed, and gone; a parameter we do not know does no harm.
    # A bad event is rejected by its id in a 200, so that its neighbours are kept.
    excluded = {
        "/passes": [positive_data_acceptance, negative_data_rejection],
        "/events": [negative_data_rejection],
        "/update": [negative_data_rejection],
    }.get(path, [])

    @settings(
        max_examples=10,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate),
    )
    def check(case) -> None:
        token = {"Authorization": f"Bearer {place.token}"}
        case.call_and_validate(base_url=server, headers=token, excluded_checks=excluded)

    given(case=operation.as_strategy())(check)()
    given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE))(check)()
