"""The page by https: with a certificate and its key; what cannot be used is one line before anything listens."""

from __future__ import annotations

import re
import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.errors import ConfigError
from edge.config import load
from tests.configs import write_config

ON = '[console]\npassword = "общий пароль"\ncertificate = "gate.crt"\ncertificate_key = "gate.key"\n'


def certificate(folder: Path) -> None:
    """A certificate for 127.0.0.1 that signs itself, beside the config."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gate")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "gate.crt").write_bytes(made.public_bytes(pem))
    (folder / "gate.key").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))


def test_the_page_answers_by_https_and_its_session_stays_there(tmp_path: Path) -> None:
    """The certificate is the one that was given; the session's cookie is never sent in the clear."""
    certificate(tmp_path)
    file = write_config(tmp_path, ON)
    load(file).state_dir.mkdir()
    command = [sys.executable, "-m", "edge", "console", "--port", "0", "--config", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"https://\S+", process.stdout.readline())
            assert found is not None
            trusted = ssl.create_default_context(cafile=str(tmp_path / "gate.crt"))
            with httpx.Client(verify=trusted, base_url=found[0], timeout=60) as client:
                token = re.search(r'name="token" value="([^"]+)"', client.get("/login").text)
                assert token is not None
                answer = client.post("/login", data={"token": token[1], "password": "общий пароль"})
            assert 303 == answer.status_code
            (session,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith("gate_session=")]
            assert "Secure" in session
        finally:
            process.terminate()


@pytest.mark.parametrize("broken", ["gate.crt", "gate.key"])
def test_a_certificate_that_cannot_be_used_is_one_line(tmp_path: Path, broken: str) -> None:
    """Missing, or another's: the file is named and nothing listens."""
    certificate(tmp_path)
    file = write_config(tmp_path, ON)
    load(file).state_dir.mkdir()
    command = [sys.executable, "-m", "edge", "console", "--port", "0", "--config", str(file)]
    for text in (None, "nonsense\n"):
        (tmp_path / broken).unlink(missing_ok=True)
        if text is not None:
            (tmp_path / broken).write_text(text)
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert (1, "") == (done.returncode, done.stdout)
        assert 1 == len(done.stderr.splitlines()), done.stderr
        assert "gate." in done.stderr


def test_one_without_the_other_is_told(tmp_path: Path) -> None:
    """Which of them is missing."""
    with pytest.raises(ConfigError, match=r"console.certificate_key: сертификат и его ключ задаются вместе"):
        load(write_config(tmp_path, '[console]\ncertificate = "gate.crt"\n'))
