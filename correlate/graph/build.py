"""Vantages and hops as a directed graph.

In: a ``Correlation``. Out: ``networkx.DiGraph`` with flat attributes (numbers, text, True/False, None = unknown).
Method: one node per vantage plus one for what lies beyond either end; one edge per hop and direction of travel with
the figures of that direction. Names are made safe here, since every format below hands them to somebody's screen.
Not here: files (``files.py``).
"""

from __future__ import annotations

import networkx as nx

from correlate.model.clocks import VantageClock
from correlate.model.correlation import Correlation
from correlate.model.metrics import DirectionMetrics, HopMetrics, HostMetrics, OneWayDelay, Quantiles
from correlate.model.vantage import Vantage
from correlate.wire.text import safe_text

Value = int | float | str | bool | None

CLIENT_SIDE, SERVER_SIDE = "client side", "server side"
"""What lies beyond the first and the last vantage; no vantage's name can hold a space."""

_FIGURES = ("min", "p50", "p95", "p99", "max")
_COUNTS = (
    "sent",
    "delivered",
    "lost",
    "not_captured",
    "absorbed",
    "ambiguous",
    "originated",
    "duplicated",
    "reordered",
    "mutated",
)


def build_graph(correlation: Correlation) -> nx.DiGraph:
    """Return the path as a directed graph.

    Parameters
    ----------
    correlation : Correlation
        A finished run.

    Returns
    -------
    networkx.DiGraph
        Nodes are vantage names and the two sides, in path order; vantages that share no packet with the others have
        no edge and ``placed`` False. Edges run the way packets travel: ``a -> b`` forward, ``b -> a`` reverse, with
        the keys of the report (``lost``, ``owd_p50_ns``, ...). Unknown figures are None.
    """
    graph = nx.DiGraph(schema="correlate.graph/1", reference=_reference(correlation))
    names = [safe_text(vantage.name) for vantage in correlation.vantages]
    order = [names[index] for index in correlation.path.order]
    if order:
        graph.add_node(CLIENT_SIDE, role="end", side="client", **_host(correlation, "client"))
    for place, index in enumerate(correlation.path.order):
        clock = _clock(correlation, place)
        graph.add_node(names[index], role="vantage", placed=True, place=place, **_vantage(correlation, index), **clock)
    if order:
        graph.add_node(SERVER_SIDE, role="end", side="server", **_host(correlation, "server"))
    for index in correlation.path.unplaced:
        graph.add_node(names[index], role="vantage", placed=False, **_vantage(correlation, index))
    for hop in correlation.metrics.hops:
        _add_hop(graph, correlation, hop, order[hop.hop], order[hop.hop + 1])
    for end, name in zip((CLIENT_SIDE, SERVER_SIDE), (order[0], order[-1]) if order else (), strict=False):
        graph.add_edge(end, name, role="beyond", direction="forward" if end == CLIENT_SIDE else "reverse")
        graph.add_edge(name, end, role="beyond", direction="reverse" if end == CLIENT_SIDE else "forward")
    return graph


def _reference(correlation: Correlation) -> str:
    """Return the name of the vantage whose clock is the reference; empty = none."""
    index = correlation.clocks.reference
    vantages = correlation.vantages
    return safe_text(vantages[index].name) if 0 <= index < len(vantages) else ""


def _vantage(correlation: Correlation, index: int) -> dict[str, Value]:
    """Return what is known of a capture."""
    vantage: Vantage = correlation.vantages[index]
    return {
        "kind": vantage.kind,
        "frames": vantage.frames,
        "packets": len(correlation.packets[index]),
        "duplicates": vantage.duplicates,
        "snaplen": vantage.snaplen or None,
        "tick_ns": vantage.tick_ns,
        "first_captured_ns": vantage.first_captured_ns,
        "last_captured_ns": vantage.last_captured_ns,
        "files": safe_text(", ".join(file.path for file in vantage.files)),
        "problems": safe_text(", ".join(problem.kind for problem in vantage.problems)),
    }


def _clock(correlation: Correlation, place: int) -> dict[str, Value]:
    """Return the clock of a vantage against the reference, at the start of its first piece."""
    if place >= len(correlation.clocks.vantages):
        return {}
    clock: VantageClock = correlation.clocks.vantages[place]
    first = clock.pieces[0] if clock.pieces else None
    return {
        "clock_offset_ns": first.offset_ns if first else None,
        "clock_lo_ns": first.lo_ns if first else None,
        "clock_hi_ns": first.hi_ns if first else None,
        "clock_skew_ppm": None if clock.skew_ppb is None else clock.skew_ppb / 1000,
        "clock_steps": len(clock.steps),
        "clock_tier": clock.tier,
        "clock_grade": clock.grade,
    }


def _host(correlation: Correlation, side: str) -> dict[str, Value]:
    """Return the time spent beyond one end of the path."""
    hosts: list[HostMetrics] = [host for host in correlation.metrics.hosts if host.side == side]
    if not hosts:
        return {}
    return {**_quantiles("think", hosts[0].think_ns), **_quantiles("handshake", hosts[0].handshake_ns)}


def _add_hop(graph: nx.DiGraph, correlation: Correlation, hop: HopMetrics, first: str, second: str) -> None:
    """Add the two edges of a hop."""
    ends = {"forward": (first, second, hop.forward), "reverse": (second, first, hop.reverse)}
    for direction, (origin, target, figures) in ends.items():
        graph.add_edge(
            origin,
            target,
            role="hop",
            hop=f"{first}>{second}",
            direction=direction,
            **_direction(figures),
            **_quantiles("rtt", hop.rtt_ns),
            translations=_translations(correlation, hop.hop),
            findings=_findings(correlation, (first, second), direction),
        )


def _direction(figures: DirectionMetrics) -> dict[str, Value]:
    """Return the counts and delays of one direction."""
    counts: dict[str, Value] = {name: getattr(figures, name) for name in _COUNTS}
    return {**counts, **_delay(figures.owd_ns), **_quantiles("excess", figures.excess_ns)}


def _delay(delay: OneWayDelay | None) -> dict[str, Value]:
    """Return one-way delay with its bounds."""
    figures = _quantiles("owd", delay.quantiles if delay else None)
    return {**figures, "owd_lo_ns": delay.lo_ns if delay else None, "owd_hi_ns": delay.hi_ns if delay else None}


def _quantiles(name: str, figures: Quantiles | None) -> dict[str, Value]:
    """Return quantiles under keys such as ``rtt_p50_ns``, and how many values stand behind them."""
    durations: dict[str, Value] = {f"{name}_{key}_ns": getattr(figures, key) if figures else None for key in _FIGURES}
    return {**durations, f"{name}_count": figures.count if figures else 0}


def _translations(correlation: Correlation, hop: int) -> str:
    """Return the kinds of translation on a hop with the number of flows."""
    groups = [group for group in correlation.metrics.translations if group.hop == hop]
    return ", ".join(f"{group.kind} {len(group.flows)}" for group in groups)


def _findings(correlation: Correlation, ends: tuple[str, str], direction: str) -> str:
    """Return the codes found on a hop in one direction; those of no direction stand on both edges."""
    found = [
        finding.code
        for finding in correlation.findings
        if finding.hop is not None
        and tuple(map(safe_text, finding.hop)) == ends
        and finding.direction in (None, direction)
    ]
    return ", ".join(dict.fromkeys(found))
