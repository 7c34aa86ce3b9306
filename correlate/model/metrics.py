"""Figures per hop, direction and host.

In: made by ``metrics``. Out: used by ``graph``, ``diagnose``, ``report``.
Not here: what they mean.
"""

from __future__ import annotations

import attrs

from correlate.model.arrays import I8, I16, I32, I64
from correlate.model.transactions import TransactionColumns, no_transactions


@attrs.frozen(kw_only=True)
class Quantiles:
    """Of a duration in ns, with the number of values behind them."""

    min: int
    p50: int
    p95: int
    p99: int
    max: int
    count: int

    def above_least(self) -> Quantiles:
        """Return the quantiles of the same values less the least of them: what is subtracted changes no rank.

        >>> Quantiles(min=1, p50=3, p95=5, p99=5, max=5, count=3).above_least().p50
        2
        """
        p50, p95, p99, most = (value - self.min for value in (self.p50, self.p95, self.p99, self.max))
        return Quantiles(min=0, p50=p50, p95=p95, p99=p99, max=most, count=self.count)


@attrs.frozen(kw_only=True)
class OneWayDelay:
    """Quantiles of the estimate; the truth lies in [figure + lo, figure + hi] (None = unbounded)."""

    quantiles: Quantiles
    lo_ns: int | None
    hi_ns: int | None


@attrs.frozen(kw_only=True)
class DirectionMetrics:
    """Counts of fates on one hop in one direction; ``sent`` = the first five added."""

    delivered: int
    lost: int
    not_captured: int
    absorbed: int
    ambiguous: int
    originated: int
    duplicated: int
    reordered: int
    mutated: int
    """Delivered packets with at least one change that is not expected."""
    owd_ns: OneWayDelay | None
    excess_ns: Quantiles | None
    """One-way delay above the least seen in this direction: needs no clock offset."""

    @property
    def sent(self) -> int:
        """Packets that came to the hop."""
        return self.delivered + self.lost + self.not_captured + self.absorbed + self.ambiguous


@attrs.frozen(kw_only=True)
class HopMetrics:
    """One hop, both directions."""

    hop: int
    forward: DirectionMetrics
    reverse: DirectionMetrics
    rtt_ns: Quantiles | None
    """Time on this hop, both directions added, from differences of round trips: needs no clock."""


@attrs.frozen(kw_only=True)
class ExchangeTable:
    """Requests and the replies they caused, seen at several vantages: the clock-free ground of delay."""

    request: I64
    """TrajectoryTable row."""
    reply: I64
    flow: I32
    kind: I8
    """0 TCP handshake (SYN, SYN-ACK), 1 data and the ACK that covers it, 2 request and response data, 3 ICMP echo,
    4 UDP request and response."""
    rtt_ns: I64
    """Shape (exchanges, places): reply minus request on that place's own clock; ``NO_RTT`` where one was not seen."""


NO_RTT: int = -(2**63)


@attrs.frozen(kw_only=True)
class HostMetrics:
    """Time spent beyond an outermost vantage, on its clock alone."""

    place: int
    """Index into ``Path.order``."""
    side: str
    """``client`` (before the first vantage) or ``server`` (beyond the last)."""
    think_ns: Quantiles | None
    handshake_ns: Quantiles | None
    """SYN to SYN-ACK at this vantage: path and kernel beyond it, no application."""
    thinks: I64 | None = attrs.field(default=None, eq=False, repr=False)
    """Each such time, for those who add up parts; None = not kept."""
    handshakes: I64 | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen(kw_only=True)
class TranslationGroup:
    """Addresses or ports changed on a hop, one row per kind."""

    hop: int
    kind: str
    """``snat``, ``dnat``, ``snat+dnat``, ``napt``, ``nat64``, ``nat46``, ``proxy``."""
    flows: tuple[int, ...]
    """Joined flow ids."""


@attrs.frozen(kw_only=True)
class MetricsTable:
    """All figures of a run."""

    hops: tuple[HopMetrics, ...]
    hosts: tuple[HostMetrics, ...]
    exchanges: ExchangeTable
    translations: tuple[TranslationGroup, ...]
    reordering: tuple[I64, I16]
    """(packet, hop) of packets that arrived reordered (RFC 4737)."""
    transactions: TransactionColumns = attrs.field(factory=no_transactions)
