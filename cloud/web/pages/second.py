"""The second factor: asked for after the password; switched on and off on the account's page."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from cloud.db.models import Account
from cloud.domain import audit, limits, second_factor
from cloud.domain.errors import Invalid
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.cookies import clear_half, read_half
from cloud.web.pages.account import check_password
from cloud.web.pages.entrance import inside, logged_in
from cloud.web.routing import Pages

pages = Pages()


@pages.get("/login/code", Access.PUBLIC, own_transaction=True)
def code_form(page: Context) -> Response:
    if read_half(page.request, page.portal.settings, now=page.now) is None:
        return RedirectResponse("/login", 303)
    return page.render("login_code.html", next=page.query("next"))


@pages.post("/login/code", Access.PUBLIC, own_transaction=True)
def code(page: Context) -> Response:
    """Attempts are counted for the whole account: whoever gets here has already given its password."""
    half = read_half(page.request, page.portal.settings, now=page.now)
    if half is None:
        return RedirectResponse("/login", 303)
    onward, typed = page.form.text("next", longest=200), page.form.text("code", longest=32)
    kind = second_factor.RECOVERY_TRIES if second_factor.is_recovery(typed) else second_factor.TRIES
    with page.portal.database.write() as session:
        wait = limits.attempt(session, kind, str(half.account_id), now=page.now)
    if wait:
        return page.refuse("login_code.html", Invalid("code", "Слишком много попыток. Попробуйте позже."), next=onward)
    with page.portal.database.write() as session:
        account = session.get(Account, half.account_id, with_for_update=True)
        if account is not None and half.fits(account) and second_factor.spend(account, typed, now=page.now):
            limits.forget(session, kind, str(half.account_id))
            response = logged_in(page, session, account, inside(onward))
            clear_half(response, page.portal.settings)
            return response
    return page.refuse("login_code.html", Invalid("code", "Неверный код."), next=onward)


@pages.get("/account/second", Access.ACCOUNT)
def overview(page: Context) -> Response:
    """Show a fresh secret to somebody without a second factor. It takes effect once a code from it was typed."""
    return _overview(page)


def _overview(page: Context, *, error: Invalid | None = None) -> Response:
    secret = page.form.text("secret", longest=64) or second_factor.new_secret()
    address = second_factor.address(secret, page.me.email)
    return page.refuse("second.html", error, secret=secret, address=address, codes=[])


@pages.post("/account/second/on", Access.ACCOUNT, own_transaction=True)
def switch_on(page: Context) -> Response:
    secret = page.form.text("secret", longest=64)
    try:
        check_password(page)
        step = _proved(page, secret)
    except Invalid as error:
        return _overview(page, error=error)
    codes = second_factor.new_recovery_codes()
    with page.portal.database.write() as session:
        page.use(session)
        second_factor.switch_on(page.me, secret, codes, step=step)
        audit.record(session, "second-on", actor=page.me, address=page.address)
    return page.render("second.html", secret="", address="", codes=codes)


def _proved(page: Context, secret: str) -> int:
    """The step of the code that proves that the app has the secret."""
    try:
        step = second_factor.step_of(secret, page.form.text("code", longest=16), now=page.now, used=None)
    except ValueError:  # the hidden field was tampered with
        step = None
    if step is None or len(secret) < 32 or page.me.totp_secret is not None:
        raise Invalid("code", "Неверный код.")
    return step


@pages.post("/account/second/off", Access.ACCOUNT, own_transaction=True)
def switch_off(page: Context) -> Response:
    try:
        check_password(page)
    except Invalid as error:
        return _overview(page, error=error)
    with page.portal.database.write() as session:
        page.use(session)
        second_factor.switch_off(page.me)
        audit.record(session, "second-off", actor=page.me, address=page.address)
    return page.go("/account", "second-off")
