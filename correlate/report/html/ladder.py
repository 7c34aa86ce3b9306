"""The ladder as a drawing: packets that matter, over all vantages, slant true to scale.

**In:** the rungs of the terminal's ladder. **Out:** SVG.
**Method:** one column per vantage; every arrow runs from the time at one vantage to the time at the next on one scale
of pixels per nanosecond; pauses between packets are folded and said.
**Not here:** which packets and how they are called (``correlate.report.scene``).
"""

from __future__ import annotations

import itertools

from correlate.model.correlation import Correlation
from correlate.model.path import Direction
from correlate.model.trajectories import Fate
from correlate.report.durations import duration
from correlate.report.html.markup import Raw, element
from correlate.report.html.pathmap import PAGE_INK
from correlate.report.ladder import ENDS, Rung, clock_note, rungs_of
from correlate.report.places import place_names
from correlate.report.scene import scene_flow
from correlate.report.verdict import Story

LEFT, PITCH, RIGHT = 110, 200, 190
"""Columns for times, per hop, and behind the last vantage."""
TOP, LEAST_STEP, MOST_STEP, CLEAR = 48, 36, 72, 26
"""Pixels above the first row, between two rows, and below the lowest point of a row before the next."""
MOST_SLANT = 34
"""Pixels that the slowest hop of any packet shown takes."""
STUB = 0.62
"""Share of the hop that the arrow of a packet without arrival covers."""

BAD, GOOD, OPEN = "bad", "good", "open"


def ladder_section(correlation: Correlation, story: Story) -> list[Raw]:
    """Return the drawing, or a sentence where the story names no flow."""
    rungs = rungs_of(correlation, story)
    if not rungs:
        return [element("p", "No single conversation to show.")]
    return [
        _scrolled(_drawing(correlation, story, rungs)),
        element("p", clock_note(correlation, rungs, PAGE_INK), class_="quiet"),
    ]


def _scrolled(drawing: Raw) -> Raw:
    return element(
        "div", drawing, class_="scroll", tabindex=0, role="region", aria_label="Drawing of the packets over time"
    )


def _drawing(correlation: Correlation, story: Story, rungs: list[Rung]) -> Raw:
    names = place_names(correlation)
    scale = _scale(correlation, rungs)
    width = LEFT + PITCH * (len(names) - 1) + RIGHT
    y = float(TOP)
    parts: list[Raw] = []
    previous: Rung | None = None
    for rung in rungs:
        if previous is not None:
            step = (rung.time_ns - previous.time_ns) * scale
            lowest = y + _depth(correlation, previous, scale)
            between = _between(correlation, story, previous, rung)
            y = max(y + min(max(step, LEAST_STEP), MOST_STEP), lowest + CLEAR)
            if step > MOST_STEP or between:
                parts.append(_fold(lowest + CLEAR - 6, rung.time_ns - previous.time_ns, between))
                y = max(y, lowest + 2 * CLEAR)
        parts.append(_rung(correlation, rung, y, rung.time_ns - rungs[0].time_ns, scale))
        previous = rung
    height = y + (_depth(correlation, previous, scale) if previous else 0) + CLEAR
    axes = [_axis(name, LEFT + PITCH * place, height) for place, name in enumerate(names)]
    said = " ".join(_sentence(rung, names) for rung in rungs)
    return element(
        "svg", element("title", f"Ladder: {said}"), *axes, *parts,
        viewBox=f"0 0 {width} {round(height)}", width=width, height=round(height), role="img", class_="ladder",
    )  # fmt: skip


def _scale(correlation: Correlation, rungs: list[Rung]) -> float:
    """Return pixels per nanosecond, so that the slowest hop shown has the greatest slant."""
    slowest = 1
    for rung in rungs:
        times = [
            int(correlation.trajectories.time_ns[rung.packet, place]) for place, seen in enumerate(rung.is_seen) if seen
        ]
        slowest = max([slowest, *(abs(b - a) for a, b in itertools.pairwise(times))])
    return MOST_SLANT / slowest


def _depth(correlation: Correlation, rung: Rung, scale: float) -> float:
    """Return how far below its first point a packet's last one lies, pixels."""
    times = [
        int(correlation.trajectories.time_ns[rung.packet, place]) for place, seen in enumerate(rung.is_seen) if seen
    ]
    return float(max(times) - rung.time_ns) * scale


def _between(correlation: Correlation, story: Story, before: Rung, after: Rung) -> int:
    """Return how many packets of the flow are left out between two rows."""
    flow = scene_flow(correlation, story)
    if flow is None or after.packet - before.packet < 2:
        return 0
    return int((correlation.trajectories.flow[before.packet + 1 : after.packet] == flow).sum())


def _fold(y: float, pause_ns: int, between: int) -> Raw:
    more = f", {between} more packet{'' if between == 1 else 's'}" if between else ""
    return element("text", f"⋯ {duration(pause_ns)}{more}", x=LEFT + 8, y=y, class_="quiet fold")


