"""The certificate is always checked, and a clock that is behind finds the time again."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.errors import FileUnusable
from sync.api import CloudApi
from sync.errors import CertificateNotYetValid, CloudUnreachable
from sync.http import CloudHttp
from sync.memory import MemoryClock
from sync.settings import CloudSettings
from tests.sync.conftest import plain

CONFIG = """
[ca]
default_ca = here
[here]
dir = {home}
database = {home}/index.txt
new_certs_dir = {home}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Authority:
    """A private CA made by the openssl program."""

    home: Path

    @property
    def file(self) -> Path:
        return self.home / "ca.pem"

    def context(self, name: str, *, begin: datetime, end: datetime, san: str = "IP:127.0.0.1") -> ssl.SSLContext:
        """A server's TLS context with a certificate valid from `begin` to `end`."""
        key, request, certificate = (self.home / f"{name}.{kind}" for kind in ("key", "csr", "pem"))
        extension = f"subjectAltName={san}"
        run("req", "-newkey", "ec:params.pem", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}", "-addext", extension, home=self.home)  # fmt: skip
        dates = ["-startdate", f"{begin:%Y%m%d%H%M%SZ}", "-enddate", f"{end:%Y%m%d%H%M%SZ}"]
        run("ca", "-config", "ca.cnf", "-batch", "-notext", "-cert", "ca.pem", "-keyfile", "ca.key", "-in", request, "-out", certificate, *dates, home=self.home)  # fmt: skip
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context


def run(*arguments: object, home: Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], cwd=home, check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    if shutil.which("openssl") is None:
        pytest.skip("the openssl program is not installed")
    home = tmp_path_factory.mktemp("ca")
    (home / "ca.cnf").write_text(CONFIG.format(home=home))
    (home / "index.txt").touch()
    run("ecparam", "-name", "prime256v1", "-out", "params.pem", home=home)
    run("req", "-x509", "-newkey", "ec:params.pem", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "9", "-subj", "/CN=OKter test CA", home=home)  # fmt: skip
    return Authority(home)


@pytest.fixture
def good(authority: Authority) -> ssl.SSLContext:
    return authority.context("good", begin=NOW - DAY, end=NOW + DAY)


@pytest.fixture
def future(authority: Authority) -> ssl.SSLContext:
    """A certificate that begins tomorrow: to us it looks as if our clock were behind."""
    return authority.context("future", begin=NOW + DAY, end=NOW + 5 * DAY)


@pytest.fixture
def connect(clock: MemoryClock) -> Iterator[Callable[..., CloudApi]]:
    made: list[CloudApi] = []

    def make(url: str, ca_file: Path | None) -> CloudApi:
        settings = CloudSettings(url=url, ca_file=ca_file, request_s=20.0)
        made.append(CloudApi(CloudHttp(settings, clock=clock, token=lambda: "device-token-of-the-tests", version="1")))
        return made[-1]

    yield make
    for api in made:
        api.close()


def test_private_authority_is_trusted_when_named(authority, good, connect, cloud_over_tls, clock):
    """With `ca_file` the private CA's server is good, and its Date is evidence of the time."""
    with cloud_over_tls(good) as cloud:
        connect(cloud.url, authority.file).passes("")

    assert [True] == [authenticated for _, authenticated in clock.dates]


def test_unknown_authority_is_refused(good, connect, cloud_over_tls):
    """A certificate of a CA nobody named opens no connection: no request, no token."""
    with cloud_over_tls(good) as cloud:
        with pytest.raises(CloudUnreachable):
            connect(cloud.url, None).passes("")

        assert [] == cloud.asked


def test_wrong_name_is_refused(authority, connect, cloud_over_tls):
    """A good certificate of somebody else is no good here."""
    context = authority.context("other", begin=NOW - DAY, end=NOW + DAY, san="DNS:other.example")
    with cloud_over_tls(context) as cloud:
        with pytest.raises(CloudUnreachable):
            connect(cloud.url, authority.file).passes("")

        assert [] == cloud.asked


