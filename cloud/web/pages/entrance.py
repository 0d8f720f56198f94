"""Registration, confirmation, log-in and log-out."""

from __future__ import annotations

from starlette.background import BackgroundTask
from starlette.responses import RedirectResponse, Response

from cloud.db.models import Account
from cloud.domain import accounts, audit, guessing, limits, passwords
from cloud.domain.errors import Invalid
from cloud.web import mails
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.cookies import clear_session, read_mark, set_mark, set_session
from cloud.web.routing import Pages

pages = Pages()

CONSENT = "Примите политику, соглашение и условия использования."
TOO_OFTEN = "Слишком много попыток. Попробуйте позже."
DOCUMENTS = {"policy": "Политика", "agreement": "Соглашение", "terms": "Условия использования"}


@pages.get("/", Access.PUBLIC, own_transaction=True)
def front(page: Context) -> Response:
    return RedirectResponse("/login" if page.device is None else "/territories", 303)


@pages.get("/register", Access.PUBLIC, own_transaction=True)
def registration(page: Context) -> Response:
    return page.render("register.html")


@pages.post("/register", Access.PUBLIC, own_transaction=True)
def register(page: Context) -> Response:
    """The answer is the same for a new address and a known one; only the mail differs."""
    try:
        new = _read_registration(page)
    except Invalid as error:
        return page.refuse("register.html", error)
    with page.portal.database.write() as session:
        if not limits.use(session, limits.REGISTRATIONS, page.address, now=page.now):
            account, may_mail = None, None
        else:
            may_mail = limits.use(session, limits.MAILS_TO_ONE, new.email, now=page.now)
            account = accounts.register(session, new, now=page.now) if may_mail else None
        token = accounts.issue_link(session, account, "confirm", now=page.now) if account is not None else ""
        if account is not None:
            audit.record(session, "registered", actor=account, address=page.address)
    if may_mail is None:
        return page.refuse("register.html", Invalid("", TOO_OFTEN))
    task: BackgroundTask | None = None
    if account is not None:
        task = mails.confirm_address(page.portal, new.email, token)
    elif may_mail:
        task = mails.already_registered(page.portal, new.email)
    return page.go("/register/sent", background=task)


def _read_registration(page: Context) -> accounts.NewAccount:
    form = page.form
    name = accounts.read_name(form.text("name"))
    phone = accounts.read_phone(form.text("phone"))
    email = accounts.read_email(form.text("email"))
    passwords.check_new(form.raw("password"), form.raw("password_again"))
    if not form.ticked("consent"):
        raise Invalid("consent", CONSENT)
    return accounts.NewAccount(name, phone, email, passwords.hashed(form.raw("password")))


@pages.get("/register/sent", Access.PUBLIC, own_transaction=True)
def registered(page: Context) -> Response:
    return page.render("register_sent.html")


@pages.get("/confirm/{token}", Access.PUBLIC, own_transaction=True)
def confirm(page: Context) -> Response:
    with page.portal.database.write() as session:
        account = accounts.confirm(session, page.path("token"), now=page.now)
        if account is not None:
            audit.record(session, "confirmed", actor=account, address=page.address)
    return page.render("confirmed.html", done=account is not None, status=200 if account is not None else 404)


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
    settings = page.portal.settings
    user_agent = page.request.headers.get("user-agent", "")
    outdated = passwords.wants_rehash(account.password_hash)
    fresh_hash = passwords.hashed(page.form.raw("password")) if outdated else account.password_hash
    with page.portal.database.write() as session:
        account = session.merge(account, load=False)
        account.password_hash = fresh_hash
        device, token = accounts.log_in(session, account, user_agent=user_agent, address=page.address, now=page.now)
        guessing.succeeded(session, settings.secret, one)
        audit.record(session, "logged-in", actor=account, address=page.address)
    response = page.go("/devices/full" if device.pending else _inside(onward))
    lasts = accounts.PENDING_LASTS if device.pending else accounts.SESSION_LASTS
    set_session(response, settings, token, lasts=lasts)
    set_mark(response, settings, guessing.new_mark(settings.secret, account.email))
    return response


def _recognise(page: Context) -> tuple[Account, guessing.Try]:
    """The account whose e-mail and password were given; the same refusal for every way of being wrong."""
    wrong = Invalid("", "Неверная почта или пароль.")
    email = page.form.text("email").strip().lower()[:254]
    if not page.form.ticked("consent"):
        raise Invalid("consent", CONSENT)
    with page.portal.database.write() as session:
        account = accounts.by_email(session, email)
        mark = read_mark(page.request, page.portal.settings)
        one = guessing.Try(email, page.address, mark, None if account is None else account.password_hash)
        guessing.allow(session, page.portal.settings.secret, one, now=page.now)
    if not passwords.matches(None if account is None else account.password_hash, page.form.raw("password")):
        raise wrong
    assert account is not None
    if account.confirmed_at is None:
        raise Invalid("", "Подтвердите адрес: пройдите по ссылке из письма, которое мы отправили.")
    return account, one


def _inside(path: str) -> str:
    """Where to go after log-in: only ever a page of this portal."""
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if safe else "/territories"


@pages.post("/logout", Access.PUBLIC, own_transaction=True)
def logout(page: Context) -> Response:
    if page.device is not None:
        with page.portal.database.write() as session:
            session.delete(session.merge(page.device, load=False))
    response = page.go("/login", "logged-out")
    clear_session(response, page.portal.settings)
    return response


@pages.get("/legal/{document}", Access.PUBLIC, own_transaction=True)
def legal(page: Context) -> Response:
    title = DOCUMENTS.get(page.path("document"))
    return page.missing() if title is None else page.render("legal.html", title=title, document=page.path("document"))


@pages.post("/preferences", Access.PUBLIC, own_transaction=True)
def preferences(page: Context) -> Response:
    """Language and theme, kept in cookies: they belong to the device, not to the person."""
    response = page.go(_inside(page.form.text("back", longest=200)))
    for name, allowed in (("language", {"ru", "en"}), ("theme", {"", "light", "dark"})):
        value = page.form.fields.get(name)
        if value is not None and value in allowed:
            response.set_cookie(
                f"okter_{name}", value, max_age=31_536_000, httponly=True, samesite="lax",
                secure=page.portal.settings.secure,
            )  # fmt: skip
    return response
