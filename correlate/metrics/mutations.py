"""Every field that changed between two neighbouring sightings of a packet.

In: packet tables, joined flows, path, trajectories, and ``fetch`` for the bytes of changed payloads.
Out: ``MutationTable``, expected changes too.
Method: per hop and direction the packets seen at both ends (``sightings.py``), compared column by column
(``compare.py``), around them (``outer.py``) and, by digest, in payload and options. Rows are put in order by counting,
not by sorting: each packet and hop knows how many changes it has.
Not here: what a change means (``diagnose``); spans over a vantage that did not see the packet, since neither of their
hops can be blamed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from correlate.metrics.addresses import AddressBook, number_addresses
from correlate.metrics.compare import Change, compare_fields
from correlate.metrics.fields import FIELD_CODECS, FIELD_NAMES, FIELDS
from correlate.metrics.frames import Fetch, read_heads
from correlate.metrics.layout_kernel import count_changes, lay_changes
from correlate.metrics.options import altered_options, option_changes
from correlate.metrics.outer import outer_changes
from correlate.metrics.payloads import altered_payloads, payload_changes
from correlate.metrics.sightings import Pair, pair_hops
from correlate.metrics.texts import TextPool
from correlate.model.arrays import freeze, frozen
from correlate.model.flows import JoinedFlows
from correlate.model.mutations import MutationColumns, MutationTable
from correlate.model.packets import PacketTable
from correlate.model.path import Path
from correlate.model.trajectories import TrajectoryTable


def find_mutations(
    packets: Sequence[PacketTable],
    joined: JoinedFlows,  # noqa: ARG001  -- see below
    path: Path,
    trajectories: TrajectoryTable,
    fetch: Fetch,
) -> MutationTable:
    """Return what changed in every packet on every hop whose two ends both saw it.

    Parameters
    ----------
    packets : sequence of PacketTable
        Input order.
    joined : JoinedFlows
        Kept for the signature of the pipeline; a NAT's mapping is learned from the packets themselves.
    path : Path
        Order of the vantages.
    trajectories : TrajectoryTable
        Which packet is which row where.
    fetch : callable
        ``fetch(vantage, rows)``: captured bytes of frames; asked only for packets whose payload or raw options differ.

    Returns
    -------
    MutationTable
        Sorted by packet, hop, field; ``before`` is where the packet was first on its way. Ambiguous packets have
        only expected rows. Cost: O(packets x hops x fields present), about 1 s per million packets and hop.
    """
    book, facts = number_addresses(packets)
    texts = TextPool()
    changes: list[Change] = []
    payloads: list[Pair] = []
    options: list[Pair] = []
    for pair in pair_hops(packets, facts, path, trajectories):
        changes.extend(_rendered(change, book, texts) for change in compare_fields(pair))
        changes.extend(outer_changes(pair, book, texts))
        payloads.append(altered_payloads(pair))
        options.append(altered_options(pair))
    heads = read_heads((side for pair in (*payloads, *options) for side in (pair.up, pair.down) if len(pair)), fetch)
    for pair in filter(len, payloads):
        changes.extend(payload_changes(pair, heads, texts))
    for pair in filter(len, options):
        changes.extend(option_changes(pair, heads, texts))
    columns = _in_order(changes, packets=len(trajectories), hops=path.hop_count)
    return MutationTable(columns=columns, fields=FIELD_NAMES, codecs=FIELD_CODECS, texts=texts.texts)


def _rendered(change: Change, book: AddressBook, texts: TextPool) -> Change:
    """Return the change with codes of text fields replaced by text indices."""
    field = FIELDS[change.field]
    if field.wire.codec != "text":
        return change
    others: dict[str, Callable[[int], str]] = {"vlan.id": vlan_text, "tcp.options.sack_perm": _sack_perm_text}
    render = others.get(field.name, book.text)
    return change._replace(before=texts.add_codes(change.before, render), after=texts.add_codes(change.after, render))


def vlan_text(code: int) -> str:
    """Return VLAN ids as ``tshark -T fields -e vlan.id`` prints them.

    >>> vlan_text(10), vlan_text(1 << 24 | 10 << 12 | 20)
    ('10', '10,20')
    """
    return f"{(code >> 12) & 4095},{code & 4095}" if code >> 24 else str(code)


def _sack_perm_text(_code: int) -> str:
    """Return the option's bytes: that is what tshark prints (RFC 2018 section 2: kind 4, length 2)."""
    return "0402"


def _in_order(changes: Iterable[Change], *, packets: int, hops: int) -> MutationColumns:
    """Return all changes as columns sorted by packet, hop, field.

    Cost O(rows): within one change every packet occurs once, so rows are counted and laid down, never sorted.
    """
    ordered = sorted(changes, key=lambda change: (change.hop, change.field))
    counts = np.zeros(packets * hops, np.int64)
    size = sum(count_changes(frozen(change.packet, np.int64), change.hop, hops, counts) for change in ordered)
    cursor = np.cumsum(counts)
    cursor -= counts
    out = MutationColumns(
        packet=np.empty(size, np.int64),
        hop=np.empty(size, np.int16),
        field=np.empty(size, np.int16),
        kind=np.empty(size, np.int8),
        expected=np.empty(size, np.bool_),
        before=np.empty(size, np.int64),
        after=np.empty(size, np.int64),
    )
    for change in ordered:
        packet, kind, expected = frozen(change.packet, np.int64), frozen(change.kind, np.int8), frozen(change.expected)
        values = frozen(change.before, np.int64), frozen(change.after, np.int64)
        lay_changes(packet, (change.hop, hops), change.field, kind, expected, *values, cursor, out)
    return freeze(out)
