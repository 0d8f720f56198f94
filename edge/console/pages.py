"""Renders templates to responses: the values common to all pages, and the cookie to which forms are bound."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from edge.console.guard import FormTokens
from edge.console.shield import CSRF_COOKIE
from edge.language import say, spoken
from edge.persons import Role
from edge.words import state_words

HERE = Path(__file__).resolve().parent


def _new_id(_seed: str = "") -> str:
    return str(uuid.uuid4())


class Pages:
    """Made once; used from any thread."""

    def __init__(self, site: str, tokens: FormTokens, *, notices: Callable[[], bool] = lambda: False) -> None:
        self._site = site
        self._notices = notices
        self._tokens = tokens
        self._env = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._env.globals.update(say=say, state_words=state_words, new_id=_new_id)

    def render(self, template: str, values: Mapping[str, Any]) -> str:
        return self._env.get_template(template).render(**values)

    def common(self, request: Request) -> dict[str, Any]:
        """Values for every template. A browser without a form cookie gets one with this page."""
        cookie = request.cookies.get(CSRF_COOKIE, "")
        if not cookie:
            cookie = request.state.new_cookie = getattr(request.state, "new_cookie", "") or self._tokens.cookie()
        return {
            "site": self._site,
            "lang": spoken().value,
            "where": request.url.path,
            "token": self._tokens.of(cookie),
            "person": request.state.person.name,
            "notices": self._notices(),
            "technician": request.state.person.role is Role.TECHNICIAN,
        }

    def page(self, request: Request, template: str, *, status_code: int = 200, **values: Any) -> Response:
        """A whole page."""
        html = self.render(template, {**self.common(request), **values})
        response = HTMLResponse(html, status_code, headers={"Cache-Control": "no-store"})
        if fresh := getattr(request.state, "new_cookie", ""):
            response.set_cookie(CSRF_COOKIE, fresh, httponly=True, samesite="strict")
        return response
