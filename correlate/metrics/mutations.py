"""Every field that changed between two neighbouring sightings of a packet.

In: packet tables, joined flows, path, trajectories, and ``fetch`` for the bytes of changed payloads.
Out: ``MutationTable``, expected changes too.
Method: per hop the packets to which nothing but routing and a plain NAT happened are told by a rule (``routine.py``).
All others seen at both ends (``sightings.py``) are compared column by column (``compare.py``), around them
(``outer.py``) and, by digest, in payload and options. Their rows are put in order by counting, not by sorting: each
packet and hop knows how many changes it has.
Not here: what a change means (``diagnose``); spans over a vantage that did not see the packet, since neither of their
hops can be blamed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from correlate.metrics.addresses import AddressBook, number_addresses
from correlate.metrics.compare import Change, compare_fields
from correlate.metrics.fields import FIELD_CODECS, FIELD_NAMES, FIELDS
from correlate.metrics.frames import Fetch, read_heads
from correlate.metrics.layout_kernel import count_changes, lay_changes
from correlate.metrics.options import altered_options, option_changes
from correlate.metrics.outer import outer_changes
from correlate.metrics.payloads import altered_payloads, payload_changes
from correlate.metrics.routine import FoundRoutine, compared, find_hop_routine, kept_routine, used_codes
from correlate.metrics.sightings import Pair, pair_hop, shared_rows
from correlate.metrics.texts import TextPool
from correlate.model.arrays import I64, freeze, frozen
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
        only expected rows. Cost: about 0.2 s per million routine packets and hop, 1 s of others.
    """
    book, facts = number_addresses(packets)
    texts = TextPool()
    names = np.full(len(book.version), -1, np.int64)
    shared = [shared_rows(trajectories, place, len(packets[v])) for place, v in enumerate(path.order)]
    ends = [compared(packets[v], facts[v], shared[place]) for place, v in enumerate(path.order)]
    routines = []
    changes: list[Change] = []
    payloads: list[Pair] = []
    options: list[Pair] = []
    for hop in range(path.hop_count):
        routine = find_hop_routine(ends, trajectories, hop, len(names))
        routines.append(routine)
        is_odd = routine.is_odd
        for is_forward in (True, False):
            pair = pair_hop(packets, facts, path, trajectories, is_odd, hop, shared, is_forward=is_forward)
            changes.extend(_field_changes(pair, routine, book, texts, names))
            if len(pair):
                changes.extend(outer_changes(pair, book, texts))
                payloads.append(altered_payloads(pair))
                options.append(altered_options(pair))
    heads = read_heads((side for pair in (*payloads, *options) for side in (pair.up, pair.down) if len(pair)), fetch)
    for pair in filter(len, payloads):
        changes.extend(payload_changes(pair, heads, texts))
    for pair in filter(len, options):
        changes.extend(option_changes(pair, heads, texts))
    return MutationTable(
        odd=_in_order(changes, packets=len(trajectories), hops=path.hop_count),
        routine=kept_routine(routines, trajectories, names),
        fields=FIELD_NAMES,
        codecs=FIELD_CODECS,
        texts=texts.texts,
    )


def _field_changes(
    pair: Pair, routine: FoundRoutine, book: AddressBook, texts: TextPool, names: I64
) -> Iterator[Change]:
    """Yield the changes of odd packets field by field, texts rendered; texts of routine ones are added in their turn.

    ``names`` learns the text of every address that routine packets need.
    """
    found = {change.field: change for change in compare_fields(pair)} if len(pair) else {}
    for number, field in enumerate(FIELDS):
        change = found.get(number)
        if field.wire.codec != "text":
            if change is not None:
                yield change
            continue
        render = _OTHER_TEXTS.get(field.name, book.text)
        codes = used_codes(routine, book, field.name, is_forward=pair.is_forward)
        if change is not None:
            before, after = (
                texts.add_codes(column, render, also=more)
                for column, more in zip((change.before, change.after), codes, strict=True)
            )
            yield change._replace(before=before, after=after)
        for more in codes:
            names[more] = texts.add(map(render, more.tolist()))


def vlan_text(code: int) -> str:
    """Return VLAN ids as ``tshark -T fields -e vlan.id`` prints them.

    >>> vlan_text(10), vlan_text(1 << 24 | 10 << 12 | 20)
    ('10', '10,20')
    """
    return f"{(code >> 12) & 4095},{code & 4095}" if code >> 24 else str(code)


def _sack_perm_text(_code: int) -> str:
    """Return the option's bytes: that is what tshark prints (RFC 2018 section 2: kind 4, length 2)."""
    return "0402"


_OTHER_TEXTS: dict[str, Callable[[int], str]] = {"vlan.id": vlan_text, "tcp.options.sack_perm": _sack_perm_text}
"""How codes of text fields that are no addresses are rendered."""


def _in_order(changes: Iterable[Change], *, packets: int, hops: int) -> MutationColumns:
    """Return all changes as columns sorted by packet, hop, field.

    Cost O(rows): within one change every packet occurs once, so rows are counted and laid down, never sorted.
    """
    ordered = sorted(changes, key=lambda change: (change.hop, change.field))
    counts = np.zeros(packets * hops if ordered else 0, np.int64)
    for change in ordered:
        count_changes(frozen(change.packet, np.int64), change.hop, hops, counts)
    size = int(counts.sum())
    cursor = np.cumsum(counts)
    cursor -= counts
    out = MutationColumns(
        packet=np.empty(size, np.int32),
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