def test_expired_certificate_starts_no_recovery(authority, connect, cloud_over_tls, clock):
    """A certificate that is over is refused, and tells nothing of the time."""
    context = authority.context("old", begin=NOW - 5 * DAY, end=NOW - DAY)
    with cloud_over_tls(context) as cloud:
        with pytest.raises(CloudUnreachable) as caught:
            connect(cloud.url, authority.file).passes("")

        assert [] == cloud.asked
    assert type(caught.value) is CloudUnreachable
    assert [] == clock.dates


def test_certificate_of_the_future_starts_time_recovery(authority, future, connect, cloud_over_tls, clock):
    """Behind its time the gate asks for it without its token, takes the answer as a floor, and then gets through."""
    with cloud_over_tls(future) as cloud:
        cloud.ahead = 2 * DAY
        api = connect(cloud.url, authority.file)

        with pytest.raises(CertificateNotYetValid):
            api.passes("")
        ((date, authenticated),) = clock.dates
        assert not authenticated
        assert abs(date - (NOW + 2 * DAY)) < timedelta(hours=1)  # NOW is when the test run began
        assert ["authorization" in asked.headers for asked in cloud.asked] == [False]

        clock.instant = replace(clock.instant, wall=date)
        assert api.passes("").reset
        assert [False] == [authenticated for _, authenticated in clock.dates[1:]]


def test_own_clock_is_held_against_the_certificate(authority, future, connect, cloud_over_tls, clock):
    """Leaving the time out of the handshake does not leave it unchecked: a clock that stays behind gets no further."""
    with cloud_over_tls(future) as cloud:
        cloud.ahead = 2 * DAY
        api = connect(cloud.url, authority.file)
        for _ in range(2):
            with pytest.raises(CloudUnreachable):
                api.passes("")

        assert ["authorization" in asked.headers for asked in cloud.asked] == [False]


def test_after_an_ordinary_failure_the_time_of_the_certificate_is_checked_as_before(
    authority, good, connect, cloud_over_tls, clock
):
    """Only a certificate that is not yet valid leaves the time out of the next handshake."""
    with cloud_over_tls(good) as cloud:
        api = connect(cloud.url, authority.file)
        cloud.fault = lambda _asked, _socket: True
        with pytest.raises(CloudUnreachable):
            api.passes("")
        cloud.fault = lambda _asked, _socket: False
        api.passes("")

    assert [True] == [authenticated for _, authenticated in clock.dates]


def test_time_outside_the_certificate_is_not_believed(authority, future, connect, cloud_over_tls, clock):
    """A Date that the certificate itself contradicts moves no clock."""
    with cloud_over_tls(future) as cloud:
        cloud.ahead = 60 * DAY
        api = connect(cloud.url, authority.file)
        for _ in range(2):  # the next handshake checks the time as the first one did
            with pytest.raises(CertificateNotYetValid):
                api.passes("")

    assert [] == clock.dates


def test_recovery_checks_authority_and_name(authority, future, connect, cloud_over_tls, clock):
    """Nobody but the cloud itself may tell the time."""
    with cloud_over_tls(future) as cloud:
        cloud.ahead = 2 * DAY
        with pytest.raises(CloudUnreachable):
            connect(cloud.url, None).passes("")

    assert [] == clock.dates


def test_the_time_is_that_of_the_cloud_itself_and_not_of_where_it_points(
    authority, future, connect, cloud_over_tls, clock
):
    """A redirect is an answer like any other: its Date counts, and nobody else is asked."""
    asked = []

    def pointing_elsewhere(request, connection):
        asked.append(request.path)
        connection.sendall(plain(302, b"", f"Location: {cloud.url}/elsewhere", date=NOW + 2 * DAY))
        return True

    with cloud_over_tls(future) as cloud:
        cloud.fault = pointing_elsewhere
        with pytest.raises(CertificateNotYetValid):
            connect(cloud.url, authority.file).passes("")

    assert 1 == len(clock.dates)
    assert ["/api/edge/v1/passes"] == asked


def test_unusable_ca_file_is_named(connect, tmp_path):
    """A `ca_file` that holds no certificate is told by its path."""
    path = tmp_path / "ca.pem"
    path.write_text("not a certificate")

    with pytest.raises(FileUnusable, match=r"ca\.pem"):
        connect("https://127.0.0.1:1", path).passes("")
