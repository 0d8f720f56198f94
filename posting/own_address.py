"""One POST to an address that the owner set: bounded as a whole; follows no redirect; keeps only the status."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from posting.bounded import run
from posting.trust import authorities


def post(url: str, *, within_s: float, auth: httpx.Auth | None = None, **what: Any) -> int:
    """Returns the status of the answer. `what`: body and headers, as httpx takes them.

    Raises httpx.HTTPError, whose text may contain the address; httpx.ReadTimeout if it all takes longer than `within_s`.
    """
    try:
        return run(_code(url, within_s, auth, what))
    except TimeoutError:
        raise httpx.ReadTimeout(f"no answer in {within_s:g} s") from None
    except OSError as error:  # from the name look-up
        raise httpx.ConnectError(type(error).__name__) from None


async def _code(url: str, within_s: float, auth: httpx.Auth | None, what: dict[str, Any]) -> int:
    async with (
        asyncio.timeout(within_s),
        httpx.AsyncClient(
            verify=authorities(), timeout=within_s, follow_redirects=False, trust_env=False, auth=auth
        ) as client,
        client.stream("POST", url, **what) as answer,
    ):
        return answer.status_code
