"""OKter Gate: puts camera, core, relay and sync together into one barrier controller."""

from __future__ import annotations


def __getattr__(name: str) -> str:
    """`edge.__version__`, looked up on first use: reading package metadata takes a quarter of the relay's start-up."""
    if name != "__version__":
        raise AttributeError(name)
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  # see the docstring

    try:
        return version("okter-gate")
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "0+unknown"
