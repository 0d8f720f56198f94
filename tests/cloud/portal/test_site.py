"""What holds for every page: headers, both languages, labels, files, and one's own data."""

from __future__ import annotations

import ast
import json
import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

import cloud.web
import core.words
from cloud.db.models import Account, AuditEntry, Pass, Territory, utc_now
from cloud.domain import gates, personal_export
from cloud.settings import Settings
from cloud.web.headers import SecureHeaders
from cloud.web.pages import ALL_PAGES
from core.words.language import english

WEB = Path(cloud.web.__file__).parent
CYRILLIC = re.compile("[А-Яа-яЁё]")
# Letters by mail, and pages that are in both languages themselves.
NOT_WORDS = {"files.py"}
# Beside their messages these hold alphabets and names of columns.
MESSAGES_ONLY = {"plates.py", "odd_plates.py", "weak_passwords.py", "importing.py", "objects.py"}
PUBLIC = ["/login", "/register", "/register/sent", "/reset", "/reset/x", "/confirm/x", "/legal/policy", "/nowhere"]


def spoken():
    """Every Russian text that a page may say."""
    for file in (WEB / "html").glob("*.html"):
        if file.name not in {"offline.html", "failure_plain.html"}:  # both languages stand there
            text = file.read_text(encoding="utf-8")
            yield from re.findall(r'\bt\(\s*"([^"]*)"', text)
            bare = re.sub(r"\{[{%#].*?[%}#]\}|<[^>]*>", "", text, flags=re.DOTALL)
            assert not [word for word in CYRILLIC.findall(bare) if word not in "Русский"], file.name
    for file in [
        *WEB.rglob("*.py"),
        *(WEB.parent / "domain").glob("*.py"),
        *(WEB.parent / "couriers").glob("*.py"),
        *(file for file in (WEB.parent / "fleet").glob("*.py") if "commands" not in file.name),
        *(WEB.parent / "calls").glob("*.py"),
        *(file for file in (WEB.parent / "telegram").glob("*.py") if file.name != "settings.py"),
        WEB.parent / "public_api" / "problems.py",
        WEB.parent / "plates.py",
        WEB.parent / "odd_plates.py",
    ]:
        if file.name not in NOT_WORDS:
            texts = {text for text in constants(file) if CYRILLIC.search(text)}
            yield from (text for text in texts if file.name not in MESSAGES_ONLY or text.endswith("."))


