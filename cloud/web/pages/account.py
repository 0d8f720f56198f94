"""One's own account: data, address, password, devices, export and deletion."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response, StreamingResponse

from cloud.db.models import Account, Device
from cloud.domain import accounts, audit, guessing, limits, passwords, personal_data, personal_export, pins, retention
from cloud.domain.errors import Invalid
from cloud.web import mails
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.cookies import clear_session, forget_pages
from cloud.web.routing import Pages

pages = Pages()

WRONG_PASSWORD = "Неверный пароль."


@pages.get("/account", Access.ACCOUNT)
def overview(page: Context) -> Response:
    return page.render("account.html")


@pages.post("/account/profile", Access.ACCOUNT)
def profile(page: Context) -> Response:
    try:
        name, phone = accounts.read_name(page.form.text("name")), accounts.read_phone(page.form.text("phone"))
    except Invalid as error:
        return page.refuse("account.html", error)
    audit.rename(page.session, page.me, name)
    page.me.name, page.me.phone = name, phone
    return page.go("/account", "profile-saved")


@pages.post("/account/password", Access.ACCOUNT, own_transaction=True)
def password(page: Context) -> Response:
    try:
        check_password(page)
        about = (page.me.name, page.me.email, page.me.phone)
        passwords.check_new(page.form.raw("password"), page.form.raw("password_again"), about=about)
    except Invalid as error:
        return page.refuse("account.html", error)
    password_hash = passwords.hashed(page.form.raw("password"))
    assert page.device is not None
    with page.portal.database.write() as session:
        page.use(session)
        accounts.change_password(session, page.me, password_hash, keep=page.device.id)
        audit.record(session, "password-changed", actor=page.me, address=page.address)
    return page.go("/account", "password-changed")


@pages.post("/account/email", Access.ACCOUNT, own_transaction=True)
def email(page: Context) -> Response:
    """Send a link to the new address. The response is the same whether or not the address is taken."""
    try:
        check_password(page)
        new = accounts.read_email(page.form.text("email"))
    except Invalid as error:
        return page.refuse("account.html", error)
    with page.portal.database.write() as session:
        page.use(session)
        if limits.may_mail(session, new, page.address, now=page.now):
            taken_by = accounts.by_email(session, new)
            if taken_by is None:
                token = accounts.issue_link(session, page.me, "change", now=page.now, new_email=new)
                mails.change_address(page.portal, session, page.me, new, token)
            else:
                mails.already_registered(page.portal, session, taken_by)
    return page.go("/account", "mail-sent")


@pages.get("/email/{token}", Access.PUBLIC, own_transaction=True)
def change_email_form(page: Context) -> Response:
    """Ask for confirmation first: mail scanners open links too."""
    with page.portal.database.read() as session:
        link = accounts.open_change(session, page.path("token"), now=page.now)
    if link is None:
        return page.render("email_changed.html", done=False, status=404)
    return page.render("email_change.html", new_email=link.new_email)


@pages.post("/email/{token}", Access.PUBLIC, own_transaction=True)
def change_email(page: Context) -> Response:
    with page.portal.database.write() as session:
        link = accounts.open_change(session, page.path("token"), now=page.now)
        before = "" if link is None else link.account.email
        account = accounts.change_email(session, page.path("token"), now=page.now)
        if account is not None:
            audit.record(session, "email-changed", actor=account, address=page.address)
            mails.address_changed(page.portal, session, account, before)
    return page.render("email_changed.html", done=account is not None, status=200 if account else 404)


@pages.post("/account/pin", Access.ACCOUNT, own_transaction=True)
def pin(page: Context) -> Response:
    """Set the PIN that opening a barrier requires; an empty one removes it."""
    try:
        check_password(page)
        typed = page.form.raw("pin")
        pin_hash = passwords.hashed(pins.read_pin(typed)) if typed.strip() else None
    except Invalid as error:
        return page.refuse("account.html", error)
    with page.portal.database.write() as session:
        page.use(session)
        page.me.pin_hash = pin_hash
        audit.record(session, "pin-set" if pin_hash else "pin-removed", actor=page.me, address=page.address)
    return page.go("/account", "pin-set" if pin_hash else "pin-removed")


@pages.get("/account/export", Access.ACCOUNT, own_transaction=True)
def export(page: Context) -> Response:
    headers = {"Content-Disposition": 'attachment; filename="okter-account.json"'}
    document = personal_export.export(page.portal.database, page.me.id)
    return StreamingResponse(document, media_type="application/json", headers=headers)


@pages.get("/account/delete", Access.ACCOUNT)
def delete_form(page: Context) -> Response:
    return page.render("account_delete.html")


@pages.post("/account/delete", Access.ACCOUNT, own_transaction=True)
def delete(page: Context) -> Response:
    try:
        check_password(page)
        with page.portal.database.write() as session:
            page.use(session)
            gates = personal_data.delete(session, page.me, now=page.now)
    except Invalid as error:
        return page.refuse("account_delete.html", error)
    retention.forget_gates(page.portal.pictures, gates)
    response = page.go("/login", "account-deleted")
    clear_session(response, page.portal.settings)
    forget_pages(response)
    return response


@pages.get("/devices", Access.ACCOUNT)
def devices(page: Context) -> Response:
    return page.render("devices.html", devices=accounts.live_devices(page.session, page.me, now=page.now), full=False)


@pages.post("/devices/{device_id}/remove", Access.ACCOUNT)
def remove_device(page: Context) -> Response:
    device = _device_of(page, page.me)
    if device is None:
        return page.missing()
    ours = page.device is not None and device.id == page.device.id
    page.session.delete(device)
    page.audit("device-removed", device.user_agent)
    if not ours:
        return page.go("/devices", "device-removed")
    response = page.go("/login", "logged-out")
    clear_session(response, page.portal.settings)
    return response


@pages.get("/devices/full", Access.PENDING)
def full(page: Context) -> Response:
    """The eleventh device: choose which of the ten is logged out."""
    return page.render("devices.html", devices=accounts.live_devices(page.session, page.me, now=page.now), full=True)


@pages.post("/devices/full/{device_id}", Access.PENDING)
def make_room(page: Context) -> Response:
    assert page.device is not None
    leaving = _device_of(page, page.me)
    device = page.session.merge(page.device, load=False)
    if not accounts.admit_pending(page.session, device, leaving, now=page.now):
        return RedirectResponse("/devices/full", 303)
    page.audit("device-replaced", "" if leaving is None else leaving.user_agent)
    return page.extend_session(page.go("/territories"))


def _device_of(page: Context, account: Account) -> Device | None:
    device_id = page.path("device_id")
    row = page.session.get(Device, int(device_id)) if device_id.isdecimal() and len(device_id) < 10 else None
    return row if row is not None and row.account_id == account.id and not row.pending else None


def check_password(page: Context) -> None:
    """Ask for the password again before irreversible actions; guessing is limited as at log-in."""
    assert page.device is not None
    tried = f"device:{page.device.id}"  # per session, so that guesses elsewhere do not block the owner
    with page.portal.database.write() as session:
        wait = limits.attempt(session, guessing.KNOWN, tried, now=page.now)
    if wait:
        raise Invalid("current_password", "Слишком много попыток. Попробуйте позже.")
    if not passwords.matches(page.me.password_hash, page.form.raw("current_password")):
        raise Invalid("current_password", WRONG_PASSWORD)
    with page.portal.database.write() as session:
        limits.forget(session, guessing.KNOWN, tried)
