"""Pixels in: sources, capture, motion, detector, rectifier and reader. Imports `core` only."""

from __future__ import annotations

import os

# From its import on, the published onnxruntime derives an id of the machine and sends telemetry to its maker. This is its
# own switch against that; it must be set before the import (ADR 174), so this package is imported first.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# Products of matrices use one core, as everything else of a lane does. The threads that OpenBLAS starts when numpy is
# imported spin while they wait: a quarter of the cost of an idle lane (ADR 190). The same holds for OpenCV's copy.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
