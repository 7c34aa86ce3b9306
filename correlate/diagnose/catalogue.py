"""Every finding code: severity, what it says, what it must never be claimed on.

In: nothing. Out: ``CATALOGUE``, walked by the rules, the reports, the tests and the documentation.
Method: policy is data, one row per code, however long the table grows. A rule may raise or lower a severity only where
the row says ``by_harm``.
Not here: the rules that claim them (one module per kind beside this file).
"""

from __future__ import annotations

import attrs

from correlate.model.findings import Severity


@attrs.frozen(kw_only=True)
class Code:
    """One row of the catalogue."""

    severity: Severity
    headline: str
    """The one word a terminal shows before the sentence."""
    says: str
    never_on: str
    harm: int
    """Rank among findings of one severity; higher is told first."""


CATALOGUE: dict[str, Code] = {
    # Something was rewritten and the checksum made to fit: never line noise.
    "syn-ack-altered": Code(
        severity="error",
        headline="ALTERED",
        says="a middlebox rewrote a SYN-ACK and fixed its checksum",
        never_on="offload resegmentation, NAT's own changes",
        harm=100,
    ),
    "syn-altered": Code(
        severity="error",
        headline="ALTERED",
        says="a middlebox rewrote a SYN and fixed its checksum",
        never_on="offload resegmentation, NAT's own changes",
        harm=99,
    ),
    "payload-altered": Code(
        severity="error",
        headline="ALTERED",
        says="payload bytes differ between two vantages and the checksum was made to fit",
        never_on="offload resegmentation, NAT's own changes, captures cut by snaplen",
        harm=95,
    ),
    "checksum-corrupt": Code(
        severity="error",
        headline="CORRUPT",
        says="bytes changed and the checksum no longer fits: link or memory error",
        never_on="offload (partial checksums), cut captures",
        harm=90,
    ),
    # Packets that did not arrive, or came from nowhere.
    "port-blocked": Code(
        severity="error",
        headline="BLOCKED",
        says="every attempt to one port dies on one hop while other traffic of the pair crosses",
        never_on="one lost SYN, taps that see only part of the path, a capture filter by port",
        harm=98,
    ),
    "rst-injected": Code(
        severity="error",
        headline="INJECTED",
        says="a RST was born on a hop, not at the end it claims to come from",
        never_on="capture loss upstream, TTL or IP ID alone",
        harm=97,
    ),
    "packet-injected": Code(
        severity="error",
        headline="INJECTED",
        says="a packet was born on a hop, not at the end it claims to come from",
        never_on="capture loss upstream, TTL or IP ID alone",
        harm=96,
    ),
    "loss": Code(
        severity="warning",
        headline="LOST",
        says="packets were lost on a hop; an error from 1 % or when a whole flow dies",
        never_on="capture loss, windows, filters, proxies",
        harm=92,
    ),
    "pmtu-blackhole": Code(
        severity="error",
        headline="BLOCKED",
        says="packets above a size die on a hop with don't-fragment set, and no ICMP comes back",
        never_on="congestion, path MTU probes, offload frames above the MTU, captures that filter ICMP out",
        harm=94,
    ),
    "fragment-lost": Code(
        severity="error",
        headline="LOST",
        says="one fragment was lost on a hop, so the whole datagram died",
        never_on="datagrams reassembled elsewhere",
        harm=93,
    ),
    "nat-state-lost": Code(
        severity="error",
        headline="BLOCKED",
        says="a flow crosses a hop, falls silent, and then one direction dies or is reset there: its state was dropped",
        never_on="flows that ended",
        harm=91,
    ),
    "policing": Code(
        severity="warning",
        headline="LOST",
        says="packets above a rate were dropped on a hop without being delayed: a token bucket",
        never_on="random loss, queues that overflow",
        harm=89,
    ),
    "one-way": Code(
        severity="warning",
        headline="ONE WAY",
        says="one direction of flows crosses another path, or never crosses, while the other direction does",
        never_on="capture filters, fast paths, IPsec taps, captures that show one direction only",
        harm=88,
    ),
    # Time.
    "delay-added": Code(
        severity="warning",
        headline="DELAYED",
        says="a hop held packets far above its own floor",
        never_on="host think time, clock defects",
        harm=70,
    ),
    "bufferbloat": Code(
        severity="warning",
        headline="DELAYED",
        says="a queue on a hop grows with the load and holds everything behind it",
        never_on="route changes, clock defects",
        harm=69,
    ),
    "shaping": Code(
        severity="warning",
        headline="DELAYED",
        says="a hop sends at a fixed rate: delay ramps up to a plateau, and what does not fit there is lost",
        never_on="route changes",
        harm=68,
    ),
    "no-answer": Code(
        severity="warning",
        headline="NO ANSWER",
        says="connection attempts reached the last vantage and were never answered",
        never_on="attempts that the vantage does not hold, captures that end, targets whose packets it never shows",
        harm=61,
    ),
    "server-slow": Code(
        severity="warning",
        headline="SLOW",
        says="time was spent beyond the last vantage before an answer came",
        never_on="delayed ACK, zero window, a request not wholly arrived, loss beyond the vantage",
        harm=60,
    ),
    "client-slow": Code(
        severity="warning",
        headline="SLOW",
        says="the client side waited between answer and next request, again and again",
        never_on="idle connections, people thinking",
        harm=59,
    ),
    "duplicated": Code(
        severity="warning",
        headline="DUPLICATED",
        says="the network made copies of packets",
        never_on="retransmissions, SPAN copies",
        harm=50,
    ),
    "reordered": Code(
        severity="warning",
        headline="REORDERED",
        says="packets left a hop in another order than they entered it (RFC 4737)",
        never_on="retransmissions, SPAN copies, stamps of one tick",
        harm=45,
    ),
    # Headers and options.
    "option-stripped": Code(
        severity="warning",
        headline="STRIPPED",
        says="a TCP option was removed from a handshake packet",
        never_on="a proxy's own handshake, SYN retries that differ by the sender's choice",
        harm=40,
    ),
    "window-scale-altered": Code(
        severity="warning",
        headline="REWRITTEN",
        says="the window scale of a handshake packet was changed",
        never_on="a proxy's own handshake",
        harm=41,
    ),
    "mss-ignored": Code(
        severity="warning",
        headline="OVERSIZED",
        says="segments are larger than the MSS that their receiver offered",
        never_on="TSO/GRO frames, a proxy's two connections",
        harm=42,
    ),
    "sack-not-rewritten": Code(
        severity="warning",
        headline="ALTERED",
        says="a hop shifts sequence numbers but leaves SACK blocks in the old ones",
        never_on="a proxy's own connection",
        harm=43,
    ),
    "alg-rewrite": Code(
        severity="info",
        headline="ALTERED",
        says="payload was rewritten with another length, and the sequence numbers shifted along from there on",
        never_on="proxies",
        harm=31,
    ),
    "mss-clamped": Code(
        severity="info",
        headline="CLAMPED",
        says="the MSS of a handshake packet was lowered; larger segments are kept from the path",
        never_on="TSO/GRO sizes, a proxy's own handshake",
        harm=30,
    ),
    "timestamps-rewritten": Code(
        severity="info",
        headline="REWRITTEN",
        says="TCP timestamps were changed on a hop",
        never_on="a proxy's own connection",
        harm=24,
    ),
    "isn-rewritten": Code(
        severity="info",
        headline="REWRITTEN",
        says="sequence numbers are shifted by a constant on a hop",
        never_on="a proxy's own connection",
        harm=25,
    ),
    "ip-id-rewritten": Code(
        severity="info",
        headline="REWRITTEN",
        says="the IP ID was changed on a hop",
        never_on="resegmentation, fragments, NAT64",
        harm=20,
    ),
    "df-cleared": Code(
        severity="info",
        headline="REWRITTEN",
        says="the don't-fragment flag was cleared on a hop",
        never_on="decapsulation",
        harm=23,
    ),
    "dscp-changed": Code(
        severity="info",
        headline="REWRITTEN",
        says="the DSCP class was changed on a hop",
        never_on="decapsulation (RFC 6040)",
        harm=22,
    ),
    "ecn-bleached": Code(
        severity="info",
        headline="REWRITTEN",
        says="ECN-capable packets left the hop as not ECN-capable",
        never_on="not-ECT pure ACKs and retransmissions (RFC 3168)",
        harm=21,
    ),
    "ecn-marked": Code(
        severity="info",
        headline="MARKED",
        says="congestion experienced was marked on a hop: active queue management at work",
        never_on="packets that came marked",
        harm=19,
    ),
    "nat": Code(
        severity="info",
        headline="NAT",
        says="addresses or ports are translated on a hop; the mapping was learned",
        never_on="proxies, whose two connections differ in more than addresses",
        harm=15,
    ),
    "tunnel": Code(
        severity="info",
        headline="TUNNEL",
        says="packets are wrapped in another tunnel, or in none, at the other end of a hop",
        never_on="VLAN tags, labels swapped on the way, ciphertext, whose content nobody can follow",
        harm=14,
    ),
    "syn-proxy": Code(
        severity="info",
        headline="PROXY",
        says="a box on a hop makes the handshake itself and forwards afterwards with shifted numbers",
        never_on="boxes that only renumber: their SYN-ACK is the server's own, forwarded",
        harm=16,
    ),
    "tcp-proxy": Code(
        severity="info",
        headline="PROXY",
        says="TCP ends on a hop and another connection carries the content on",
        never_on="boxes that only renumber: they keep windows, timestamps or identifications",
        harm=17,
    ),
    "offload": Code(
        severity="info",
        headline="OFFLOAD",
        says="a capture holds frames before the card finished them: neither bad checksums nor loss",
        never_on="packets with a wholly wrong checksum",
        harm=14,
    ),
    # The capture, not the network.
    "capture-loss": Code(
        severity="warning",
        headline="CAPTURE",
        says="packets passed a vantage whose capture does not hold them",
        never_on="packets that nobody saw or acknowledged beyond",
        harm=35,
    ),
    "capture-truncated": Code(
        severity="warning",
        headline="CAPTURE",
        says="a capture file is damaged or cut, or frames are cut by snaplen",
        never_on="whole files",
        harm=34,
    ),
    "capture-window": Code(
        severity="info",
        headline="CAPTURE",
        says="packets fall outside the time a capture covers",
        never_on="packets inside it",
        harm=13,
    ),
    "capture-filtered": Code(
        severity="info",
        headline="CAPTURE",
        says="a capture leaves out whole hosts or classes of packets that passed it",
        never_on="single packets that are missing among others of their flow",
        harm=13,
    ),
    "capture-duplicates": Code(
        severity="info",
        headline="CAPTURE",
        says="the capture holds the same packet more than once (mirror or VLAN copies)",
        never_on="retransmissions, network duplicates",
        harm=12,
    ),
    # Clocks.
    "clock-step": Code(
        severity="warning",
        headline="CLOCK",
        says="a vantage's clock jumped",
        never_on="route changes",
        harm=33,
    ),
    "clock-skew": Code(
        severity="info",
        headline="CLOCK",
        says="a vantage's clock runs at another rate, or fits no single straight line",
        never_on="queues growing on one direction",
        harm=11,
    ),
    "clock-directions": Code(
        severity="info",
        headline="CLOCK",
        says="a capture stamps its two directions by different clocks; one was moved to the other, with bounds",
        never_on="a few reordered stamps, queues, a step",
        harm=32,
    ),
    "clock-zone": Code(
        severity="info",
        headline="CLOCK",
        says="a vantage's clock is off by whole quarters of an hour: a time zone",
        never_on="small offsets",
        harm=10,
    ),
    "clock-tick": Code(
        severity="info",
        headline="CLOCK",
        says="stamps advance in coarse ticks: order inside a tick proves nothing",
        never_on="few stamps",
        harm=9,
    ),
    "path-change": Code(
        severity="info",
        headline="REROUTED",
        says="the least delay of a hop steps to another value and stays there, and no clock explains it",
        never_on="clock steps, queues",
        harm=18,
    ),
    # Verdicts about the verdict.
    "clean": Code(
        severity="info",
        headline="CLEAN",
        says="no loss, change or added delay above the stated floor on these hops",
        never_on="anything inconclusive",
        harm=2,
    ),
    "cannot-tell": Code(
        severity="info",
        headline="CANNOT TELL",
        says="the question cannot be answered from these captures, and which capture would settle it",
        never_on="questions that the captures answer",
        harm=16,
    ),
}
"""Codes are public API: add, never rename."""

BLAMES_A_HOP: frozenset[str] = frozenset(
    {
        "syn-ack-altered",
        "syn-altered",
        "payload-altered",
        "checksum-corrupt",
        "port-blocked",
        "rst-injected",
        "packet-injected",
        "loss",
        "pmtu-blackhole",
        "fragment-lost",
        "nat-state-lost",
        "policing",
        "one-way",
        "bufferbloat",
        "shaping",
        "sack-not-rewritten",
        "delay-added",
        "duplicated",
        "reordered",
        "option-stripped",
        "window-scale-altered",
    }
)
"""Codes that say something harmful about a hop."""

CHANGES_A_HOP: frozenset[str] = frozenset(
    {
        "mss-clamped",
        "alg-rewrite",
        "timestamps-rewritten",
        "isn-rewritten",
        "ip-id-rewritten",
        "df-cleared",
        "dscp-changed",
        "ecn-bleached",
        "ecn-marked",
    }
)
"""Codes of harmless changes: they accuse nobody, yet a hop with one does not pass packets unchanged."""
