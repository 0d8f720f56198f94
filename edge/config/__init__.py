"""gate.toml: finds it, reads it into frozen dataclasses and checks it as a whole. The only reader of the file.

Kept light on purpose: the relay process loads it, so nothing here may import cv2, numpy, httpx or sqlite.
"""

from __future__ import annotations

from edge.config.find import find_config
from edge.config.folder import state_folder
from edge.config.load import load
from edge.config.schema import GateConfig, Lane

__all__ = ["GateConfig", "Lane", "find_config", "load", "state_folder"]
