"""Passwords of cameras stay where they are."""

from __future__ import annotations

import pytest

from camera.redact import redact


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rtsp://admin:pa@ss/1@10.0.0.5:554/ch1", "rtsp://***@10.0.0.5:554/ch1"),
        ("камера rtsps://u:p@cam/1 молчит", "камера rtsps://***@cam/1 молчит"),
        ("http://cam/video?user=a&password=b&ch=1", "http://cam/video?user=***&password=***&ch=1"),
        ("rtsp://10.0.0.5/ch1", "rtsp://10.0.0.5/ch1"),
        ("/dev/video0", "/dev/video0"),
    ],
)
def test_nothing_secret_survives(text: str, expected: str) -> None:
    """User names, passwords and tokens of every address are replaced, the rest stays as it is."""
    assert redact(text) == expected
