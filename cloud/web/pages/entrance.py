"""Registration, confirmation, log-in and log-out."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from cloud import outbox
from cloud.db.models import Account, Registration, Territory
from cloud.domain import accounts, audit, consent, guessing, held, limits, operators, passwords, registering, retention
from cloud.domain.errors import Invalid, read_all
from cloud.web import mails
from cloud.web.access import Access
from cloud.web.context import Context, is_inside
from cloud.web.cookies import (
    clear_session,
    forget_pages,
    read_mark,
    read_registration,
    set_half,
    set_mark,
    set_registration,
    set_session,
)
from cloud.web.letters import BOTH
from cloud.web.routing import Pages

pages = Pages()

CONSENT = "Примите политику, соглашение и условия использования."
WRONG = "Неверная почта или пароль."
WRONG_PASSWORD = "Неверный пароль. Нужен тот, который вы придумали при регистрации."
TOO_OFTEN = "Слишком много попыток. Попробуйте позже."
LATE_S = 120.0
"""If mail waits this long, people are told that the delay is ours."""
PERIODS = {
    "visits": Territory.__table__.c.retention_days.default.arg,
    "acts": retention.ACTS_LAST.days,
    "tombstones": retention.TOMBSTONES_LAST.days,
    "session": accounts.SESSION_LASTS.days,
    "registration": registering.LASTS.days,
    "sent": outbox.SENT_KEPT.days,
    "failed": outbox.FAILED_KEPT.days,
    "held": held.CLOSED_KEPT.days,
}
"""Retention in days as stated in the policy, taken from the program itself."""
DOCUMENTS = {"policy": "Политика", "agreement": "Соглашение", "terms": "Условия использования"}


@pages.get("/", Access.PUBLIC, own_transaction=True)
def front(page: Context) -> Response:
    return RedirectResponse("/login" if page.device is None else "/territories", 303)


@pages.get("/register", Access.PUBLIC, own_transaction=True)
def registration(page: Context) -> Response:
    return page.render("register.html")


@pages.post("/register", Access.PUBLIC, own_transaction=True)
def register(page: Context) -> Response:
    """The response is the same for a new address and a known one; only the mail differs."""
    try:
        name, phone, email = _read_registration(page)
    except Invalid as error:
        return page.refuse("register.html", error)
    with page.portal.database.write() as session:
        allowed = limits.use(
            session, limits.REGISTRATIONS, limits.network(page.address), now=page.now
        ) and limits.may_mail(session, email, page.address, now=page.now)
    if not allowed:
        return page.refuse("register.html", Invalid("", TOO_OFTEN))
    # The expensive part comes after the cheap checks and outside of any transaction.
    new = accounts.NewAccount(name, phone, email, passwords.hashed(page.form.raw("password")))
    with page.portal.database.write() as session:
        account = accounts.by_email(session, email)
        if account is None:
            token = registering.begin(session, new, now=page.now)
            languages = BOTH if page.chosen is None else (page.chosen,)
            mails.confirm_address(page.portal, session, email, token, languages)
        else:
            mails.already_registered(page.portal, session, account)
    return page.go("/register/sent")


def _read_registration(page: Context) -> tuple[str, str, str]:
    """Name, telephone and address; password and consent are checked too."""
    form = page.form

    def password() -> str:
        about = [form.text(field) for field in ("name", "email", "phone")]
        passwords.check_new(form.raw("password"), form.raw("password_again"), about=about)
        return form.raw("password")

    def consent() -> str:
        if not form.ticked("consent"):
            raise Invalid("consent", CONSENT)
        return form.text("consent")

    name, phone, email, *_ = read_all(
        lambda: accounts.read_name(form.text("name")),
        lambda: accounts.read_phone(form.text("phone")),
        lambda: accounts.read_email(form.text("email")),
        password,
        consent,
    )
    return name, phone, email


@pages.get("/register/sent", Access.PUBLIC, own_transaction=True)
def registered(page: Context) -> Response:
    with page.portal.database.read() as session:
        late = outbox.standing(session, now=page.now).oldest_s > LATE_S
    return page.render("register_sent.html", late=late)


@pages.get("/confirm/{token}", Access.PUBLIC, own_transaction=True)
def confirm_form(page: Context) -> Response:
    """Ask for the password. Changes nothing: mail scanners open links too."""
    with page.portal.database.read() as session:
        registration = registering.find(session, page.path("token"), now=page.now)
    response = _confirmation(page, registration)
    if registration is not None:  # somebody who goes to the log-in page instead can confirm there too
        set_registration(response, page.portal.settings, page.path("token"))
    return response


def _confirmation(page: Context, registration: Registration | None, *, error: Invalid | None = None) -> Response:
    if registration is None:
        return page.render("confirm.html", email=None, status=404)
    return page.refuse("confirm.html", error, email=registration.email)


@pages.post("/confirm/{token}", Access.PUBLIC, own_transaction=True)
def confirm(page: Context) -> Response:
    """The password of the same registration turns it into an account and logs in."""
    with page.portal.database.write() as session:
        registration = registering.find(session, page.path("token"), now=page.now)
        wait = None
        if registration is not None:
            wait = limits.attempt(session, registering.PASSWORDS, registration.token_hash, now=page.now)
    if registration is None:
        return _confirmation(page, None)
    if wait:
        return _confirmation(page, registration, error=Invalid("password", TOO_OFTEN))
    if not passwords.matches(registration.password_hash, page.form.raw("password")):
        return _confirmation(page, registration, error=Invalid("password", WRONG_PASSWORD))
    with page.portal.database.write() as session:
        account = _complete(page, session, page.path("token"))
        if account is not None:
            return logged_in(page, session, account, "/territories")
    return _confirmation(page, None)


def _complete(page: Context, session: Session, token: str | None) -> Account | None:
    """The account of a registration after the right password; None if the address has been taken meanwhile."""
    registration = registering.find(session, token, now=page.now)
    account = (
        None
        if registration is None
        else registering.complete(session, registration, now=page.now, address=page.address)
    )
    if account is not None:
        audit.record(session, "registered", actor=account, address=page.address)
    return account


@pages.get("/login", Access.PUBLIC, own_transaction=True)
def login_form(page: Context) -> Response:
    if page.device is not None:
        return RedirectResponse("/devices/full" if page.device.pending else "/territories", 303)
    return page.render("login.html", next=page.query("next"))


@pages.post("/login", Access.PUBLIC, own_transaction=True)
def login(page: Context) -> Response:
    onward = page.form.text("next", longest=200)
    try:
        account, one = _recognise(page)
    except Invalid as error:
        return page.refuse("login.html", error, next=onward)
    outdated = account is not None and passwords.wants_rehash(account.password_hash)
    fresh_hash = passwords.hashed(page.form.raw("password")) if outdated else None
    with page.portal.database.write() as session:
        guessing.succeeded(session, page.portal.settings.secret, one)
        if account is None:
            found = _complete(page, session, read_registration(page.request, page.portal.settings))
        else:
            found = session.merge(account, load=False)
            found.password_hash = fresh_hash or found.password_hash
            consent.accept(session, found, address=page.address, now=page.now)
        if found is not None and found.totp_secret is not None:
            ask = f"?{urlencode({'next': onward})}" if onward else ""
            response = page.go(f"/login/code{ask}")
            set_half(response, page.portal.settings, found, now=page.now)
            return response
        if found is not None:
            return logged_in(page, session, found, inside(onward))
    return page.refuse("login.html", Invalid("", WRONG), next=onward)  # the address was taken at this very moment


def logged_in(page: Context, session: Session, account: Account, onward: str) -> Response:
    """The response that logs a person in: a session for this browser, and a mark that it knows the account."""
    settings = page.portal.settings
    user_agent = page.request.headers.get("user-agent", "")
    if page.chosen is not None:
        account.language = page.chosen.value
    device, token = accounts.log_in(session, account, user_agent=user_agent, address=page.address, now=page.now)
    audit.record(session, "logged-in", actor=account, address=page.address)
    response = page.go("/devices/full" if device.pending else onward)
    lasts = accounts.PENDING_LASTS if device.pending else accounts.SESSION_LASTS
    set_session(response, settings, token, lasts=lasts)
    set_mark(response, settings, guessing.new_mark(settings.secret, account.email))
    return response


def _recognise(page: Context) -> tuple[Account | None, guessing.Try]:
    """The account for the given e-mail and password. The refusal is the same whatever is wrong.

    None without a refusal: the password belongs to the registration whose link this browser has opened.
    """
    email = page.form.text("email").strip().lower()[:254]
    if not page.form.ticked("consent"):
        raise Invalid("consent", CONSENT)
    with page.portal.database.write() as session:
        account = accounts.by_email(session, email)
        mark = read_mark(page.request, page.portal.settings)
        one = guessing.Try(email, page.address, mark, None if account is None else account.password_hash)
        guessing.allow(session, page.portal.settings.secret, one, now=page.now)
        opened = registering.find(session, read_registration(page.request, page.portal.settings), now=page.now)
        ours = opened is not None and opened.email == email
        waiting = opened if ours else registering.newest(session, email, now=page.now)
    holder = account or waiting
    if not passwords.matches(None if holder is None else holder.password_hash, page.form.raw("password")):
        raise Invalid("", WRONG)
    if account is None and not ours:
        raise Invalid("", "Подтвердите адрес: пройдите по ссылке из письма, которое мы отправили.")
    return account, one


def inside(path: str) -> str:
    """Where to go after log-in: only to pages of this portal."""
    return path if is_inside(path) else "/territories"


@pages.post("/logout", Access.PUBLIC, own_transaction=True)
def logout(page: Context) -> Response:
    if page.device is not None:
        with page.portal.database.write() as session:
            session.delete(session.merge(page.device, load=False))
    response = page.go("/login", "logged-out")
    clear_session(response, page.portal.settings)
    forget_pages(response)
    return response


@pages.get("/legal/{document}", Access.PUBLIC, own_transaction=True)
def legal(page: Context) -> Response:
    title = DOCUMENTS.get(page.path("document"))
    if title is None:
        return page.missing()
    mine: list[Territory] = []
    if page.account is not None:
        with page.portal.database.read() as session:
            mine = operators.territories_of(session, page.account)
    return page.render(
        "legal.html",
        title=title,
        document=page.path("document"),
        version=date.fromisoformat(consent.CURRENT),
        portal_operator=page.portal.settings.operator,
        mine=[(row, operators.of_territory(row)) for row in mine],
        days=PERIODS,
    )


@pages.post("/preferences", Access.PUBLIC, own_transaction=True)
def preferences(page: Context) -> Response:
    """Language and theme, kept in cookies: they belong to the device. The language last chosen is also that of the letters."""
    response = page.go(inside(page.form.text("back", longest=200)))
    for name, allowed in (("language", {"ru", "en"}), ("theme", {"", "light", "dark"})):
        value = page.form.fields.get(name)
        if value is not None and value in allowed:
            response.set_cookie(
                f"okter_{name}", value, max_age=31_536_000, httponly=True, samesite="lax",
                secure=page.portal.settings.secure,
            )  # fmt: skip
            if name == "language" and page.account is not None:
                with page.portal.database.write() as session:
                    session.get_one(Account, page.account.id).language = value
    return response