def constants(file):
    """The texts of a module but for its docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare:
            yield node.value


def test_no_text_lacks_its_english():
    """Everything that is said in Russian has its English, with the same places to fill, and nothing is left over."""
    texts = {text for text in spoken() if CYRILLIC.search(text)}
    portal = json.loads(
        Path(core.words.__file__).with_name("english").joinpath("portal.json").read_text(encoding="utf-8")
    )

    assert set() == texts - set(english())
    assert set() == set(portal) - texts


@pytest.mark.parametrize("role", ["resident", "operator", "manager"])
def test_pages_speak_english(world, place, role):
    """With English chosen no page of a role shows Russian of its own."""
    visitor = world.as_(getattr(place, role))
    visitor.client.cookies.set("okter_language", "en")
    paths = ["/territories", "/territories/new", "/territories/join", "/account", "/devices", "/account/delete"]
    paths += [page.path.format(**place.ids) for page in ALL_PAGES if page.method == "GET" and page.access.territorial]

    for path in paths:
        answer = visitor.get(path + "?lane=entry")
        if answer.status_code == 200 and answer.headers["content-type"].startswith("text/html"):
            shown = re.sub(r"<title>.*?</title>", "", answer.text).replace("Русский", "").replace("дом A", "")
            assert "" == "".join(CYRILLIC.findall(re.sub(r'"[^"]*А[^"]*"', "", shown))).replace("ААА", ""), path


class Labels(HTMLParser):
    """Collects the fields, labels and buttons of a page."""

    def __init__(self):
        super().__init__()
        self.fields, self.labels, self.buttons, self.ids, self._button = [], set(), [], [], None

    def handle_starttag(self, tag, attrs):
        facts = dict(attrs)
        if "id" in facts:
            self.ids.append(facts["id"])
        hidden = facts.get("type") == "hidden" or "hidden" in facts
        if tag in {"input", "select", "textarea"} and not hidden:
            self.fields.append(facts.get("id"))
        if tag == "label":
            self.labels.add(facts.get("for"))
        if tag == "button":
            self._button = ""
        if tag == "img":
            assert "alt" in facts

    def handle_data(self, data):
        if self._button is not None:
            self._button += data.strip()

    def handle_endtag(self, tag):
        if tag == "button":
            self.buttons.append(self._button)
            self._button = None


def test_every_field_has_its_label(world, place):
    """On every page each field has a label of its own, each button its text, and no id stands twice."""
    visitor = world.as_(place.manager)
    stranger = world.visitor()
    pages = [stranger.get(path) for path in PUBLIC]
    pages += [
        visitor.get(page.path.format(**place.ids, token="x", document="terms") + "?lane=entry")
        for page in ALL_PAGES
        if page.method == "GET" and not page.path.endswith((".csv", ".xlsx", ".jpg", "/export"))
    ]

    for answer in pages:
        found = Labels()
        found.feed(answer.text)
        assert set(found.fields) <= found.labels, answer.url
        assert all(found.buttons), answer.url
        assert len(set(found.ids)) == len(found.ids), answer.url


def test_pages_forbid_scripts_frames_and_caches(world, place):
    """Every answer carries the policy, is framed by nobody and kept by no cache; no page holds inline script or style."""
    visitor = world.as_(place.manager)
    for path in ["/territories", f"/t/{place.territory.code}/journal", "/nowhere", "/api/openapi.json"]:
        answer = visitor.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "no-store" == answer.headers["cache-control"]
        assert "strict-transport-security" not in answer.headers
        assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=|https?://(?!portal\.test)", answer.text), (
            path
        )


def test_behind_tls_cookies_and_transport_are_locked(world):
    """With an https address cookies are bound to the host and secure, and browsers are told to stay on TLS."""
    from cloud.app import create_app

    settings = Settings(world.settings.data_dir, world.settings.database_url, "https://portal.test", b"key")
    app = create_app(settings)
    visitor = type(world.visitor())(app, world.runner)

    answer = visitor.get("/login")

    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert answer.headers["set-cookie"].startswith("__Host-okter_visitor=")
    assert "Secure" in answer.headers["set-cookie"]
    assert "HttpOnly" in answer.headers["set-cookie"]
    app.state.database.close()
    assert SecureHeaders is not None


def test_the_app_can_be_installed(world):
    """The manifest has what Chrome asks for, its icons are real pictures of the sizes named, the worker knows the shell."""
    visitor = world.visitor()
    manifest = json.loads(visitor.get("/manifest.webmanifest").text)

    assert {"name", "short_name", "start_url", "display", "icons"} <= set(manifest)
    assert {"192x192", "512x512"} == {icon["sizes"] for icon in manifest["icons"]}
    for icon in manifest["icons"]:
        picture = visitor.get(icon["src"]).content
        assert b"\x89PNG" == picture[:4]
        assert icon["sizes"] == f"{int.from_bytes(picture[16:20])}x{int.from_bytes(picture[20:24])}"
    worker = visitor.get("/sw.js").text
    assert "__SHELL__" not in worker
    for address in re.findall(r'"(/[^"]+)"', worker.split("SHELL = ")[1].split("]")[0]):
        assert 200 == visitor.get(address).status_code, address


def test_pages_are_small(world, place):
    """A page with all that it loads stays under 150 kB."""
    visitor = world.as_(place.manager)
    page = visitor.get(f"/t/{place.territory.code}/journal").text
    loaded = [address for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page) if "icon-" not in address]

    assert len(page.encode()) + sum(len(visitor.get(address).content) for address in loaded) < 150_000


def test_a_person_takes_their_data_along(world, place):
    """The export names everything kept about a person and nothing about others."""
    document = json.loads(world.as_(place.resident).get("/account/export").text)

    assert "residenta@example.com" == document["account"]["email"]
    assert ["A777AA999"] == [row["plate"] for row in document["passes"]]
    assert ["A777AA999"] == [row["plate"] for row in document["passages"]]
    assert "manager" not in json.dumps(document)


def test_a_persons_data_are_never_cut(world, place, monkeypatch):
    """However many rows there are, all are in the export, each once, in valid JSON."""
    monkeypatch.setattr(personal_export, "PAGE", 3)
    with world.database.write() as session:
        plates = [f"E1{number:02}KX77" for number in range(10)]
        for plate in plates:
            owned = {"territory_id": place.territory.id, "owner_id": place.resident.id}
            session.add(Pass(**owned, plate=plate, plate_display=plate))

    document = json.loads(world.as_(place.resident).get("/account/export").text)

    assert sorted(["A777AA999", *plates]) == sorted(row["plate"] for row in document["passes"])


def test_a_deleted_account_leaves_no_name(world, place):
    """Deletion ends the person's passes, logs them out, and leaves neither name nor address anywhere."""
    visitor = world.as_(place.resident)
    visitor.post(
        f"/t/{place.territory.code}/passes/new",
        plate="O123OO77",
        note="тёща",
        valid_until=str((utc_now() + timedelta(days=1)).date()),
    )
    visitor.get("/account/delete")
    assert "Неверный пароль" in visitor.post("/account/delete", current_password="wrong").text

    visitor.post("/account/delete", current_password="правильный пароль 1")

    assert "/login" == visitor.get("/territories").headers["location"]
    with world.database.read() as session:
        assert 0 == session.query(Account).filter_by(id=place.resident.id).count()
        rows = session.query(Pass).filter(Pass.blocked.is_(False)).all()
        assert {(True, None, "")} == {(row.deleted_at is not None, row.owner_id, row.note) for row in rows}
        assert 0 == session.query(AuditEntry).filter_by(actor=place.resident.name).count()


