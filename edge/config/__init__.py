"""gate.toml: found, read into frozen dataclasses, checked as a whole. The only reader of the file.

Light on purpose: the relay process loads it, so nothing here may import cv2, numpy, httpx or sqlite.
"""

from __future__ import annotations

from edge.config.find import find_config
from edge.config.load import load
from edge.config.schema import GateConfig, Lane

__all__ = ["GateConfig", "Lane", "find_config", "load"]
