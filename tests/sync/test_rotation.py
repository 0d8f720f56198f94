"""A new device token: whatever answer is lost and wherever the power is cut, one of the two tokens is good and the gate has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.credential import Credential, CredentialShelf, read_credential, write_credential
from sync import wire
from sync.errors import CloudUnreachable, EnrolmentLost
from sync.memory import MemoryTokenShelf
from sync.rotation import rotate
from sync.seams import TokenShelf

URL = "https://okter.example"


class Cloud:
    """The tokens as `cloud.api` keeps them; `faults` says of each call: None = well, else lost before or after it was done."""

    def __init__(self, faults: Iterable[str | None] = ()) -> None:
        self.good, self.next = "token-0", ""
        self._numbers, self._faults = count(1), iter(faults)

    def renew(self, token: str) -> wire.EnrollAnswer:
        fault = self._lost("before")
        self._use(token)
        self.next = f"token-{next(self._numbers)}"
        given = answer(self.next)
        self._after(fault)
        return given

    def prove(self, token: str) -> None:
        fault = self._lost("before")
        self._use(token)
        self._after(fault)

    def late_duplicate(self) -> None:
        """A request for a new token that a proxy repeats when it has long been answered."""
        self.next = f"token-{next(self._numbers)}"

    def _use(self, token: str) -> None:
        if token not in {self.good, self.next or None}:
            raise EnrolmentLost(401)
        if token == self.next:
            self.good, self.next = token, ""

    def _lost(self, when: str) -> str | None:
        fault = next(self._faults, None)
        if fault == when:
            raise CloudUnreachable("lost")
        return fault

    def _after(self, fault: str | None) -> None:
        if fault == "after":
            raise CloudUnreachable("lost")


def answer(token: str, *, code: str = "", key: str = "", serial: int = 0) -> wire.EnrollAnswer:
    return wire.EnrollAnswer(token, "СНТ", "Europe/Moscow", code=code, move_key=key, move_serial=serial)


@pytest.fixture(params=["memory", "file"])
def make_shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], TokenShelf]:
    """The seam's fake, and the credential's file opened anew each time."""
    if request.param == "memory":
        kept = MemoryTokenShelf("token-0")
        return lambda: kept
    write_credential(tmp_path, Credential(URL, "СНТ", "Europe/Moscow", "token-0"))
    return lambda: CredentialShelf(tmp_path, URL)


def test_a_token_is_replaced(make_shelf):
    """The new one is in use, the old one is worth nothing, and nothing is offered."""
    cloud = Cloud()
    assert rotate(make_shelf(), cloud, wanted=True)
    assert ("token-1", None) == (make_shelf().in_use(), make_shelf().offered())
    assert "token-1" == cloud.good


def test_nothing_is_done_that_is_not_wanted(make_shelf):
    assert not rotate(make_shelf(), Cloud(), wanted=False)
    assert "token-0" == make_shelf().in_use()


@pytest.mark.parametrize("faults", [["before"], ["after"], [None, "before"], [None, "after"], ["after", None, "after"]])
def test_a_lost_answer_locks_nobody_out(make_shelf, faults):
    """Each answer, lost before or after it was done: the next tries end with one token that both sides know."""
    cloud = Cloud(faults)
    for _ in range(4):
        with suppress(CloudUnreachable):
            rotate(make_shelf(), cloud, wanted=make_shelf().in_use() == "token-0")
    assert make_shelf().in_use() == cloud.good != "token-0"
    assert make_shelf().offered() is None


def test_an_offer_that_was_made_void_is_dropped_for_the_old_token(make_shelf):
    """A repeated request voids the offer before it was used: the old token is still good, and a new offer is fetched."""
    cloud = Cloud()
    make_shelf().offer(cloud.renew("token-0"))
    cloud.late_duplicate()

    assert not rotate(make_shelf(), cloud, wanted=True)
    assert ("token-0", None) == (make_shelf().in_use(), make_shelf().offered())
    assert rotate(make_shelf(), cloud, wanted=True)
    assert make_shelf().in_use() == cloud.good


def test_a_no_to_everybody_drops_nothing(make_shelf):
    """Somebody who refuses both tokens is not our cloud, or the gate's access is closed: both are kept."""
    cloud = Cloud()
    make_shelf().offer(cloud.renew("token-0"))
    cloud.good = cloud.next = "others"

    with pytest.raises(EnrolmentLost):
        rotate(make_shelf(), cloud, wanted=False)
    assert ("token-0", "token-1") == (make_shelf().in_use(), make_shelf().offered())


@given(st.lists(st.sampled_from([None, None, "before", "after"]), max_size=12), st.sets(st.integers(0, 11), max_size=3))
def test_whatever_is_lost_the_gate_gets_back_in(faults, duplicates):
    """Any row of losses and late repeats: the gate always holds the token that is good, and ends with it in use."""
    cloud, shelf = Cloud(faults), MemoryTokenShelf("token-0")
    for step in range(20):
        if step in duplicates:
            cloud.late_duplicate()
        with suppress(CloudUnreachable):
            rotate(shelf, cloud, wanted=step < 12)
        assert cloud.good in {shelf.in_use(), shelf.offered()}
    assert shelf.in_use() == cloud.good


def test_a_credential_of_before_has_no_offer(tmp_path):
    """A file written by an older program is read, and one without an offer is written as it always was."""
    write_credential(tmp_path, Credential(URL, "СНТ", "UTC", "token-0"))
    assert "offered" not in (tmp_path / "cloud.credential").read_text(encoding="utf-8")
    assert "" == read_credential(tmp_path).offered


def test_the_token_of_another_cloud_is_none_of_ours(tmp_path):
    """Bound to another cloud meanwhile: nothing is changed."""
    write_credential(tmp_path, Credential("https://other.example", "СНТ", "UTC", "token-7"))
    shelf = CredentialShelf(tmp_path, URL)
    shelf.adopt("token-8")
    assert shelf.in_use() is None
    assert "token-7" == read_credential(tmp_path).token


KEY, ANOTHER = "ssh-ed25519 AAAA", "ssh-ed25519 BBBB"


@pytest.mark.parametrize(
    ("known", "told", "after"),
    [
        (("", "", 0), ("123-456", KEY, 3), ("123-456", KEY, 3)),
        (("123-456", KEY, 5), ("123-456", KEY, 3), ("123-456", KEY, 5)),
        (("123-456", KEY, 1), ("123-456", KEY, 3), ("123-456", KEY, 3)),
        (("123-456", KEY, 1), ("123-456", ANOTHER, 3), ("123-456", KEY, 1)),
        (("123-456", "", 0), ("654-321", KEY, 3), ("123-456", "", 0)),
        (("123-456", KEY, 1), ("", "", 0), ("123-456", KEY, 1)),
    ],
    ids=["first", "older", "newer", "another key", "another territory", "one cell"],
)
def test_a_new_token_brings_the_key_of_moves(tmp_path, known, told, after):
    """A gate without a key gets it with a new token; a key that is known is replaced by nobody, and no serial goes back."""
    code, key, serial = known
    write_credential(tmp_path, Credential(URL, "СНТ", "UTC", "token-0", code=code, move_key=key, move_serial=serial))
    CredentialShelf(tmp_path, URL).offer(answer("token-1", code=told[0], key=told[1], serial=told[2]))

    found = read_credential(tmp_path)
    assert after == (found.code, found.move_key, found.move_serial)
    assert ("token-0", "token-1") == (found.token, found.offered)
