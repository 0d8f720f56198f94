"""Web push messages against the RFCs' own examples, and against a browser's half written from the text."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from cloud.db.models import utc_now
from posting.push_encryption import (
    BrowserKeys,
    KeyInvalid,
    Sender,
    encrypted,
    fresh_key,
    from_base64url,
    point_of,
    to_base64url,
)
from tests.cloud.push_service import Browser, verified

# RFC 8291, appendix A.
SENDER_PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
RECEIVER_PRIVATE = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
RECEIVER_PUBLIC = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
MESSAGE = b"When I grow up, I want to be a watermelon"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
# RFC 8292, section 2.4.
SIGNED = (
    "vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1Yi"
    "I6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHz"
    "voD1oA, k=BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"
)


def private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(from_base64url(text), "big"), ec.SECP256R1())


def test_the_example_of_rfc_8291_comes_out() -> None:
    """The RFC's message, keys and salt give the RFC's bytes."""
    keys = BrowserKeys.read(RECEIVER_PUBLIC, AUTH)

    assert from_base64url(BODY) == encrypted(MESSAGE, keys, own=private(SENDER_PRIVATE), salt=from_base64url(SALT))


def test_the_browser_of_the_tests_reads_the_example() -> None:
    """The receiver that the tests believe reads what the RFC's receiver reads, and knows the RFC's signature for good."""
    browser = Browser(private(RECEIVER_PRIVATE), from_base64url(AUTH))

    assert MESSAGE == browser.read(from_base64url(BODY))
    assert "https://push.example.net" == verified(SIGNED)["aud"]
    with pytest.raises(Exception, match=r"^$"):  # cryptography's InvalidSignature says nothing
        verified(SIGNED.replace(".i3C", ".j3C"))


@given(message=st.binary(max_size=2000), salt=st.binary(min_size=16, max_size=16))
def test_whatever_is_sent_is_read_by_its_browser_alone(message: bytes, salt: bytes) -> None:
    """A browser reads its message as it was; the neighbour's browser reads nothing."""
    browser, other = Browser(), Browser()
    body = encrypted(message, BrowserKeys(browser.point, browser.auth), own=fresh_key(), salt=salt)

    assert message == browser.read(body)
    with pytest.raises(Exception, match=r"^$"):
        other.read(body)


def test_the_portal_has_one_key_made_of_its_secret() -> None:
    """All hosts with one secret are one sender; another secret is another; the claims are those the RFC asks for."""
    one, same, other = (Sender(secret, "https://okter.example.ru") for secret in (b"a" * 32, b"a" * 32, b"b" * 32))
    now = utc_now()

    claims = verified(one.authorization("https://push.example.net:8443/send/x?y=1", now=now))

    assert one.public_key == same.public_key != other.public_key
    assert {
        "aud": "https://push.example.net:8443",
        "sub": "https://okter.example.ru",
        "exp": int((now + timedelta(hours=12)).timestamp()),
    } == claims


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", AUTH),
        (RECEIVER_PUBLIC[:-4], AUTH),
        (to_base64url(b"\x04" + bytes(64)), AUTH),
        (to_base64url(point_of(fresh_key().public_key())[:1] + bytes(64)), AUTH),
        ("не base64", AUTH),
        (RECEIVER_PUBLIC, ""),
        (RECEIVER_PUBLIC, to_base64url(b"short")),
    ],
)
def test_keys_that_are_none_are_refused(p256dh: str, auth: str) -> None:
    """A point that is not on the curve, a wrong length or no base64 is no subscription."""
    with pytest.raises(KeyInvalid):
        BrowserKeys.read(p256dh, auth)
