"""OKter Gate: composition of camera, core, relay and sync into one barrier."""

from __future__ import annotations


def __getattr__(name: str) -> str:
    """`edge.__version__`, looked up when asked for: reading a distribution's metadata is a quarter of a relay's start."""
    if name != "__version__":
        raise AttributeError(name)
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  # the reason stands above

    try:
        return version("okter-gate")
    except PackageNotFoundError:  # run from an unpacked source tree that nobody installed
        return "0+unknown"
