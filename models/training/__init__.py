"""Training from nothing: rendered plates and scenes, the two networks, their evaluation. Needs the extra `train`."""

import camera  # noqa: F401 - before anything here loads the networks' runtime: it keeps that from reporting
