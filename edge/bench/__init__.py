"""Time and memory of every stage on this machine. A benchmark to be read by a person, not a test with limits."""

import camera  # noqa: F401 - before anything here loads the networks' runtime: it keeps that from reporting
