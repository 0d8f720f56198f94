"""A QR code as an SVG path, drawn here so that no link is sent to a third-party service.

It is encoded by OpenCV, which the gate needs anyway; it is imported when the first code is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

QUIET = 4
"""Width of the light border in modules, as required by ISO/IEC 18004."""


@dataclass(frozen=True, slots=True)
class QrCode:
    """`side` is the width of the view box in modules, `path` its dark modules."""

    side: int
    path: str


def qr_code(text: str) -> QrCode:
    """The code of `text`, error correction M."""
    import cv2  # noqa: PLC0415  # tens of megabytes that most workers never need

    settings = cv2.QRCodeEncoder.Params()
    settings.correction_level = cv2.QRCodeEncoder_CORRECT_LEVEL_M
    drawn = cv2.QRCodeEncoder.create(settings).encode(text) == 0  # dark modules; there may be a light border around
    rows = [index for index, row in enumerate(drawn) if row.any()]
    first, last = rows[0], rows[-1]
    modules = drawn[first : last + 1, first : last + 1]
    runs = []
    for y, row in enumerate(modules.tolist()):
        x = 0
        while x < len(row):
            if not row[x]:
                x += 1
                continue
            end = x
            while end < len(row) and row[end]:
                end += 1
            runs.append(f"M{x + QUIET} {y + QUIET}h{end - x}v1h-{end - x}z")
            x = end
    return QrCode(len(modules) + 2 * QUIET, "".join(runs))
