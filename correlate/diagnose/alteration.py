"""Findings about packets that a hop changed.

In: unexpected rows of the MutationTable. Out: one finding per hop, direction and kind of change.
Method: changes are sorted by code over whole columns (``alteration_codes.py``), the first example is shown in full.
A handshake packet whose content changed is named after it (``syn-ack-altered``); what NAT and routing do never gets
here. An ambiguous pair, one made by order alone, or one of cut frames may be two packets; two sendings of one segment
differ by the sender's choice. None of these accuses a hop.
Not here: finding the changes (``metrics``), what followed from them (``consequence.py``), payload rewritten to another
length (``gateway.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from correlate.diagnose.alteration_codes import CODES, codes_of, is_of
from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.costs import cost_sentence, lost_options
from correlate.diagnose.damage import find_damaged_copies, is_damaged_copy, miscounted
from correlate.diagnose.gateway import gateway_rows
from correlate.diagnose.view import TCP_ACK, TCP_SYN, View
from correlate.diagnose.wording import counted, share_of
from correlate.model.arrays import I32, I64, Bool
from correlate.model.findings import Finding, FrameRef
from correlate.model.fingerprints import mixed
from correlate.model.matches import Tier
from correlate.model.packets import TCP

OPTION_NAMES = {
    "tcp.options.mss_val": "MSS",
    "tcp.options.wscale.shift": "window scale",
    "tcp.options.sack_perm": "SACK permitted",
    "tcp.options.timestamp.tsval": "timestamps",
}


PADDING_BYTES = 46
"""The least payload of an Ethernet frame (IEEE 802.3 clause 4.2.3.3): more than that is never padding."""

WAYS = (1, -1, 0)
"""Directions of a hop, in the order in which they are told."""


@attrs.frozen(kw_only=True)
class Change:
    """Mutation rows of one theme on one hop and direction."""

    code: str
    hop: int
    direction: int
    rows: I64
    """Rows of ``MutationTable.odd``."""
    packets: I64
    """Distinct packets, ascending."""


def find_alterations(view: View) -> Iterator[Finding]:
    """Yield a finding per changed theme, hop and direction, and one per capture whose own copies are damaged."""
    for change in _changes(view):
        yield _finding(view, change)
    yield from find_damaged_copies(view)


def _changes(view: View) -> Iterator[Change]:
    """Sort unexpected mutations into codes."""
    rows = _blaming(view)
    if len(rows) == 0:
        return
    columns = view.run.mutations.odd
    # What a SYN proxy shifts is told with it.
    rows = rows[~(view.is_spliced[_flows(view, rows), columns.hop[rows]] & is_of(view, rows, "isn", "timestamp"))]
    # What a gateway rewrites is told as one story (``gateway.py``).
    rows = rows[~gateway_rows(view)[rows]]
    # Two sendings of one segment differ in header fields by the sender's choice; bytes it cannot choose anew.
    is_told = view.is_sure_pair[columns.packet[rows]]
    content = np.flatnonzero(is_of(view, rows, "content"))
    is_told[content] = ~_is_hearsay(view, rows[content])
    shifted = np.flatnonzero(is_of(view, rows, "content", "isn"))
    of_shifted = rows[shifted]
    if len(shifted):
        is_told[shifted] &= ~_is_lone_shift(view)[columns.packet[of_shifted], columns.hop[of_shifted]]
    rows = rows[is_told]
    codes = codes_of(view, rows)
    way_of = np.array([WAYS.index(0), WAYS.index(1), WAYS.index(-1)], np.int32)
    ways = columns.hop[rows] * np.int32(len(WAYS)) + way_of[view.run.trajectories.direction[columns.packet[rows]]]
    groups = np.where(codes < 0, np.int32(-1), ways * np.int32(len(CODES)) + codes)
    for group in np.flatnonzero(np.bincount(groups + 1)[1:]).tolist():
        chosen = rows[groups == group]
        way, code = divmod(group, len(CODES))
        hop, way = divmod(way, len(WAYS))
        packets = columns.packet[chosen].astype(np.int64)
        # Rows are sorted by packet.
        yield Change(
            code=CODES[code],
            hop=hop,
            direction=WAYS[way],
            rows=chosen,
            packets=packets[np.diff(packets, prepend=-1) > 0],
        )


def _blaming(view: View) -> I64:
    """Return the unexpected mutations of packets that surely are one, on hops that forward their flow."""
    columns, rows = view.run.mutations.odd, view.unexpected
    rows = rows[~view.run.trajectories.is_ambiguous[columns.packet[rows]]]
    rows = rows[~view.is_ended[_flows(view, rows), columns.hop[rows]]]
    return rows[~is_damaged_copy(view, rows)]


def _flows(view: View, rows: I64) -> I32:
    """Return the joined flow of mutations."""
    return view.run.trajectories.flow[view.run.mutations.odd.packet[rows]]


def _is_hearsay(view: View, rows: I64) -> Bool:
    """Tell which changes of content rest on a pair made by order alone, or on frames that the capture cut.

    Neither shows that both frames are one packet: what differs may be two packets. The same goes for a segment that
    has data at one end and none at the other, unless padding explains it: a bare acknowledgement and the data sent
    next bear equal numbers; and for datagrams without an IP ID to tell them apart, which have no numbers at all.
    """
    columns, table = view.run.mutations.odd, view.run.trajectories
    packets, hops = columns.packet[rows].astype(np.int64), columns.hop[rows].astype(np.int64)
    is_hearsay = np.asarray(table.tier[packets] > Tier.CONTENT, np.bool_)
    for place in range(view.places):
        here = np.flatnonzero((hops == place) | (hops + 1 == place))
        one = packets[here]
        is_hearsay[here] |= view.values("payload_cap", one, place) < view.values("payload_len", one, place)
    for hop in range(view.run.path.hop_count):
        here = np.flatnonzero(hops == hop)
        lengths, ids, protos = (
            np.stack([view.values(name, packets[here], place) for place in (hop, hop + 1)]).astype(np.int64)
            for name in ("payload_len", "ip_id", "proto")
        )
        is_hearsay[here] |= (lengths.min(axis=0) == 0) & (lengths.max(axis=0) > PADDING_BYTES)
        has_one_id = (ids[0] == ids[1]) & (ids[0] != 0)
        is_hearsay[here] |= (protos[0] != TCP) & ~has_one_id
    return is_hearsay


def _is_lone_shift(view: View) -> Bool:
    """Tell which packets (rows) lie on which hop (columns) elsewhere in their stream than the flow's others do.

    A box shifts all sequence numbers of a flow alike; a shift that most packets of the flow and direction do not share
    is no shift but another packet.
    """
    table, mutations = view.run.trajectories, view.run.mutations
    columns = mutations.odd
    lone = np.zeros((len(table), max(1, view.run.path.hop_count)), np.bool_)
    if "tcp.seq_raw" not in mutations.fields:
        return lone
    rows = view.unexpected[columns.field[view.unexpected] == mutations.fields.index("tcp.seq_raw")]
    packets, hops = columns.packet[rows].astype(np.int64), columns.hop[rows].astype(np.int64)
    shift = (columns.after[rows] - columns.before[rows]) & 0xFFFFFFFF
    side = table.flow.astype(np.int64) * 2 + table.is_outbound
    _, group, alike = np.unique(mixed(side[packets], hops, shift), return_inverse=True, return_counts=True)
    for hop in range(view.run.path.hop_count):
        here = hops == hop
        crossing = side[view.is_seen[:, hop] & view.is_seen[:, hop + 1]]
        all_of_side = np.bincount(crossing, minlength=2 * len(view.run.joined))
        lone[packets[here], hop] = 2 * alike[group.reshape(-1)[here]] < all_of_side[side[packets[here]]]
    return lone


def _finding(view: View, change: Change) -> Finding:
    row = CATALOGUE[change.code]
    packet = int(change.packets[0])
    up, down = view.upstream(change.hop, change.direction), view.downstream(change.hop, change.direction)
    what = _subject(view, change)
    where = f"between {view.between(change.hop, change.direction)}"
    return Finding(
        id=f"{change.code}/{change.hop}/{change.direction}",
        code=change.code,
        severity=row.severity,
        grade="proven",
        title=f"{what} {where}",
        explanation=" ".join(_sentences(view, change, packet, up, down)),
        hop=view.hop(change.hop),
        direction=view.direction_name(change.direction),
        quantity=len(change.packets),
        unit="packets",
        flows=view.flows_of(change.packets),
        packet=packet,
        evidence=_evidence(view, change, up, down),
        settle=_settle(view, change),
    )


def _subject(view: View, change: Change) -> str:
    """Return the subject and verb of the title."""
    count = len(change.packets)
    some = counted(count, "packet")
    names = _field_names(view, change)
    options = ", ".join(sorted({OPTION_NAMES.get(name, _raw_options(view, change)) for name in names}))
    return {
        "syn-ack-altered": "SYN-ACK changed" if count == 1 else f"{count} SYN-ACKs changed",
        "syn-altered": "SYN changed" if count == 1 else f"{count} SYNs changed",
        "payload-altered": f"Payload of {some} changed",
        "checksum-corrupt": f"{some} corrupted",
        "mss-clamped": "MSS lowered",
        "option-stripped": f"TCP option removed ({options})",
        "window-scale-altered": "Window scale changed",
        "timestamps-rewritten": "TCP timestamps rewritten",
        "isn-rewritten": "TCP sequence numbers shifted",
        "ip-id-rewritten": "IP ID rewritten",
        "df-cleared": "Don't-fragment flag cleared",
        "dscp-changed": "DSCP changed",
        "ecn-bleached": "ECN bleached",
        "ecn-marked": "Congestion experienced marked",
    }[change.code]


def _raw_options(view: View, change: Change) -> str:
    """Name the options without a column that the first changed packet lost."""
    before, after = changed_fields(view, int(change.packets[0]), change.hop).get("tcp.options", (None, None))
    return " and ".join(lost_options(before, after)) or "options"


def _field_names(view: View, change: Change) -> list[str]:
    table = view.run.mutations
    return sorted({table.fields[i] for i in np.flatnonzero(np.bincount(table.odd.field[change.rows])).tolist()})


def _sentences(view: View, change: Change, packet: int, up: int, down: int) -> Iterator[str]:
    """Explain the example packet, then say how many others fared the same."""
    differences = changed_fields(view, packet, change.hop)
    length = differences.get("tcp.len") or differences.get("udp.length")
    if change.code in ("syn-ack-altered", "syn-altered", "payload-altered") and length is not None:
        yield _length_sentence(view, packet, (up, down), length)
        padding = padding_sentence(view, packet, up, down)
        if padding:
            yield padding
    else:
        told = [name for name in _field_names(view, change) if name in differences]
        listed = "; ".join(f"{name} {_shown(differences[name])}" for name in told[:6])
        yield f"{view.name(up)} to {view.name(down)}: {listed}."
        if change.code == "checksum-corrupt":
            yield from miscounted(view, packet, down, differences)
    if "tcp.checksum" in differences and change.code != "checksum-corrupt":
        yield "The checksum was recomputed to fit, so this is no line noise."
    yield _count_sentence(view, change)
    cost = cost_sentence(view, change.code, packet, change.hop, differences)
    if cost:
        yield cost


def _shown(pair: tuple[str | None, str | None]) -> str:
    before, after = (("absent" if value is None else value or "empty") for value in pair)
    return f"{before} -> {after}"


def _length_sentence(view: View, packet: int, places: tuple[int, int], length: tuple[str | None, str | None]) -> str:
    up, down = places
    data = view.owner_payload(packet, down, limit=8)
    shown = f" ({data.hex(' ')}{' ...' if int(length[1] or 0) > len(data) else ''})" if data else ""
    return (
        f"It left {view.name(up)} (#{view.ref(packet, up).frame}) with {length[0]} bytes of data and reached "
        f"{view.name(down)} (#{view.ref(packet, down).frame}) with {length[1]}{shown}."
    )


def padding_sentence(view: View, packet: int, up: int, down: int) -> str | None:
    """Say so if Ethernet padding became payload: the new bytes are zeros and fit the padding of the frame upstream.

    An Ethernet frame carries at least 60 bytes (IEEE 802.3 clause 4.2.3.3, without FCS); a short packet is padded, and
    a device that trusts the frame's length instead of the IP length takes the padding for data.
    """
    one = np.array([packet], np.int64)
    grown = int(view.values("ip_len", one, down)[0]) - int(view.values("ip_len", one, up)[0])
    end = int(view.values("l3_offset", one, up)[0]) + int(view.values("ip_len", one, up)[0])
    room = max(60, int(view.values("wire_len", one, up)[0])) - end
    if grown <= 0 or grown > room:
        return None
    data = view.owner_payload(packet, down)
    if data[-grown:].strip(b"\0"):
        return None
    return f"The {grown} new bytes are the frame's Ethernet padding (to 60 bytes), which became payload."


def changed_fields(view: View, packet: int, hop: int) -> dict[str, tuple[str | None, str | None]]:
    """Return field -> (before, after) of one packet on one hop, texts as tshark prints them."""
    table = view.run.mutations
    columns = table.odd
    first, last = np.searchsorted(columns.packet, np.array([packet, packet + 1], columns.packet.dtype))
    found: dict[str, tuple[str | None, str | None]] = {}
    for row in range(int(first), int(last)):
        if int(columns.hop[row]) == hop:
            field = int(columns.field[row])
            before, after = table.text(field, int(columns.before[row])), table.text(field, int(columns.after[row]))
            found[table.fields[field]] = (before, after)
    return found


def _count_sentence(view: View, change: Change) -> str:
    """Say how many packets of the same kind crossed the hop, and how many of them were changed."""
    seen = view.is_seen[:, change.hop] & view.is_seen[:, change.hop + 1]
    peers = seen & (view.run.trajectories.direction == change.direction)
    flags = view.tcp_flags
    noun = "packet"
    if change.code == "syn-ack-altered":
        peers &= (flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK)
        noun = "SYN-ACK"
    elif change.code in ("syn-altered", "mss-clamped", "option-stripped", "window-scale-altered"):
        peers &= (flags & TCP_SYN) != 0
        noun = "handshake packet"
    flows = len(np.unique(view.run.trajectories.flow[change.packets]))
    return f"{share_of(len(change.packets), int(peers.sum()), noun)} on this hop, in {counted(flows, 'flow')}."


def _evidence(view: View, change: Change, up: int, down: int) -> tuple[FrameRef, ...]:
    found: list[FrameRef] = []
    for packet in change.packets[:6].tolist():
        found.extend(view.cite(packet, up, "as it was sent"))
        found.extend(view.cite(packet, down, "as it arrived"))
    return tuple(found)


def _settle(view: View, change: Change) -> str | None:
    if CATALOGUE[change.code].severity == "info":
        return None
    return (
        f"A capture on the link between {view.between(change.hop, change.direction)} would tell which device on it "
        "makes the change."
    )
