"""Hops and hosts of report.json.

**In:** ``MetricsTable``. **Out:** plain dicts, durations in ns.
**Method:** the contract's keys, one for one; unknown is None.
**Not here:** the figures themselves (``metrics``).
"""

from __future__ import annotations

from typing import Any

from correlate.model.correlation import Correlation
from correlate.model.metrics import DirectionMetrics, OneWayDelay, Quantiles
from correlate.report.places import hop_names

COUNTS = (
    "sent", "delivered", "lost", "not_captured", "absorbed", "ambiguous", "originated", "duplicated", "reordered",
    "mutated",
)  # fmt: skip


def quantiles_json(quantiles: Quantiles | None) -> dict[str, int] | None:
    """Return the quantiles of a duration in ns with their ``count``; None = unknown."""
    if quantiles is None:
        return None
    return {name: int(getattr(quantiles, name)) for name in ("min", "p50", "p95", "p99", "max", "count")}


def hops_json(correlation: Correlation) -> list[dict[str, Any]]:
    """Return one entry per hop in path order."""
    entries = []
    for hop in correlation.metrics.hops:
        upstream, downstream = hop_names(correlation, hop.hop)
        entries.append(
            {
                "from": upstream,
                "to": downstream,
                "forward": _direction_json(hop.forward),
                "reverse": _direction_json(hop.reverse),
                "rtt_ns": quantiles_json(hop.rtt_ns),
            }
        )
    return entries


def _direction_json(direction: DirectionMetrics) -> dict[str, Any]:
    counts: dict[str, Any] = {name: int(getattr(direction, name)) for name in COUNTS}
    return {**counts, "owd_ns": _delay_json(direction.owd_ns), "excess_ns": quantiles_json(direction.excess_ns)}


def _delay_json(delay: OneWayDelay | None) -> dict[str, int | None] | None:
    if delay is None:
        return None
    return {**(quantiles_json(delay.quantiles) or {}), "lo": _whole(delay.lo_ns), "hi": _whole(delay.hi_ns)}


def _whole(value: int | None) -> int | None:
    return None if value is None else int(value)


def hosts_json(correlation: Correlation) -> list[dict[str, Any]]:
    """Return the time spent beyond the outermost vantages, on their own clocks."""
    order = correlation.path.order
    return [
        {
            "vantage": correlation.vantages[order[host.place]].name,
            "side": host.side,
            "think_ns": quantiles_json(host.think_ns),
            "handshake_ns": quantiles_json(host.handshake_ns),
        }
        for host in correlation.metrics.hosts
    ]
