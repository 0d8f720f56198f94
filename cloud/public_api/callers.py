"""Authenticates callers of the public API: checks the token, its scope and the rate limit."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from cloud.api.limits import RateLimit
from cloud.api.requests import database_of, lead_away, throttle
from cloud.db.engine import Database
from cloud.db.models import ApiToken, Scope, utc_now
from cloud.domain import api_tokens
from cloud.domain.tokens import token_hash
from cloud.public_api.problems import Code, PublicProblem

TOKEN_CHARS = 200
PER_S, BURST = 2.0, 60.0
"""Rate limit of one token: enough for a program, but too low to copy a territory's data within a minute."""
bearer = HTTPBearer(auto_error=False, scheme_name="token", description="A token that a manager made («Ключи API»).")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


async def may_passes(request: Request, credentials: Credentials) -> ApiToken:
    return await _caller(request, credentials, Scope.PASSES)


async def may_journal(request: Request, credentials: Credentials) -> ApiToken:
    return await _caller(request, credentials, Scope.JOURNAL)


ForPasses = Annotated[ApiToken, Depends(may_passes)]
ForJournal = Annotated[ApiToken, Depends(may_journal)]


async def _caller(request: Request, credentials: HTTPAuthorizationCredentials | None, scope: Scope) -> ApiToken:
    token = credentials.credentials if credentials else ""
    if not 0 < len(token) <= TOKEN_CHARS:
        raise PublicProblem(401, Code.TOKEN_MISSING)
    row = await run_in_threadpool(_holder, database_of(request), token)
    if row is None:
        await lead_away(request, token_hash(token))
        raise PublicProblem(401, Code.TOKEN_INVALID)
    throttle(_limit(request), row.id)
    if scope not in row.scopes.split():
        raise PublicProblem(403, Code.TOKEN_SCOPE, facts={"scope": scope.value})
    return row


def _holder(database: Database, token: str) -> ApiToken | None:
    now = utc_now()
    with database.read() as session:
        row = api_tokens.holder(session, token, now=now)
    if row is not None and (row.last_used_at is None or now - row.last_used_at > api_tokens.SEEN_EVERY):
        with database.write() as session:
            api_tokens.seen(session, row.id, now=now)
    return row


def _limit(request: Request) -> RateLimit:
    state = request.app.state
    if not hasattr(state, "public_limit"):
        state.public_limit = RateLimit(per_s=PER_S, burst=BURST)
    assert isinstance(state.public_limit, RateLimit)
    return state.public_limit
