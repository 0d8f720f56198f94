"""A forgotten password."""

from __future__ import annotations

from starlette.responses import Response

from cloud.domain import accounts, audit, guessing, limits, passwords
from cloud.domain.errors import Invalid
from cloud.web import mails
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.cookies import set_mark
from cloud.web.routing import Pages

pages = Pages()


@pages.get("/reset", Access.PUBLIC, own_transaction=True)
def ask_form(page: Context) -> Response:
    return page.render("reset.html", sent=False)


@pages.post("/reset", Access.PUBLIC, own_transaction=True)
def ask(page: Context) -> Response:
    """The response is the same whether or not the address is known."""
    try:
        email = accounts.read_email(page.form.text("email"))
    except Invalid as error:
        return page.refuse("reset.html", error, sent=False)
    with page.portal.database.write() as session:
        allowed = limits.use(session, limits.RESETS, limits.network(page.address), now=page.now) and limits.may_mail(
            session, email, page.address, now=page.now
        )
        account = accounts.by_email(session, email)
        if allowed and account is not None:
            mails.reset_password(
                page.portal, session, account, accounts.issue_link(session, account, "reset", now=page.now)
            )
    if not allowed:
        return page.refuse("reset.html", Invalid("", "Слишком много попыток. Попробуйте позже."), sent=False)
    return page.render("reset.html", sent=True)


@pages.get("/reset/{token}", Access.PUBLIC, own_transaction=True)
def choose_form(page: Context) -> Response:
    with page.portal.database.read() as session:
        link = accounts.find_link(session, page.path("token"), "reset", now=page.now)
    usable = link is not None and link.used_at is None
    return page.render("reset_choose.html", usable=usable, status=200 if usable else 404)


@pages.post("/reset/{token}", Access.PUBLIC, own_transaction=True)
def choose(page: Context) -> Response:
    """The cheap checks come first: an invalid link costs no hash."""
    with page.portal.database.read() as session:
        link = accounts.find_link(session, page.path("token"), "reset", now=page.now)
        about = () if link is None else (link.account.name, link.account.email, link.account.phone)
    if link is None or link.used_at is not None:
        return page.render("reset_choose.html", usable=False, status=404)
    try:
        passwords.check_new(page.form.raw("password"), page.form.raw("password_again"), about=about)
    except Invalid as error:
        return page.refuse("reset_choose.html", error, usable=True)
    password_hash = passwords.hashed(page.form.raw("password"))
    with page.portal.database.write() as session:
        link = accounts.find_link(session, page.path("token"), "reset", now=page.now)
        done = link is not None and link.used_at is None
        if done and link is not None:
            audit.record(session, "password-reset", actor=link.account, address=page.address)
            accounts.change_password(session, link.account, password_hash, keep=None)
            email = link.account.email
    if not done:
        return page.render("reset_choose.html", usable=False, status=404)
    response = page.go("/login", "password-changed")
    # Whoever has proved to own the mailbox is no stranger: others' guesses no longer lock them out.
    settings = page.portal.settings
    set_mark(response, settings, guessing.new_mark(settings.secret, email))
    return response
