"""One POST to somebody else's server: bounded as a whole; follows no redirect; uses only status and Retry-After."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from posting.bounded import aside, run
from posting.reach import Reach
from posting.trust import authorities

WHOLE_S = 15.0
"""Timeout for the whole conversation, so that a server sending a byte now and then is cut off too."""
LATER = frozenset({408, 409, 425, 429})
LONGEST_WAIT_S = 3600.0


class NotTaken(Exception):
    """The message was not taken now, or never will be. The text is one line for the person who set the address."""


class AskAgain(NotTaken):
    """Not now: the server is away, busy or broken. `wait_s` is the pause it asked for, 0 if none."""

    def __init__(self, text: str, wait_s: float = 0.0) -> None:
        super().__init__(text)
        self.wait_s = wait_s


class Refused(NotTaken):
    """This message will never be taken; others may."""


class NotLetIn(Refused):
    """The refusal is about our access, not about the message: 401, 403."""


class Gone(NotTaken):
    """The address no longer exists."""


@dataclass(frozen=True, slots=True)
class Poster:
    """Posts to addresses that `reach` allows."""

    reach: Reach
    whole_s: float = WHOLE_S

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Post; returns once the receiver has taken it (2xx). Raises `NotTaken`."""
        try:
            code, wait = run(self._ask(url, headers, body))
        except TimeoutError:
            raise AskAgain(f"no answer in {self.whole_s:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:  # its text may contain the whole address
            raise AskAgain(type(error).__name__) from None
        except OSError as error:
            raise AskAgain(str(error)[:150] or type(error).__name__) from None
        if 200 <= code < 300:
            return
        said = f"HTTP {code}"
        if code in {404, 410}:
            raise Gone(said)
        if code in {401, 403}:
            raise NotLetIn(said)
        if 400 <= code < 500 and code not in LATER:
            raise Refused(said)
        raise AskAgain(said, wait)

    async def _ask(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, float]:
        # Connect to the very address that was checked; Host header and certificate check still use the host name.
        async with asyncio.timeout(self.whole_s):
            place = await aside(lambda: self.reach.place_of(url))
            whole = httpx.URL(url)
            asked = {"Host": whole.netloc.decode("ascii"), **headers}
            extensions = {"sni_hostname": place.host} if whole.scheme == "https" else {}
            there = whole.copy_with(host=place.address)
            async with (
                httpx.AsyncClient(
                    verify=authorities(), follow_redirects=False, trust_env=False, timeout=self.whole_s
                ) as client,
                client.stream("POST", there, content=body, headers=asked, extensions=extensions) as answer,
            ):
                return answer.status_code, wait_of(answer.headers.get("retry-after", ""))


def wait_of(retry_after: str) -> float:
    """The pause of a `Retry-After` given in seconds, at most `LONGEST_WAIT_S`; 0 for a date or an invalid value."""
    return min(float(retry_after), LONGEST_WAIT_S) if retry_after.isdecimal() and len(retry_after) < 10 else 0.0