def test_a_deleted_account_leaves_no_name_in_what_others_did(world, place):
    """Who let the person in stays written down; the person's name does not, also not one from before a marriage."""
    asking, manager = world.as_(place.asking), world.as_(place.manager)
    path = f"/t/{place.territory.code}"
    manager.post(f"{path}/people/{place.ids['request_id']}/accept", role="operator", object="КПП 1")
    assert "askingA: Оператор, КПП 1" in manager.get(f"{path}/acts").text
    asking.post("/account/profile", name="Новая Фамилия", phone="+79120000001")
    assert "Новая Фамилия: Оператор, КПП 1" in manager.get(f"{path}/acts").text

    asking.get("/account/delete")
    asking.post("/account/delete", current_password="правильный пароль 1")

    page = manager.get(f"{path}/acts").text
    assert "—: Оператор, КПП 1" in page
    assert not re.search("askingA|Новая Фамилия", page)


def test_the_only_manager_hands_over_first(world, place, make_place):
    """Who alone manages a territory with other people cannot vanish; a territory of one goes with its account and its pictures."""
    visitor = world.as_(place.manager)
    visitor.get("/account/delete")
    assert "передайте управление" in visitor.post("/account/delete", current_password="правильный пароль 1").text

    alone = world.account("Alone")
    visitor = world.as_(alone)
    visitor.post("/territories/new", name="Хутор", timezone="Europe/Moscow")
    pictures = picture_of_a_gate(world, "Хутор")
    assert 303 == visitor.post("/account/delete", current_password="правильный пароль 1").status_code
    with world.database.read() as session:
        assert ["Place A"] == [row.name for row in session.query(Territory)]
    assert not pictures.exists()


def picture_of_a_gate(world, territory):
    """The folder of a gate's pictures, with one in it."""
    with world.database.write() as session:
        place = session.query(Territory).filter_by(name=territory).one()
        gate = gates.add(session, place, "КПП-1", now=utc_now())
        folder = world.settings.data_dir / "snapshots" / str(gate.id)
    (folder / "00").mkdir(parents=True)
    (folder / "00" / "x.jpg").write_bytes(b"picture")
    return folder


def test_every_page_of_a_territory_has_its_place_in_the_menu(world, place):
    """Wherever a manager is, one section of the menu is marked: nobody gets lost on a telephone."""
    manager, lost = world.as_(place.manager), []
    for page in ALL_PAGES:
        if page.method != "GET" or "{code}" not in page.path or "{" in page.path.replace("{code}", ""):
            continue
        answer = manager.get(page.path.format(code=place.territory.code))
        if (
            "<nav" in answer.text
            and 1 != len(re.findall(r"<nav.*?</nav>", answer.text, re.DOTALL)[0].split("aria-current")) - 1
        ):
            lost.append(page.path)

    assert [] == lost


@pytest.mark.parametrize(
    "referer", ["http://[", "http://portal.test//evil.example/x", "http://portal.test/\\evil.example"]
)
def test_a_problem_leads_back_to_no_address_made_to_mislead(world, place, referer):
    """A way back that is no address, or that browsers take for another site's, is left out, and the page is shown."""
    visitor = world.as_(place.resident)
    answer = visitor.request("POST", "/account/profile", headers={"referer": referer}, data={"csrf": "wrong"})

    assert (403, False) == (answer.status_code, ">Назад<" in answer.text)


def test_a_problem_leads_back_to_where_one_came_from(world, place):
    """A form that was not taken has a way back to its page; the page of another site is no such way."""
    visitor = world.as_(place.resident)
    for referer, back in (("http://portal.test/account?a=1", True), ("http://elsewhere.test/account", False)):
        answer = visitor.request("POST", "/account/profile", headers={"referer": referer}, data={"csrf": "wrong"})
        assert (403, back) == (answer.status_code, 'href="/account?a=1"' in answer.text)
        assert "elsewhere" not in answer.text
