"""What every test starts from."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
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


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collecting makes half a million objects and throws none away: the garbage collector need not look through them, ever.

    Afterwards it looks seldom: by its default, after each 700 new objects, it took a tenth of the time of all tests.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is long may be long: pytest's limit ends what hangs, also on a machine that does much else."""
    for item in items:
        if item.get_closest_marker("long") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(1200))
