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
        (
            "rtsp://10.0.0.5:554/user=admin_password=s3_cret_channel=1_stream=0.sdp?real_stream",
            "rtsp://10.0.0.5:554/user=***_password=***_channel=1_stream=0.sdp?real_stream",
        ),
        (
            "rtsp://10.0.0.5/user=admin&password=s3cret&channel=1&stream=0.sdp: кадры не идут",
            "rtsp://10.0.0.5/user=***&password=***&channel=1&stream=0.sdp: кадры не идут",
        ),
        ("http://cam/a.cgi?password=a;b_c=d&ch=1", "http://cam/a.cgi?password=***&ch=1"),
        ("http://cam/a.cgi?loginuse=admin&loginpas=s3cret", "http://cam/a.cgi?loginuse=***&loginpas=***"),
        ("http://cam/a.cgi?usr=admin&passwd=s3cret&rate=0", "http://cam/a.cgi?usr=***&passwd=***&rate=0"),
        ("rtsp://10.0.0.5/ch1", "rtsp://10.0.0.5/ch1"),
        ("/dev/video0", "/dev/video0"),
    ],
)
def test_nothing_secret_survives(text: str, expected: str) -> None:
    """User names, passwords and tokens of every address are replaced, the rest stays as it is."""
    assert redact(text) == expected
