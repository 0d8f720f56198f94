"""Pixels in: sources, capture, motion, detector, rectifier and reader. Imports `core` only."""

from __future__ import annotations

import os

# onnxruntime as it is published makes an id of the machine and sends its maker events, from its import on; this is its
# own word against it, and has to be there before (ADR 174). Whoever imports it imports this package first.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# A product of matrices occupies one core, as everything else of a lane does: the threads that OpenBLAS starts when numpy
# is imported spin while they wait, which was a quarter of what an idle lane took (ADR 190). Also for those inside OpenCV.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
