"""What every test starts from."""

from __future__ import annotations

import fcntl
import functools
import gc
import os
import ssl
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Before numpy is imported, as `camera` does for a gate (ADR 190): threads of OpenBLAS that wait for each other's parts spin, and
# four workers on two cores wait long. They took more than half of what a lane costs here.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import httpx
import pytest
from httpx._transports import default as transports
from hypothesis import HealthCheck, settings

from core.words.language import Language, speak

# How long it takes to make an example says something of the machine, and nothing of what is tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def russian() -> Iterator[None]:
    """A command that a test ran in English leaves no English to the next."""
    yield
    speak(Language.RU)


@pytest.fixture(scope="session", autouse=True)
def authorities_once() -> Iterator[None]:
    """The file of the 140 authorities is read once: a client that is made for each test, and asks on loopback, needs none of them."""
    read = functools.cache(httpx.create_ssl_context)

    def context(*, verify: ssl.SSLContext | str | bool, cert: None, trust_env: bool) -> ssl.SSLContext:
        if verify is True and not (os.environ.keys() & {"SSL_CERT_FILE", "SSL_CERT_DIR"}):
            return read()
        return httpx.create_ssl_context(verify=verify, cert=cert, trust_env=trust_env)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transports, "create_ssl_context", context)
        if linking := sys.modules.get("sync.http"):
            check, usual = linking.checking_context, functools.cache(linking.checking_context)
            patch.setattr(linking, "checking_context", lambda ca_file: check(ca_file) if ca_file else usual(None))
        yield


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collecting makes half a million objects and throws none away: the garbage collector need not look through them, ever.

    Afterwards it looks seldom: by its default, after each 700 new objects, it took a tenth of the time of all tests.
    """
    gc.disable()
    try:
        with _one_after_another():
            return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        gc.enable()


@contextmanager
def _one_after_another() -> Iterator[None]:
    """In a fresh checkout one worker compiles all modules and leaves them for the others, which would all do the same at the same time.

    That is another 10 s of a core for each. Where the compiled tests are there already, nobody waits.
    """
    run, tests = os.environ.get("PYTEST_XDIST_TESTRUNUID"), Path(__file__).parent
    compiled = f"__pycache__/test_*.{sys.implementation.cache_tag}-pytest-{pytest.__version__}.pyc"
    known = 2 * len(list(tests.rglob(compiled))) >= len(list(tests.rglob("test_*.py")))
    if run is None or sys.dont_write_bytecode or known:
        yield
        return
    turn = Path(tempfile.gettempdir(), f"okter-gate-collects-{run}")
    with turn.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(held, fcntl.LOCK_SH)  # until the first has done it; then all at once
        yield
    turn.unlink(missing_ok=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is long may be long: pytest's limit ends what hangs, also on a machine that does much else."""
    for item in items:
        if item.get_closest_marker("long") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(1200))
