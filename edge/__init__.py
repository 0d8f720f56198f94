"""OKter Gate: composition of camera, core, relay and sync into one barrier."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("okter-gate")
except PackageNotFoundError:  # run from an unpacked source tree that nobody installed
    __version__ = "0+unknown"
