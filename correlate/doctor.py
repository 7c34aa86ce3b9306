"""What is known of captures before they are compared: sound, complete, usable, and why not.

In: vantage names and their files. Out: an ``Examination`` per vantage: figures, caveats, whether it can be used.
Method: the capture is loaded as the main job loads it; shares of packets decide what is said. Captures are compared
with one another by time as stamped and by fingerprints that chance does not repeat, never by clocks.
Not here: loading (``load.py``), the verdict on a network (``diagnose``), printing (``cli``).
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from correlate.fingerprint import fingerprint
from correlate.flows import group_flows
from correlate.load import Loaded
from correlate.match import find_repeats
from correlate.model.arrays import I64
from correlate.model.packets import TCP, ChecksumState, FrameFate, PacketFlag, PacketTable
from correlate.model.vantage import Vantage

TELLING_BITS = 40
"""Fingerprints of this many bits that two captures share are one packet."""
FEW = 50
"""Packets below which shares say nothing."""
NEARLY_ALL = 0.999
FULL_FRAME = 1518
"""Bytes of the longest Ethernet frame on most networks."""


@attrs.frozen(kw_only=True)
class Examination:
    """One capture, examined."""

    vantage: Vantage
    packets: int
    not_ip: int
    unsupported_link: int
    malformed: int
    flows: int
    cut: int
    """Packets that the capture cut."""
    out_of_order: int
    """Packets stamped earlier than the one before them in the file."""
    untimed: int
    duplicates: int
    """Packets that the capture itself holds again (mirror, VLAN)."""
    partial_checksums: int
    """Packets captured before the card finished them."""
    super_frames: int
    """Frames longer than the network carries: segmentation or receive offload."""
    one_sided: float
    """Share of TCP flows that show one direction only."""
    likely_filters: tuple[str, ...]
    shared: dict[str, int]
    """Other vantage -> packets that both hold for sure (a lower bound)."""
    overlap_ns: dict[str, int | None]
    """Other vantage -> time that both cover as stamped; negative = the gap between them; None = no stamps."""
    caveats: tuple[str, ...]
    is_usable: bool


def examine(loaded: Sequence[Loaded]) -> list[Examination]:
    """Examine captures, alone and against one another. Cost O(n log n)."""
    keys = [_telling_keys(one.packets) for one in loaded]
    found = []
    for index, one in enumerate(loaded):
        others = [other for other in range(len(loaded)) if other != index]
        shared = {loaded[other].vantage.name: len(np.intersect1d(keys[index], keys[other])) for other in others}
        overlap = {loaded[other].vantage.name: _overlap(one.vantage, loaded[other].vantage) for other in others}
        found.append(_examine(one, shared, overlap))
    return found


def _examine(one: Loaded, shared: dict[str, int], overlap: dict[str, int | None]) -> Examination:
    packets, columns = one.packets, one.packets.columns
    flags = columns.flags
    flows = group_flows(packets)
    prints = fingerprint(packets)
    timed = columns.ts_ns[(flags & np.uint32(PacketFlag.NO_TIME)) == 0]
    since = (columns.ts_ns - (timed[0] if len(timed) else 0)).astype(np.float64)
    tcp = flows.columns.proto == TCP
    single = (flows.columns.tuple_out < 0) | (flows.columns.tuple_back < 0)
    draft = Examination(
        vantage=one.vantage,
        packets=len(packets),
        not_ip=one.frame_counts[FrameFate.NOT_IP],
        unsupported_link=one.frame_counts[FrameFate.UNSUPPORTED_LINK],
        malformed=one.frame_counts[FrameFate.MALFORMED],
        flows=len(flows),
        cut=_count(flags, PacketFlag.CAP_CUT),
        out_of_order=int((np.diff(timed) < 0).sum()),
        untimed=len(packets) - len(timed),
        duplicates=int(find_repeats(packets, prints, since).is_copy.sum()) if len(packets) else 0,
        partial_checksums=int((columns.l4_csum_state == ChecksumState.PARTIAL).sum()),
        super_frames=int((columns.wire_len > max(FULL_FRAME, _usual_limit(columns.wire_len))).sum()),
        one_sided=float(single[tcp].mean()) if tcp.any() else 0.0,
        likely_filters=tuple(_filters(one, packets)),
        shared=shared,
        overlap_ns=overlap,
        caveats=(),
        is_usable=len(timed) > 0,
    )
    return attrs.evolve(draft, caveats=tuple(_caveats(draft)))


def _count(flags: np.ndarray, flag: PacketFlag) -> int:
    return int(((flags & np.uint32(flag)) != 0).sum())


def _usual_limit(wire_len: np.ndarray) -> int:
    """Return the length that most long frames have: with jumbo frames, theirs."""
    long = wire_len[wire_len > FULL_FRAME]
    if len(long) == 0:
        return 0
    lengths, counts = np.unique(long, return_counts=True)
    usual = int(lengths[np.argmax(counts)])
    return usual if 2 * int(counts.max()) > len(long) and usual <= 9216 else 0


def _telling_keys(packets: PacketTable) -> I64:
    """Return the fingerprints that name one packet, each once."""
    prints = fingerprint(packets)
    keys, counts = np.unique(prints.exact[prints.bits >= TELLING_BITS], return_counts=True)
    return np.asarray(keys[counts <= 2])


def _overlap(one: Vantage, other: Vantage) -> int | None:
    spans = [(v.first_captured_ns, v.last_captured_ns) for v in (one, other)]
    if any(first is None or last is None for first, last in spans):
        return None
    (a, b), (c, d) = spans
    return min(b, d) - max(a, c)  # type: ignore[type-var,operator]  # no None is left


def _filters(one: Loaded, packets: PacketTable) -> list[str]:
    """Say which filters the capture records, and which it looks as if it had."""
    said = [f"recorded: {i.capture_filter}" for i in one.vantage.interfaces if i.capture_filter]
    if len(packets) < FEW:
        return said
    tuples, of = packets.tuples, packets.columns.tuple_id
    protocols = np.unique(tuples.proto[of])
    if len(protocols) == 1:
        said.append(f"only IP protocol {int(protocols[0])}")
    ports = np.stack([tuples.sport[of], tuples.dport[of]], axis=1)
    early = np.unique(ports[:1000]).tolist()
    always = [port for port in early if port >= 0 and (ports == port).any(axis=1).mean() >= NEARLY_ALL]
    return said + [f"only port {port}" for port in always]


def _caveats(found: Examination) -> list[str]:
    """Say what keeps the capture from being used, or used in full."""
    vantage, packets = found.vantage, max(1, found.packets)
    dropped = [interface.dropped for interface in vantage.interfaces if interface.dropped]
    lost = ", ".join(name for name, count in found.shared.items() if count == 0)
    rules = [
        (vantage.frames == 0, "the capture holds no frames"),
        (vantage.frames > 0 and found.packets == 0, "no frame holds an IP packet"),
        (found.packets > 0 and found.untimed == found.packets, "no frame has a time stamp"),
        (found.unsupported_link > 0, f"{found.unsupported_link} frames are of a link type that is not dissected"),
        (bool(dropped), f"the capture says that it dropped {sum(dropped)} frames"),
        (found.out_of_order > 0, f"{found.out_of_order} packets are stamped before the one in front of them"),
        (found.duplicates > 0, f"{found.duplicates} packets stand in the capture twice (mirror or VLAN copies)"),
        (
            found.partial_checksums + found.super_frames > 0,
            f"offload: {found.partial_checksums} unfinished checksums, {found.super_frames} overlong frames",
        ),
        (
            found.packets >= FEW and found.one_sided > 0.5,
            f"{100 * found.one_sided:.0f} % of the TCP flows show one direction only",
        ),
        (
            found.cut > 0,
            f"{found.cut} packets are cut ({100 * found.cut / packets:.0f} %, snaplen {vantage.snaplen or '?'})",
        ),
        (vantage.tick_ns >= 1_000_000, f"stamps come in steps of {vantage.tick_ns / 1e6:g} ms"),
        (bool(lost), f"no packet for sure in common with {lost}"),
    ]
    return [problem.detail for problem in vantage.problems] + [text for applies, text in rules if applies]