def _axis(name: str, x: int, height: float) -> Raw:
    shown = name if len(name) <= 24 else f"{name[:22]}.."
    return element(
        "g",
        element("text", shown, x=x, y=18, text_anchor="middle", class_="name"),
        element("line", x1=x, y1=26, x2=x, y2=height - 6, class_="axis"),
    )


def _rung(correlation: Correlation, rung: Rung, y: float, since_ns: int, scale: float) -> Raw:
    """Return the arrows of one packet with its time and label."""
    places = len(rung.is_seen)
    is_reverse = rung.direction == Direction.REVERSE
    hops = range(places - 2, -1, -1) if is_reverse else range(places - 1)
    times = correlation.trajectories.time_ns[rung.packet]
    parts = [element("text", f"{since_ns / 1e6:,.1f} ms", x=LEFT - 24, y=y + 4, text_anchor="end", class_="quiet time")]
    label = rung.label
    reached = y
    for hop in hops:
        upstream, downstream = (hop + 1, hop) if is_reverse else (hop, hop + 1)
        fate = rung.fates.get(hop)
        if fate is None and not (rung.is_seen[upstream] and rung.is_seen[downstream]):
            continue
        if fate is Fate.ORIGINATED and not rung.is_seen[upstream]:
            continue
        start = y + max(0.0, (int(times[upstream]) - rung.time_ns) * scale) if rung.is_seen[upstream] else reached
        end = y + max(0.0, (int(times[downstream]) - rung.time_ns) * scale) if rung.is_seen[downstream] else start
        arrow = _Arrow(rung, hop, fate or Fate.DELIVERED)
        parts.append(arrow.drawn(LEFT + PITCH * upstream, LEFT + PITCH * downstream, start, max(start, end), label))
        label, reached = "", max(start, end)
        if fate in ENDS and not rung.is_seen[downstream]:
            break
    if label:
        place = next((place for place, seen in enumerate(rung.is_seen) if seen), 0)
        parts.append(element("circle", cx=LEFT + PITCH * place, cy=y, r=4, class_="dot"))
        parts.append(element("text", f"{label} (seen here only)", x=LEFT + PITCH * place + 8, y=y - 6, class_="label"))
    if rung.remark:
        last = LEFT + PITCH * (places - 1) + 10
        parts.append(
            element(
                "text",
                rung.remark if len(rung.remark) < 28 else f"{rung.remark[:25]}..",
                element("title", rung.remark),
                x=last,
                y=y + 4,
                class_="quiet",
            )
        )
    title = f"Packet {rung.packet + 1}: {rung.label}. {rung.remark}"
    return element("g", element("title", title), *parts, class_="rung")


class _Arrow:
    """One packet on one hop."""

    def __init__(self, rung: Rung, hop: int, fate: Fate) -> None:
        self.rung, self.hop, self.fate = rung, hop, fate
        self.is_changed = hop in rung.changed

    def drawn(self, x1: float, x2: float, y1: float, y2: float, label: str) -> Raw:
        """Return line, head and label."""
        has_end = self.fate not in ENDS
        if not has_end:
            x2, y2 = x1 + (x2 - x1) * STUB, y1 + (y2 - y1) * STUB
        way = 1 if x2 > x1 else -1
        words = f"{self.rung.label}{self.rung.changed[self.hop]} changed" if self.is_changed else label
        middle, above = (x1 + x2) / 2, (y1 + y2) / 2 - 6
        parts = [element("line", x1=x1, y1=y1, x2=x2 - way * 8 if has_end else x2, y2=y2)]
        if has_end:
            parts.append(
                element(
                    "polygon",
                    points=f"{x2:.1f},{y2:.1f} {x2 - way * 10:.1f},{y2 - 5:.1f} {x2 - way * 10:.1f},{y2 + 5:.1f}",
                )
            )
        else:
            sign = {Fate.LOST: "✗ lost", Fate.ABSORBED: "✗ ended", Fate.AMBIGUOUS: "? not seen"}[self.fate]
            parts.append(
                element("text", sign, x=x2 + way * 6, y=y2 + 4, text_anchor="start" if way > 0 else "end", class_="end")
            )
        if words:
            parts.append(element("text", words, x=middle, y=above, text_anchor="middle", class_="label"))
        return element("g", *parts, class_=self._classes())

    def _classes(self) -> str:
        if self.is_changed:
            return "hop changed"
        return {
            Fate.LOST: "hop bad", Fate.ABSORBED: "hop bad", Fate.AMBIGUOUS: "hop open", Fate.NOT_CAPTURED: "hop unseen",
        }.get(self.fate, "hop good")  # fmt: skip


def _sentence(rung: Rung, names: list[str]) -> str:
    """Return one packet in words, for those who do not see the drawing."""
    seen = [name for name, is_seen in zip(names, rung.is_seen, strict=True) if is_seen]
    if rung.direction == Direction.REVERSE:
        seen.reverse()
    return f"{rung.label} {' to '.join(seen)}{', ' + rung.remark if rung.remark else ''}."
