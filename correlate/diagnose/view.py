"""A reader of the tables, in the words the rules use.

In: a ``Correlation`` without findings, and a function that reads raw frames again.
Out: names of hops, column values of packets at a place, frame references for evidence.
Method: every access goes through ``TrajectoryTable.rows``; places are in path order.
Not here: any judgement.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import attrs
import numpy as np
from numpy.typing import NDArray

from correlate.diagnose.gateway import Gateway, gateways_of
from correlate.diagnose.once import Answers, once
from correlate.diagnose.sendings import Sendings, find_sendings
from correlate.diagnose.stamps import stamp_noise
from correlate.diagnose.termination import ended_flows, spliced_flows
from correlate.model.arrays import I8, I64, U16, Bool
from correlate.model.correlation import Correlation
from correlate.model.findings import FrameRef
from correlate.model.matches import Tier
from correlate.model.path import Direction
from correlate.model.trajectories import Fate, Reason

Fetch = Callable[[int, I64], list[bytes]]
DirectionName = Literal["forward", "reverse"]

TCP_FIN, TCP_SYN, TCP_RST, TCP_ACK = 1, 2, 4, 16


@attrs.define(kw_only=True)
class View:
    """Read-only questions to one run."""

    run: Correlation
    fetch: Fetch
    is_part: bool = False
    """Counts are of the packets that the run tells of, no others: those of several parts are added."""
    answers: Answers = attrs.field(factory=Answers, init=False, repr=False, eq=False)
    """What rules asked for before."""

    @once
    def is_ended(self) -> Bool:
        """Shape (flows, hops): the flow is two connections there (``termination.py``)."""
        return ended_flows(self.run, self.unexpected)

    @once
    def is_spliced(self) -> Bool:
        """Shape (flows, hops): the flow's handshake is made there, the rest is forwarded (``termination.py``)."""
        return spliced_flows(self.run)

    @once
    def gateways(self) -> tuple[Gateway, ...]:
        """What application gateways rewrite, per hop (``gateway.py``)."""
        return gateways_of(self)

    @once
    def kept(self) -> Bool:
        """Per packet: the user's options leave it in; findings speak of no other, all of them are evidence."""
        return self.run.kept

    @property
    def places(self) -> int:
        """How many vantages stand on the path."""
        return len(self.run.path.order)

    def name(self, place: int) -> str:
        """Return the vantage's name at a place of the path."""
        return self.run.vantages[self.run.path.order[place]].name

    def hop(self, hop: int) -> tuple[str, str]:
        """Return both names of a hop, path order."""
        return self.name(hop), self.name(hop + 1)

    def between(self, hop: int, direction: int) -> str:
        """Name a hop along the packet's travel: ``fw-int and client`` for a reverse packet."""
        first, second = self.hop(hop)
        return f"{first} and {second}" if direction >= 0 else f"{second} and {first}"

    def values(self, column: str, packets: I64, place: int) -> NDArray[Any]:
        """Return a packet column at a place; packets not seen there get the value of row 0 (mask them yourself)."""
        table = self.run.packets[self.run.path.order[place]].columns
        rows = self.run.trajectories.rows[:, place][packets]
        values = getattr(table, column)
        if len(values) == 0:
            return np.zeros(len(rows), values.dtype)
        picked: NDArray[Any] = values.take(np.maximum(rows, 0, out=rows))
        return picked

    def of_everyone(self, values: NDArray[Any], place: int) -> NDArray[Any]:
        """Return what ``values`` say of a place's rows for every packet; packets not seen there get that of row 0."""
        if len(values) == 0:
            return np.zeros(len(self.run.trajectories), values.dtype)
        spread: NDArray[Any] = values.take(np.maximum(self.run.trajectories.rows[:, place], 0))
        return spread

    def first_values(self, column: str, packets: I64) -> I64:
        """Return a packet column at the first place (along the path) that saw each packet."""
        places = self.first_place(packets)
        out = np.zeros(len(packets), np.int64)
        for place in range(self.places):
            here = places == place
            out[here] = self.values(column, packets[here], place)
        return np.asarray(out, np.int64)

    @once
    def is_seen(self) -> Bool:
        """Shape (packets, places); each place's column is contiguous, since rules ask for whole columns."""
        rows = self.run.trajectories.rows
        return np.greater_equal(rows, 0, out=np.empty(rows.shape, np.bool_, order="F"))

    @once
    def undelivered(self) -> I64:
        """Rows of the fate table that are no plain delivery: few, where little went wrong."""
        return np.flatnonzero(self.run.fates.fate != Fate.DELIVERED)

    @once
    def fate_direction(self) -> I8:
        """Per row of the fate table: the direction of its packet."""
        return np.asarray(self.run.trajectories.direction.take(self.run.fates.packet), np.int8)

    def on_way(self, rows: I64, hop: int, direction: int) -> I64:
        """Return those rows of the fate table that are of this hop and direction."""
        here: I64 = rows[(self.run.fates.hop[rows] == hop) & (self.fate_direction[rows] == direction)]
        return here

    def ends(self, packets: I64, hop: int) -> Bool:
        """Tell which packets are of flows that are two connections on the hop."""
        if not self.has_ended_flows:
            return np.zeros(len(packets), np.bool_)
        return np.asarray(self.is_ended[self.run.trajectories.flow[packets], hop], np.bool_)

    @once
    def has_ended_flows(self) -> bool:
        """Some flow is two connections on some hop."""
        return bool(self.is_ended.any())

    @once
    def unexpected(self) -> I64:
        """Rows of ``MutationTable.odd`` that neither routing nor a plain NAT explains."""
        expected = self.run.mutations.odd.expected
        return np.zeros(0, np.int64) if expected.all() else np.flatnonzero(~expected)

    def first_place(self, packets: I64) -> I64:
        """Return the first place along the path (not the travel) that saw each packet; 0 for those never seen."""
        if self.places == 0:
            return np.zeros(len(packets), np.int64)
        return np.asarray(np.argmax(self.is_seen[packets], axis=1), np.int64)

    @property
    def tcp_flags(self) -> U16:
        """TCP flags per packet, 0 for other protocols."""
        return self._sendings.tcp_flags

    @once
    def resets(self) -> I64:
        """Packets that are TCP resets, ascending."""
        return np.flatnonzero((self.tcp_flags & TCP_RST) != 0)

    def ways(self) -> Iterator[tuple[int, int]]:
        """Yield every hop with both directions of travel, ``(hop, direction)``, hop by hop, forward before reverse."""
        return itertools.product(range(self.run.path.hop_count), (1, -1))

    def upstream(self, hop: int, direction: int) -> int:
        """Place where a packet of this direction enters the hop."""
        return hop if direction >= 0 else hop + 1

    def downstream(self, hop: int, direction: int) -> int:
        """Place where a packet of this direction leaves the hop."""
        return hop + 1 if direction >= 0 else hop

    @property
    def is_repeated(self) -> Bool:
        """Packets that their sender sent more than once: retransmissions and what they repeat.

        A difference between two sightings of such a packet may be one between two sendings. TCP data is told by where
        it begins (a resend may be cut otherwise), bare TCP by its numbers, all else by its content.
        """
        return self._sendings.is_repeated

    @property
    def is_sent_again(self) -> Bool:
        """Packets that their sender sent again later: all sendings but the last."""
        return self._sendings.is_early

    @once
    def _sendings(self) -> Sendings:
        return find_sendings(self.run)

    @once
    def is_sure_pair(self) -> Bool:
        """Packets whose sightings surely are of one sending: sent once, or equal in all that tells sendings apart.

        Only these may show what a hop does to a single sending (delay, header changes).
        """
        table = self.run.trajectories
        is_single = ~self.is_repeated | (table.tier == Tier.EXACT)
        return np.asarray(~table.is_ambiguous & (table.duplicate_of < 0) & is_single, np.bool_)

    def is_placed(self, place: int) -> bool:
        """Tell whether anything is known of this place's clock against the reference."""
        return len(self.run.clocks.vantages[place].curve.at_ns) > 0

    def stamp_noise_ns(self, hop: int) -> int:
        """Return by how much stamps at both ends of a hop may be late, together."""
        return self._stamp_noise_at[hop] + self._stamp_noise_at[hop + 1]

    @once
    def _stamp_noise_at(self) -> tuple[int, ...]:
        """Per place, ns."""
        order, run = self.run.path.order, self.run
        return tuple(stamp_noise(run.packets[v].columns.ts_ns, run.vantages[v].tick_ns) for v in order)

    def misses(self, place: int) -> bool:
        """Tell whether the capture at a place is known, or likely, to have missed packets that passed it."""
        return bool(self._missed_at[place] > 0)

    @once
    def _missed_at(self) -> I64:
        """Missed packets per place: at a hop's exit, or at its entry where they are first seen beyond it."""
        fates, rows = self.run.fates, self.undelivered
        is_miss = fates.fate[rows] == Fate.NOT_CAPTURED
        rows = rows[is_miss & ~np.isin(fates.reason[rows], (Reason.WINDOW, Reason.BYPASS))]
        return np.bincount(self.blamed_place(rows), minlength=self.places)

    def blamed_place(self, rows: I64) -> I64:
        """Return the place whose capture lacks the packet, if it is ``not_captured``, of rows of the fate table."""
        fates = self.run.fates
        packet, hop = fates.packet[rows], fates.hop[rows]
        is_reverse = (self.run.trajectories.direction[packet] < 0).astype(np.int64)
        entry, leave = hop + is_reverse, hop + 1 - is_reverse
        is_first_beyond = ~self.is_seen[packet, entry] & self.is_seen[packet, leave]
        return np.where(is_first_beyond, entry, leave).astype(np.int64)

    def cite(self, packet: int, place: int, note: str = "") -> tuple[FrameRef, ...]:
        """Return the packet's frame at this place, nothing if it was not seen there."""
        return (self.ref(packet, place, note),) if self.is_seen[packet, place] else ()

    def ref(self, packet: int, place: int, note: str = "") -> FrameRef:
        """Return where a person finds this packet at this place; it must have been seen there (else :meth:`cite`)."""
        vantage = self.run.path.order[place]
        row = int(self.run.trajectories.rows[packet, place])
        assert row >= 0, f"packet {packet} was not seen at {self.name(place)}: no frame to cite"
        columns = self.run.packets[vantage].columns
        return FrameRef(
            vantage=self.name(place),
            file=self.run.vantages[vantage].files[int(columns.file[row])].path,
            frame=int(columns.frame[row]),
            time_ns=int(self.run.trajectories.time_ns[packet, place]) if self.is_placed(place) else None,
            note=note,
        )

    def refs(self, packets: Iterable[int], *, note: str = "", limit: int = 12) -> tuple[FrameRef, ...]:
        """Return the frames of these packets at every place that saw them, at most ``limit`` of them."""
        found: list[FrameRef] = []
        for packet in packets:
            if len(found) >= limit:
                break
            for place in range(self.places):
                found.extend(self.cite(packet, place, note))
        return tuple(found[:limit])

    def flows_of(self, packets: I64) -> tuple[int, ...]:
        """Return the joined flows of these packets, ascending, at most 1000."""
        return tuple(np.unique(self.run.trajectories.flow[packets]).tolist()[:1000])

    def direction_name(self, direction: int) -> DirectionName | None:
        """Return the contract's word; None for unknown."""
        if direction == Direction.FORWARD:
            return "forward"
        return "reverse" if direction == Direction.REVERSE else None

    def owner_payload(self, packet: int, place: int, *, limit: int = 64) -> bytes:
        """Return the first captured payload bytes of a packet at a place, read again from the file."""
        vantage = self.run.path.order[place]
        row = int(self.run.trajectories.rows[packet, place])
        columns = self.run.packets[vantage].columns
        data = self.fetch(vantage, np.array([row], np.int64))[0]
        start = int(columns.payload_offset[row])
        return data[start : start + min(limit, int(columns.payload_cap[row]))]
