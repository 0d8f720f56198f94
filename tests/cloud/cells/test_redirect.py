"""The word that sends a gate to another cell: who is believed, and who is not."""

from __future__ import annotations

import subprocess

import pytest

from cloud.cells.errors import MoveFailed
from cloud.cells.redirect import document_of, signed
from edge.credential import Credential, read_credential, write_credential
from edge.moving import CredentialMover
from sync import wire
from sync.errors import MoveRefused
from tests.cloud.cells.live import signing_key

CODE, CELL = "123-456", "https://west.example.ru"


@pytest.fixture
def keys(tmp_path):
    return signing_key(tmp_path)


@pytest.fixture
def mover(tmp_path, keys):
    """Of a gate that was enrolled at the old cell and has followed two moves already."""
    state = tmp_path / "state"
    facts = {"code": CODE, "move_key": keys[1], "move_serial": 2}
    write_credential(state, Credential("https://east.example.ru", "Сад", "UTC", "t" * 20, **facts))
    return CredentialMover(state, moved=lambda: None)


def word(document: str, key) -> wire.Moved:
    made = signed(document, key)
    return wire.decode(wire.Moved, wire.encode(wire.Moved(made.document, made.signature)))


def test_a_true_word_is_followed_and_remembered(mover, keys, tmp_path):
    """The gate asks the new cell from then on, with its own token, and remembers which move it was."""
    moved = word(document_of(CODE, CELL, 3), keys[0])

    assert mover.checked(moved) == CELL
    mover.settle(moved)

    credential = read_credential(tmp_path / "state")
    assert (credential.address, credential.url, credential.move_serial) == (CELL, "https://east.example.ru", 3)
    assert credential.token == "t" * 20


def test_a_stranger_takes_no_gate_over(mover, keys, tmp_path):
    """Another key, another text under a true signature, another purpose: none is believed."""
    stranger, _ = signing_key(tmp_path, "stranger")
    true = word(document_of(CODE, CELL, 3), keys[0])
    forged = [
        word(document_of(CODE, "https://evil.example", 3), stranger),
        wire.Moved(document_of(CODE, "https://evil.example", 3), true.signature),
        wire.Moved(true.document, "AAAA"),
        wire.Moved(true.document, "U1NIU0lH"),
    ]

    for moved in forged:
        with pytest.raises(MoveRefused, match="подпись"):
            mover.checked(moved)


def test_whoever_enrols_anew_under_a_move_stays_where_they_enrolled(mover, keys, tmp_path):
    """Between the word's check and its remembering the box may become another cloud's: its new token goes to no old cell."""
    moved = word(document_of(CODE, CELL, 3), keys[0])
    assert mover.checked(moved) == CELL
    _, other = signing_key(tmp_path, "other")
    anew = Credential("https://new.example.ru", "Лес", "UTC", "n" * 20, code="654-321", move_key=other)
    write_credential(tmp_path / "state", anew)

    with pytest.raises(MoveRefused):
        mover.settle(moved)

    assert read_credential(tmp_path / "state") == anew


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (document_of("654-321", CELL, 3), "другой территории"),
        (document_of(CODE, CELL, 2), "старое"),
        (document_of(CODE, CELL, 1), "старое"),
        (document_of(CODE, "http://west.example.ru", 3), "https"),
        (document_of(CODE, "https://user:word@west.example.ru", 3), "пароля"),
        ('{"territory":"123-456"}', "куда"),
        ("[]", "куда"),
    ],
)
def test_a_true_signature_is_not_enough(mover, keys, document, why):
    """A word about another territory, an old one that is played back, an address without TLS: the gate stays."""
    with pytest.raises(MoveRefused, match=why):
        mover.checked(word(document, keys[0]))


def test_a_gate_without_a_key_does_not_offer_to_follow(tmp_path):
    """Enrolled before there were cells, it asks as it always did, and the old cell serves it on."""
    write_credential(tmp_path, Credential("https://east.example.ru", "Сад", "UTC", "t" * 20))
    mover = CredentialMover(tmp_path, moved=lambda: None)

    assert not mover.can_follow()
    with pytest.raises(MoveRefused):
        mover.checked(wire.Moved(document_of(CODE, CELL, 1), "AAAA"))


def test_a_key_that_does_not_sign_is_told_in_one_line(tmp_path):
    """The command names the file, before anything has moved."""
    (tmp_path / "key").write_text("no key")
    (tmp_path / "key").chmod(0o600)

    with pytest.raises(MoveFailed, match="key"):
        signed("{}", tmp_path / "key")


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (FileNotFoundError(2, "No such file"), "apt install openssh-client"),
        (PermissionError(13, "Permission denied"), "key: подписать не удалось"),
        (subprocess.TimeoutExpired("ssh-keygen", 30.0), "не ответил за 30 с"),
    ],
)
def test_why_nobody_signed_is_what_was_seen(tmp_path, monkeypatch, error, why):
    """Only a program that is not there is called missing: one that may not run or does not answer is told as that."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(subprocess, "run", fail)

    with pytest.raises(MoveFailed, match=why):
        signed("{}", tmp_path / "key")
