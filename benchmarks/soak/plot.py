"""The samples of a run as four charts in one SVG."""

from __future__ import annotations

from pathlib import Path

from benchmarks.soak.samples import Run


def plot(run: Run, target: Path, title: str) -> None:
    """Four hand-made SVG charts: viewing a month needs no library."""
    charts = (
        ("memory, MB", (("gate run", "gate_mb", "#2d6fc0"), ("gate relay", "relay_mb", "#c08a2d"))),
        ("descriptors", (("gate run", "gate_fds", "#2d6fc0"), ("gate relay", "relay_fds", "#c08a2d"))),
        ("threads", (("gate run", "gate_threads", "#2d6fc0"), ("gate relay", "relay_threads", "#c08a2d"))),
        ("asked → board told, ms", (("median", "open_ms", "#2d9c5a"), ("worst", "open_worst_ms", "#bbbbbb"))),
    )
    wide, high, left = 900, 150, 60
    end = max(one.at for one in run.samples) or 1
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide + left + 20} {len(charts) * (high + 45) + 40}" font-family="sans-serif" font-size="12">',
             '<rect width="100%" height="100%" fill="white"/>', f'<text x="{left}" y="20" font-size="14">{title}</text>']  # fmt: skip
    for number, (name, lines) in enumerate(charts):
        top = 50 + number * (high + 45)
        values = [v for one in run.samples for _, key, _ in lines if (v := getattr(one, key)) is not None]
        most = max(values, default=1) * 1.1 or 1
        parts += [
            f'<rect x="{left + one.at / end * wide:.1f}" y="{top}" width="2" height="{high}" fill="#f4dcdc"/>'
            for one in run.samples
            if one.fault
        ]
        parts.append(f'<text x="{left}" y="{top - 6}">{name}</text>')
        for share in (0, 0.5, 1):
            y = top + high * (1 - share)
            parts.append(
                f'<line x1="{left}" x2="{left + wide}" y1="{y}" y2="{y}" stroke="#ddd"/><text x="{left - 6}" y="{y + 4}" text-anchor="end">{most * share:.0f}</text>'
            )
        for at, (label, key, colour) in enumerate(lines):
            points = " ".join(
                f"{left + one.at / end * wide:.1f},{top + high * (1 - v / most):.1f}"
                for one in run.samples
                if (v := getattr(one, key)) is not None
            )
            parts.append(
                f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/><text x="{left + wide - 200 + at * 110}" y="{top - 6}" fill="{colour}">{label}</text>'
            )
        parts.append(f'<text x="{left + wide}" y="{top + high + 15}" text-anchor="end">{end / 60:.0f} min</text>')
    target.write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")
