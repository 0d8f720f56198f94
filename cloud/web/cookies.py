"""The cookies: the session, and a random visitor id to which anonymous CSRF tokens are bound."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from cloud.db.models import Account
from cloud.domain.tokens import new_token, same, signature, token_hash
from cloud.settings import Settings

CSRF_FIELD = "csrf"
KNOWN_LASTS = timedelta(days=365)
LINK_LASTS = timedelta(days=3)
HALF_LASTS = timedelta(minutes=10)


def _name(settings: Settings, name: str) -> str:
    # With this prefix browsers refuse the cookie from a subdomain or over plain HTTP.
    return f"__Host-{name}" if settings.secure else name


def _keep(response: Response, settings: Settings, name: str, value: str, *, lasts: timedelta) -> None:
    """A cookie that scripts cannot read and other sites cannot send along."""
    response.set_cookie(
        _name(settings, name),
        value,
        max_age=int(lasts.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=settings.secure,
    )


def _drop(response: Response, settings: Settings, name: str) -> None:
    response.delete_cookie(_name(settings, name), httponly=True, samesite="lax", secure=settings.secure)


def read_session(request: Request, settings: Settings) -> str | None:
    return request.cookies.get(_name(settings, "okter"))


def set_session(response: Response, settings: Settings, token: str, *, lasts: timedelta) -> None:
    """Log a browser in: a new token, and a new visitor id so that no CSRF token outlives the change."""
    _keep(response, settings, "okter", token, lasts=lasts)
    clear_visitor(response, settings)


def clear_session(response: Response, settings: Settings) -> None:
    _drop(response, settings, "okter")


def forget_pages(response: Response) -> None:
    """Make the browser clear its cache for this portal, so that its next user sees none of the pictures."""
    response.headers["Clear-Site-Data"] = '"cache"'


def read_mark(request: Request, settings: Settings) -> str | None:
    """The mark of a browser that has logged in to an account before (`cloud.domain.guessing`); it grants nothing."""
    value = request.cookies.get(_name(settings, "okter_known"))
    return value if value and len(value) <= 128 else None


def set_mark(response: Response, settings: Settings, mark: str) -> None:
    _keep(response, settings, "okter_known", mark, lasts=KNOWN_LASTS)


def read_registration(request: Request, settings: Settings) -> str | None:
    """The registration link opened in this browser: logging in with its password completes it."""
    value = request.cookies.get(_name(settings, "okter_registration"))
    return value if value and len(value) <= 64 else None


def set_registration(response: Response, settings: Settings, token: str) -> None:
    _keep(response, settings, "okter_registration", token, lasts=LINK_LASTS)


@dataclass(frozen=True, slots=True)
class Half:
    """A log-in after the right password, still without the second factor's code."""

    account_id: int
    stamp: str

    def fits(self, account: Account) -> bool:
        """Whether the password has not changed since."""
        return same(self.stamp, _stamp(account))


def _stamp(account: Account) -> str:
    return token_hash(account.password_hash)[:16]


def set_half(response: Response, settings: Settings, account: Account, *, now: datetime) -> None:
    ends = int((now + HALF_LASTS).timestamp())
    value = f"{account.id}.{_stamp(account)}.{ends}"
    signed = f"{value}.{signature(settings.secret, 'second-factor', value)}"
    _keep(response, settings, "okter_half", signed, lasts=HALF_LASTS)


def read_half(request: Request, settings: Settings, *, now: datetime) -> Half | None:
    """The half-finished log-in of this browser, if valid and made by this portal."""
    value, _, signed = request.cookies.get(_name(settings, "okter_half"), "").rpartition(".")
    parts = value.split(".")
    if len(parts) != 3 or not same(signed, signature(settings.secret, "second-factor", value)):
        return None
    return Half(int(parts[0]), parts[1]) if int(parts[2]) > now.timestamp() else None


def clear_half(response: Response, settings: Settings) -> None:
    _drop(response, settings, "okter_half")


def read_visitor(request: Request, settings: Settings) -> str | None:
    value = request.cookies.get(_name(settings, "okter_visitor"))
    return value if value and len(value) <= 64 else None


def new_visitor() -> str:
    return new_token()


def set_visitor(response: Response, settings: Settings, value: str) -> None:
    response.set_cookie(_name(settings, "okter_visitor"), value, httponly=True, samesite="lax", secure=settings.secure)


def clear_visitor(response: Response, settings: Settings) -> None:
    _drop(response, settings, "okter_visitor")


def csrf_token(settings: Settings, holder: str) -> str:
    """The token for the forms of `holder`: a session token or a visitor id."""
    return signature(settings.secret, "csrf", holder)
