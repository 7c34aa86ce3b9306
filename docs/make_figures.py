"""Figures of the method, drawn from real runs: ``python docs/make_figures.py``.

In: sample sets and a simulated world. Out: ``docs/images/clock-*.svg``: what packets say of two clocks, and the bounds.
Method: plain SVG; every packet is a point at the offset that it allows, the bounds are the corridor between the clouds.
Not here: screenshots (``make_images.py``).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

import numpy as np  # noqa: E402

from correlate import correlate  # noqa: E402
from correlate.model.correlation import Correlation  # noqa: E402
from tests.netsim import MILLISECOND, SECOND, PingLoad, TcpLoad, chain, simulate  # noqa: E402

IMAGES = Path(__file__).with_name("images")
WIDTH, HEIGHT, LEFT, TOP = 720, 300, 70, 16
COLOURS = {1: "#b3541e", -1: "#1f6fb2"}
"""Of what forward and reverse packets allow."""


def draw(run: Correlation, title: str) -> str:
    """Return an SVG of the first hop's clock: bounds per packet, corridor, estimate."""
    clock = run.clocks.hops[0]
    bounds = clock.evidence.bounds
    at = np.linspace(bounds.up_ns.min(), bounds.up_ns.max(), 400).astype(np.int64)
    middle, low, high = (values.astype(float) for values in clock.offset_at(at))
    base = float(np.median(middle))
    points = bounds.bound_ns.astype(float) - base
    low, high, middle = low - base, high - base, middle - base
    span = float(max(high.max() - low.min(), 1.0))
    floor, roof = low.min() - 0.7 * span, high.max() + 0.7 * span
    x = Scale(float(at[0]), float(at[-1]), LEFT, WIDTH - 12)
    y = Scale(floor, roof, HEIGHT - 34, TOP)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">']
    parts.append('<rect width="100%" height="100%" fill="#fff"/>')
    ring = [f"{x(a):.1f},{y(b):.1f}" for a, b in zip(at, high, strict=True)]
    ring += [f"{x(a):.1f},{y(b):.1f}" for a, b in zip(at[::-1], low[::-1], strict=True)]
    parts.append(f'<polygon points="{" ".join(ring)}" fill="#dfeadf" stroke="#5b8f5b" stroke-width="1"/>')
    line = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in zip(at, middle, strict=True))
    parts.append(f'<polyline points="{line}" fill="none" stroke="#333" stroke-width="1.2" stroke-dasharray="5 3"/>')
    for when, value, way in zip(bounds.up_ns, points, bounds.direction, strict=True):
        if floor <= value <= roof:
            parts.append(f'<circle cx="{x(float(when)):.1f}" cy="{y(value):.1f}" r="2" fill="{COLOURS[int(way)]}"/>')
    parts += axes(x, y)
    parts.append(f'<text x="{LEFT}" y="{TOP - 4}" font-size="11" fill="#333">{title}</text></svg>')
    return "\n".join(parts) + "\n"


class Scale:
    """From values to pixels."""

    def __init__(self, low: float, high: float, first: float, last: float) -> None:
        self.low, self.high, self.first, self.last = low, high, first, last

    def __call__(self, value: float) -> float:
        """Return the pixel of a value."""
        return self.first + (value - self.low) / (self.high - self.low) * (self.last - self.first)


def axes(x: Scale, y: Scale) -> list[str]:
    """Return both axes with a few labels: seconds from the first packet, ms around the middle offset."""
    style = 'font-size="11" fill="#333"'
    found = [f'<line x1="{LEFT}" y1="{y.first}" x2="{x.last}" y2="{y.first}" stroke="#999"/>']
    for part in np.linspace(0, 1, 5):
        when = x.low + part * (x.high - x.low)
        found.append(
            f'<text x="{x(when):.0f}" y="{HEIGHT - 16}" text-anchor="middle" {style}>'
            f"{(when - x.low) / 1e9:.1f} s</text>"
        )
        value = y.low + part * (y.high - y.low)
        found.append(
            f'<text x="{LEFT - 6}" y="{y(value) + 4:.0f}" text-anchor="end" {style}>{value / 1e6:+.2f} ms</text>'
        )
    return found


def main() -> None:
    """Write both figures."""
    folder = ROOT / "sample_sets" / "clean-nat"
    plain = correlate({name: str(folder / f"{name}.pcap") for name in ("wan", "server")})
    write(
        "clock-corridor", draw(plain, "clean-nat, wan to server: what each packet allows, and what all allow together")
    )
    loads = (TcpLoad(flows=8, exchanges=(4, 8)), PingLoad(flows=2, count=12))
    world = chain(2, loads=loads).with_tap(1, clock={"steps": ((7 * SECOND, 2 * MILLISECOND),)})
    with tempfile.TemporaryDirectory() as scratch:
        paths = simulate(world, 3).write(Path(scratch))
        stepped = correlate({name: str(path) for name, path in paths.items()})
    write("clock-step", draw(stepped, "A clock that steps by 2 ms: both clouds move together, so it is no delay"))


def write(name: str, drawing: str) -> None:
    """Write one figure."""
    (IMAGES / f"{name}.svg").write_text(drawing, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
