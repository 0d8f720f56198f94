"""«Шлагбаумы»: adding with a pairing code, renaming, revoking, health."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from cloud.db.models import Gate
from cloud.domain import device_tokens, gate_rules, gates
from cloud.domain.errors import Invalid
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.routing import Pages

pages = Pages()


@pages.get("/t/{code}/gates", Access.MANAGER)
def overview(page: Context) -> Response:
    return _overview(page)


def _overview(page: Context, *, error: Invalid | None = None) -> Response:
    rows = gates.gates_of(page.session, page.territory)
    values: dict[str, Any] = {
        "gates": [_facts(page, gate) for gate in rows],
        "name": page.form.text("name", longest=120),
    }
    return page.refuse("gates.html", error, **values)


@pages.post("/t/{code}/gates", Access.MANAGER)
def add(page: Context) -> Response:
    """Shows the code itself, only this once."""
    try:
        gate = gates.add(page.session, page.territory, gates.read_gate_name(page.form.text("name")), now=page.now)
    except Invalid as error:
        return _overview(page, error=error)
    page.audit("gate-added", gate.name)
    return _with_code(page, gate)


@pages.get("/t/{code}/gates/{gate_id}", Access.MANAGER)
def one(page: Context) -> Response:
    gate = _gate(page)
    return page.missing() if gate is None else page.render("gate.html", code=None, **_facts(page, gate))


@pages.post("/t/{code}/gates/{gate_id}", Access.MANAGER)
def rename(page: Context) -> Response:
    if (gate := _gate(page)) is None:
        return page.missing()
    try:
        gate.name = gates.read_gate_name(page.form.text("name"))
    except Invalid as error:
        return page.refuse("gate.html", error, code=None, **_facts(page, gate))
    page.audit("gate-renamed", gate.name)
    return page.go(f"{page.base}/gates/{gate.id}", "gate-renamed")


@pages.post("/t/{code}/gates/{gate_id}/manage/rules", Access.MANAGER)
def choose_rules(page: Context) -> Response:
    if (gate := _gate(page)) is None:
        return page.missing()
    try:
        hours, convoy = gate_rules.read_hours(page.form.text("anti_passback_h", longest=10)), page.form.ticked("convoy")
    except Invalid as error:
        return page.refuse("gate.html", error, code=None, **_facts(page, gate))
    if gate_rules.choose(page.session, gate, anti_passback_h=hours, convoy=convoy):
        page.audit("gate-rules", gate.name)
    return page.go(f"{page.base}/gates/{gate.id}", "gate-rules")


@pages.post("/t/{code}/gates/{gate_id}/manage/code", Access.MANAGER)
def new_code(page: Context) -> Response:
    if (gate := _gate(page)) is None:
        return page.missing()
    page.audit("gate-code", gate.name)
    return _with_code(page, gate)


@pages.post("/t/{code}/gates/{gate_id}/manage/revoke", Access.MANAGER)
def revoke(page: Context) -> Response:
    if (gate := _gate(page)) is None:
        return page.missing()
    gates.revoke(page.session, gate, now=page.now)
    page.audit("gate-revoked", gate.name)
    return page.go(f"{page.base}/gates/{gate.id}", "gate-revoked")


@pages.post("/t/{code}/gates/{gate_id}/manage/token", Access.MANAGER)
def new_token(page: Context) -> Response:
    if (gate := _gate(page)) is None:
        return page.missing()
    device_tokens.want_rotation(page.session, now=page.now, gate_id=gate.id)
    page.audit("gate-token-wanted", gate.name)
    return page.go(f"{page.base}/gates/{gate.id}", "gate-token-wanted")


def _gate(page: Context) -> Gate | None:
    return gates.find(page.session, page.territory, page.path("gate_id"))


def _with_code(page: Context, gate: Gate) -> Response:
    code = gates.new_code(page.session, gate, by=page.me, now=page.now)
    return page.render("gate.html", code=code, **_facts(page, gate))


def _facts(page: Context, gate: Gate) -> dict[str, Any]:
    return {
        "gate": gate,
        "lanes": gates.lanes(gate),
        "online": gates.online(gate, now=page.now),
        "enrolled": gates.enrolled(gate),
        "health": gates.health_facts(gate),
        "rules": gate_rules.held(gate),
        "sees_exits": gate_rules.sees_exits(gate),
        "several": len(gates.gates_of(page.session, page.territory)) > 1,
        "current_cursor": gates.current_cursor(page.territory),
    }
