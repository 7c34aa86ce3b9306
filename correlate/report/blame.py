"""Who is cleared, what is left, what would settle it.

**In:** the main finding, metrics, exchanges. **Out:** lines of text.
**Method:** a hop is cleared only for what was judged there: packets of the finding's direction, all delivered
unchanged, none in doubt, no finding. Round trips are split by differences on single clocks.
**Not here:** the verdict itself.
"""

from __future__ import annotations

import itertools

import numpy as np

from correlate.model.correlation import Correlation
from correlate.model.findings import Finding
from correlate.model.metrics import NO_RTT, DirectionMetrics
from correlate.report.durations import digits, duration
from correlate.report.ink import Ink
from correlate.report.places import hop_names, place_names
from correlate.report.proof import crossing_of
from correlate.report.verdict import SEVERE
from correlate.wire.text import safe_text

HANDSHAKE = 0
"""``ExchangeTable.kind`` of SYN and SYN-ACK."""
ABOUT_TIME = frozenset({"delay-added", "shaping", "bufferbloat", "path-change", "server-slow", "client-slow"})
"""Delivered and unchanged does not clear a hop of these."""


def blame_lines(correlation: Correlation, finding: Finding, ink: Ink) -> list[str]:
    """Return the lines Time, Cleared, Suspect, Against and To settle that apply."""
    lines = split_lines(correlation, finding, ink)
    cleared = cleared_text(correlation, finding)
    if cleared:
        lines += ink.paragraph("Cleared", cleared)
    if finding.hop is not None and finding.severity in SEVERE:
        lines += ink.paragraph("Suspect", suspect_text(correlation, finding))
    for text in finding.against[:2]:
        lines += ink.paragraph("Against", safe_text(text))
    if finding.settle:
        lines += ink.paragraph("To settle", safe_text(finding.settle))
    return lines


def cleared_text(correlation: Correlation, finding: Finding) -> str:
    """Return which hops upstream of the finding carried the same direction without loss, change or doubt."""
    names = place_names(correlation)
    hops = [hop_names(correlation, hop) for hop in range(correlation.path.hop_count)]
    if finding.hop not in hops or finding.direction is None or finding.code in ABOUT_TIME:
        return ""
    blamed = hops.index(finding.hop)
    upstream = range(blamed - 1, -1, -1) if finding.direction == "forward" else range(blamed + 1, len(hops))
    clear: list[int] = []
    for hop in upstream:
        if not _is_clear(correlation, hop, finding.direction):
            break
        clear.append(hop)
    if not clear:
        return ""
    near = finding.hop[0] if finding.direction == "forward" else finding.hop[1]
    counts = [_figures(correlation, hop, finding.direction).delivered for hop in clear]
    count = f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"
    noun = "packet" if max(counts) == 1 else "packets"
    far = min(clear) if finding.direction == "forward" else max(clear) + 1
    return f"{names[far]} to {near}'s capture point: {count} {noun}, none lost or changed"


def _figures(correlation: Correlation, hop: int, direction: str) -> DirectionMetrics:
    metrics = next(one for one in correlation.metrics.hops if one.hop == hop)
    return metrics.forward if direction == "forward" else metrics.reverse


def _is_clear(correlation: Correlation, hop: int, direction: str) -> bool:
    names = hop_names(correlation, hop)
    is_blamed = any(
        one.hop == names and one.direction in (None, direction) and one.severity in SEVERE
        for one in correlation.findings
    )
    figures = _figures(correlation, hop, direction)
    doubts = figures.lost + figures.ambiguous + figures.mutated + figures.absorbed + figures.not_captured
    return not is_blamed and figures.delivered > 0 and doubts == 0


def suspect_text(correlation: Correlation, finding: Finding) -> str:
    """Return what may be at fault: the hop and what each end's host does beyond its capture point, never a box."""
    assert finding.hop is not None, "only a finding on a hop leaves a hop"
    crossing = crossing_of(correlation, finding)
    near, far = finding.hop
    if finding.direction == "reverse" or (crossing is not None and crossing.upstream > crossing.downstream):
        near, far = far, near
    return f"the link between {near} and {far}, or either capturing host below its capture point"


def split_lines(correlation: Correlation, finding: Finding, ink: Ink) -> list[str]:
    """Return :func:`split_text` as a paragraph, empty where there is none."""
    text = split_text(correlation, finding)
    return ink.paragraph("Time", text) if text else []


def split_text(correlation: Correlation, finding: Finding) -> str:
    """Return how a round trip of the finding's flow divides over the hops, by differences on single clocks."""
    exchanges = correlation.metrics.exchanges
    is_meant = exchanges.flow == finding.flows[0] if finding.flows else np.ones(len(exchanges.flow), np.bool_)
    at = np.flatnonzero(is_meant)
    if len(at) == 0:
        return ""
    packets = (exchanges.request[at] == finding.packet) | (exchanges.reply[at] == finding.packet)
    seen = (exchanges.rtt_ns[at] != NO_RTT).sum(axis=1)
    best = at[np.lexsort((at, exchanges.kind[at] != HANDSHAKE, ~packets, -seen))[0]]
    rtt = exchanges.rtt_ns[best]
    places = np.flatnonzero(rtt != NO_RTT)
    if len(places) < 2:
        return ""
    times = rtt[places].astype(np.int64)
    shares = [*(times[:-1] - times[1:]).tolist(), int(times[-1])]
    if min(shares) < 0:
        return ""
    names = place_names(correlation)
    labels = [f"{names[a]}>{names[b]}" for a, b in itertools.pairwise(places)]
    labels.append(f"beyond {names[places[-1]]}")
    what = "handshake" if int(exchanges.kind[best]) == HANDSHAKE else "round trip"
    most = shares.index(max(shares))
    percent = f" ({digits(100 * shares[most] / max(1, int(times[0])), 2)} %)"
    parts = ", ".join(
        f"{label} {_ms(share)}{percent if number == most else ''}"
        for number, (label, share) in enumerate(zip(labels, shares, strict=True))
    )
    return f"{what} {_ms(int(times[0]))}: {parts}"


def _ms(ns: int) -> str:
    """Return a duration with two decimals of a ms from 1 ms on: parts must add up for the eye."""
    if 1_000_000 <= abs(ns) < 1_000_000_000:
        return f"{ns / 1e6:.2f} ms"
    return duration(ns)
