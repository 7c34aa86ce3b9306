"""The run: an event loop, packets on their way, taps that record.

**In:** a ``World`` and a seed. **Out:** a ``Run``: captures and ``Truth``.
**Method:** discrete events in integer nanoseconds; a packet's whole way is computed when it is sent (links keep order
by themselves), its arrival is an event. What a tap sees is encoded at that moment.
**Not here:** applications (``tcp.py``, ``datagrams.py``).
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import attrs
import numpy as np

from tests.netsim.atoms import Atoms, Span, Spans, find_atoms, fuse, slice_spans
from tests.netsim.cuts import Assembly, Passing, coalesce
from tests.netsim.datagrams import APPLICATIONS
from tests.netsim.files import Format, Frame, write_capture
from tests.netsim.multipath import Subflow
from tests.netsim.others import Others
from tests.netsim.packet import Packet, encode
from tests.netsim.quic import Quic
from tests.netsim.tcp import Connection
from tests.netsim.truth import NOT_LOST, Edit, Mapping, Seen, Truth
from tests.netsim.world import Link, Load, MultipathLoad, OtherLoad, QuicLoad, TcpLoad, World


@attrs.frozen(kw_only=True)
class Run:
    """Captures (vantage name -> frames in record order) and what really happened."""

    world: World
    captures: dict[str, list[Frame]]
    truth: Truth

    def write(self, folder: Path, form: Format = "pcap") -> dict[str, Path]:
        """Write one file per vantage; return name -> path in path order."""
        folder.mkdir(parents=True, exist_ok=True)
        paths = {}
        for tap in self.world.taps:
            paths[tap.name] = folder / f"{tap.name}.{form.split('-')[0]}"
            write_capture(paths[tap.name], self.captures[tap.name], tap.snaplen, form)
        return paths


def simulate(world: World, seed: int = 1) -> Run:
    """Run a world; equal world and seed give equal bytes and truth."""
    net = Network(world, seed)
    net.populate()
    net.run()
    return net.result()


_FACE = tuple(
    name
    for name in Packet.__slots__
    if name not in ("tid", "kind", "ttl", "tos", "src", "dst", "sport", "dport", "payload_sum", "quote", "wraps")
)
"""Fields that tell transmissions of one flow apart; values must be hashable."""
_BLURS = {
    "ip.id": "ip_id",
    "tcp.window_size_value": "window",
    "tcp.options.timestamp.tsval": "options",
}
"""Edits after which nobody can tell what was there before (timestamps: where they are taken out)."""


class _Record(NamedTuple):
    """What passed a tap at once, and whether it was captured."""

    place: int
    time: int
    spans: Spans
    verdict: Seen
    frame: int
    """1-based; 0 = not captured."""
    is_copy: bool


_APPLICATIONS = {**APPLICATIONS, TcpLoad: Connection, QuicLoad: Quic, OtherLoad: Others, MultipathLoad: Subflow}


class _Pipe:
    """One direction of one stretch at work."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.busy_until = 0
        self.last_exit = 0
        self.in_burst = False

    def loses(self, rng: Random) -> bool:
        """Decide one packet's loss: runs of mean length ``burst``, ``loss`` of all packets."""
        link = self.link
        if not link.loss:
            return False
        if self.in_burst:
            self.in_burst = rng.random() < 1 - 1 / link.burst
        else:
            # Stationary share of a two-state chain: start / (start + 1 / burst) = loss.
            start = link.loss / (link.burst * (1 - link.loss)) if link.burst > 1 else link.loss
            self.in_burst = rng.random() < start
        if link.burst <= 1:
            lost, self.in_burst = self.in_burst, False
            return lost
        return self.in_burst

    def exit_time(self, entry: int, size: int, elapsed: int, rng: Random) -> int | None:
        """Return when a packet leaves, None if the queue is full."""
        link = self.link
        start = entry
        if link.rate_bps:
            start = max(entry, self.busy_until)
            if start - entry > link.queue_ns:
                return None
            start += size * 8_000_000_000 // link.rate_bps
            self.busy_until = start
        out = start + link.delay_ns + sum(more for a, b, more in link.extra if a <= elapsed < b)
        if link.jitter_ns:
            out += int(rng.expovariate(1 / link.jitter_ns))
        if link.reorder and rng.random() < link.reorder:
            return out + link.reorder_ns
        out = max(out, self.last_exit + 100 + size // 8)
        self.last_exit = out
        return out


class _Site:
    """Where a box acts; see ``boxes.Site``."""

    def __init__(self, net: Network, stretch: int, index: int) -> None:
        self.net, self.stretch, self.index = net, stretch, index
        self.now = 0

    def edited(self, packet: Packet, field: str, before: Any, after: Any) -> None:
        self.net.acted.add((self.stretch - 1, self.index))
        self.net.edits.append(
            Edit(transmission=packet.tid, hop=self.stretch - 1, field=field, before=before, after=after)
        )

    def mapped(self, packet: Packet, inner: tuple[bytes, int], outer: tuple[bytes, int]) -> None:
        hop = self.stretch - 1
        self.net.mappings.append(Mapping(hop=hop, flow=packet.flow, proto=packet.proto, inner=inner, outer=outer))

    def inject(self, packet: Packet, *, forward: bool) -> None:
        packet.forward = forward
        self.net.at(self.now, self._go, packet)

    def cut(self, packet: Packet, pieces: Sequence[tuple[Packet, int, int]]) -> None:
        self.hold(packet)
        for piece, start, end in pieces:
            self.net.adopt(piece, slice_spans(self.net.spans_of(packet), start, end))
            self._send_on(piece, self.now)

    def hold(self, packet: Packet) -> None:
        self.net.held.add(packet.tid)

    def resume(self, packet: Packet) -> None:
        self.net.held.discard(packet.tid)
        self._send_on(packet, self.now)

    def release(self, packet: Packet, parts: Sequence[Packet]) -> None:
        self.net.adopt(packet, tuple(span for part in parts for span in self.net.spans_of(part)))
        self._send_on(packet, self.now)

    def after(self, wait: int, call: Callable[[], None]) -> None:
        self.net.at(self.now + wait, self._awake, call)

    def _awake(self, call: Callable[[], None]) -> None:
        self.now = self.net.now
        call()

    def _send_on(self, packet: Packet, time: int) -> None:
        now = self.now
        self.net.travel(packet, time, self.stretch, self.index + (1 if packet.forward else -1))
        self.now = now

    def veil(self, packet: Packet) -> int:
        """Return the number of a packet that another one disappears in on this hop."""
        self.net.register(packet, self.stretch - 1, -1)
        return packet.tid

    def _go(self, packet: Packet) -> None:
        self.net.register(packet, self.stretch - 1, -1)
        self.net.travel(packet, self.net.now, self.stretch, self.index + (1 if packet.forward else -1))


class Network:
    """Mutable state of one run."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.rng = Random(seed)
        self.epoch = self.now = world.epoch_ns
        self.heap: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []
        self.counter = itertools.count()
        self.flows: list[Any] = []
        self.ports: set[tuple[bytes, int]] = set()
        self.pool = self.rng.randbytes(1 << 17)
        self.global_id = {True: self.rng.getrandbits(16), False: self.rng.getrandbits(16)}
        self.pipes = [(_Pipe(stretch.forward), _Pipe(stretch.reverse)) for stretch in world.stretches]
        self.boxes = [
            [(type(box).__name__, box.start(self.rng), _Site(self, k, i)) for i, box in enumerate(stretch.boxes)]
            for k, stretch in enumerate(world.stretches)
        ]
        self.sent: list[tuple[int, bool, str, int, int]] = []
        self.faces: list[tuple[Any, ...]] = []
        """Per transmission: what the sender put into it."""
        self.sizes: list[int] = []
        """Per transmission: payload bytes, at least 1."""
        self.spans: dict[int, Spans] = {}
        """What a packet that a box made of others carries of them; it is no transmission of its own."""
        self.held: set[int] = set()
        """Packets that a box took without dropping them."""
        self.assembly = Assembly()
        self.losses: dict[int, tuple[int, str]] = {}
        self.logs: list[list[Passing]] = [[] for _ in world.taps]
        self.bypassed: list[tuple[int, int]] = []
        """(transmission, place) that it went around."""
        self.acted: set[tuple[int, int]] = set()
        self.edits: list[Edit] = []
        self.mappings: list[Mapping] = []

    # --- services for the applications -----------------------------------------------------------------------

    def at(self, time: int, call: Callable[..., None], *arguments: Any) -> None:
        """Call later, at a true time."""
        heapq.heappush(self.heap, (time, next(self.counter), call, arguments))

    def after(self, wait: int, call: Callable[..., None], *arguments: Any) -> None:
        """Call after a wait."""
        self.at(self.now + wait, call, *arguments)

    def content(self, size: int, *, same: bool) -> bytes:
        """Return payload bytes: random, or for everybody the same."""
        if same:
            return (b"HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n" + b"lorem ipsum " * (size // 12 + 1))[:size]
        if size <= 64:
            return self.rng.randbytes(size)
        start = self.rng.randrange(len(self.pool) // 2)
        body = self.pool[start : start + size - 8]
        return self.rng.randbytes(8) + body + self.rng.randbytes(size - 8 - len(body))

    def identify(self, packet: Packet, counter: int, label: int) -> None:
        """Set identification as the world's hosts do; ``counter`` is the socket's own."""
        if len(packet.src) == 16:
            packet.label = label
            return
        kind = self.world.ip_id
        if kind == "linux":
            packet.ip_id = counter
        elif kind == "random":
            packet.ip_id = self.rng.randint(1, 65535)
        elif kind == "global":
            packet.ip_id = self.global_id[packet.forward] = (self.global_id[packet.forward] + 1) & 0xFFFF

    def send(self, packet: Packet) -> None:
        """Take a packet from its host."""
        last = len(self.world.stretches) - 1
        self.register(packet, -1 if packet.forward else last - 1, -1)
        stretch = 0 if packet.forward else last
        self.travel(packet, self.now, stretch, None)

    # --- the way ---------------------------------------------------------------------------------------------

    def register(self, packet: Packet, origin: int, copy_of: int) -> None:
        """Give a transmission its number."""
        packet.tid = len(self.sent)
        self.sent.append((packet.flow, packet.forward, packet.kind, origin, copy_of))
        self.faces.append(tuple(getattr(packet, name) for name in _FACE))
        self.sizes.append(max(1, len(packet.payload)))
        if copy_of in self.spans:
            self.spans[packet.tid] = self.spans[copy_of]

    def adopt(self, packet: Packet, spans: Spans) -> None:
        """Number a packet that was made of others."""
        self.register(packet, -1, -1)
        self.spans[packet.tid] = spans

    def spans_of(self, packet: Packet) -> Spans:
        """Return what a packet carries."""
        return self.spans.get(packet.tid, ((packet.tid, 0, self.sizes[packet.tid]),))

    def travel(self, packet: Packet, time: int, stretch: int, box: int | None) -> None:
        """Move a packet to the end of its way; ``box`` = next box of the first stretch, None = the stretch's entrance."""
        last = len(self.world.stretches) - 1
        step = 1 if packet.forward else -1
        at: int | None = time
        while at is not None and 0 <= stretch <= last:
            at = self._cross(packet, at, stretch, box)
            box = None
            if at is None:
                return
            place = stretch if packet.forward else stretch - 1
            if 0 <= place < len(self.logs):
                self._record(packet, at, place)
            stretch += step
        if at is not None:
            self.at(at, self._deliver, packet)

    def _deliver(self, packet: Packet) -> None:
        """Hand a packet to its host, fragments once they are a whole datagram."""
        whole = self.assembly.add(packet, self.now) if packet.part else [packet]
        if whole:
            arrived = whole[0] if not packet.part else self.assembly.whole(whole)
            self.flows[packet.flow].deliver(arrived)

    def _cross(self, packet: Packet, time: int, stretch: int, box: int | None) -> int | None:
        """Return when the packet leaves the stretch, None if it does not."""
        forward = packet.forward
        boxes = self.boxes[stretch]
        at: int | None = time
        if forward and box is None:
            at = self._link(packet, time, stretch)
        if at is None:
            return None
        first = box if box is not None else 0 if forward else len(boxes) - 1
        for index in range(first, len(boxes)) if forward else range(first, -1, -1):
            name, handler, site = boxes[index]
            site.now = at
            if not handler(packet, site):
                if packet.tid not in self.held:
                    self.acted.add((stretch - 1, index))
                    self._lose(packet, stretch, name)
                return None
        return at if forward else self._link(packet, at, stretch)

    def _link(self, packet: Packet, time: int, stretch: int) -> int | None:
        pipe = self.pipes[stretch][0 if packet.forward else 1]
        if pipe.loses(self.rng):
            self._lose(packet, stretch, "loss")
            return None
        at = pipe.exit_time(time, packet.ip_len + 18, time - self.epoch, self.rng)
        if at is None:
            self._lose(packet, stretch, "queue")
            return None
        packet.age(self.world.stretches[stretch].routers)
        if pipe.link.duplicate and self.rng.random() < pipe.link.duplicate:
            self._duplicate(packet, at + pipe.link.duplicate_gap_ns, stretch)
        return at

    def _duplicate(self, packet: Packet, at: int, stretch: int) -> None:
        """Let a copy leave the link a moment later; it meets the stretch's boxes if they come after the link."""
        copy = packet.clone()
        self.register(copy, stretch - 1, packet.tid)
        pipe = self.pipes[stretch][0 if packet.forward else 1]
        pipe.last_exit = max(pipe.last_exit, at)
        if copy.forward:
            self.at(at, self._resume_forward, copy, stretch)
        else:
            self.at(at, self._resume_reverse, copy, stretch)

    def _resume_forward(self, copy: Packet, stretch: int) -> None:
        self.travel(copy, self.now, stretch, 0)

    def _resume_reverse(self, copy: Packet, stretch: int) -> None:
        place = stretch - 1
        if place < 0:
            self._deliver(copy)
            return
        self._record(copy, self.now, place)
        self.travel(copy, self.now, place, None)

    def _lose(self, packet: Packet, stretch: int, why: str) -> None:
        for tid in (packet.tid, *(wrap.veil for wrap in packet.wraps if wrap.veil >= 0)):
            self.losses[tid] = (stretch - 1, why)

    def _is_on_way(self, packet: Packet, time: int, place: int) -> bool:
        tap, lanes = self.world.taps[place], self.world.lanes
        if tap.direction != "both" and (tap.direction == "forward") != packet.forward:
            return False
        if tap.lane is None:
            return True
        lane = {
            "flow": packet.flow * 7919 % 101 % lanes.count,
            "packet": packet.tid * 7919 % 101 % lanes.count,
            "direction": 0 if packet.forward else 1,
            "failover": int(time - self.epoch >= lanes.failover_ns),
        }[lanes.spread]
        return lane == tap.lane

    def _record(self, packet: Packet, time: int, place: int) -> None:
        if not self._is_on_way(packet, time, place):
            self.bypassed.append((packet.tid, place))
            return
        tap = self.world.taps[place]
        if tap.offload is not None:
            self.logs[place].append(Passing(time, (packet.tid,), b"", 0, packet.clone()))
            return
        data = encode(packet, _ethernet(place, packet.forward), pads=tap.pads)
        kept = data[: tap.snaplen] if tap.snaplen else data
        tid = packet.tid
        if packet.wraps and packet.wraps[-1].veil >= 0:
            # What is seen is another packet: the one inside passes unseen.
            self.bypassed.append((tid, place))
            tid = packet.wraps[-1].veil
        self.logs[place].append(Passing(time, (tid,), kept, len(data), None))

    def _passings(self, place: int) -> list[Passing]:
        """Return what passed a tap as its host's card and kernel show it."""
        tap = self.world.taps[place]
        passed = sorted(self.logs[place], key=lambda entry: entry.time)
        if tap.offload is None:
            return passed
        shown = []
        for one in coalesce(passed, tap.offload):
            assert one.packet is not None, "taps with offload keep the packet"
            data = encode(one.packet, _ethernet(place, one.packet.forward), pads=tap.pads, unfinished=one.unfinished)
            kept = data[: tap.snaplen] if tap.snaplen else data
            shown.append(one._replace(data=kept, wire_len=len(data)))
        return shown

    # --- the whole -------------------------------------------------------------------------------------------

    def populate(self) -> None:
        """Create every flow and schedule its start."""
        for load in self.world.loads:
            for _ in range(load.flows):
                application: Any = _APPLICATIONS[type(load)]
                flow = application(self, len(self.flows), load, self._addresses(load))
                self.flows.append(flow)
                self.at(self.epoch + self.rng.randrange(self.world.duration_ns), flow.start)

    def _addresses(self, load: Load) -> tuple[bytes, bytes, int, int]:
        client, server = self.rng.randrange(self.world.clients), self.rng.randrange(self.world.servers)
        if load.version == 6:
            source = bytes.fromhex("20010db8000a") + bytes(8) + (0x1000 + client).to_bytes(2, "big")
            target = bytes.fromhex("20010db80123") + bytes(8) + (0x50 + server).to_bytes(2, "big")
        else:
            source, target = bytes((10, 1, 0, 10 + client)), bytes((198, 51, 100, 20 + server))
        while True:
            port = self.rng.randint(32768, 60999)
            if (source, port) not in self.ports:
                self.ports.add((source, port))
                return source, target, port, getattr(load, "port", port)

    def run(self) -> None:
        """Work through all events."""
        end = self.epoch + self.world.duration_ns + self.world.patience_ns
        while self.heap and self.heap[0][0] <= end:
            self.now, _, call, arguments = heapq.heappop(self.heap)
            call(*arguments)

    def result(self) -> Run:
        """Apply the captures' faults and tabulate the truth."""
        captures: dict[str, list[Frame]] = {}
        records: list[_Record] = []
        stamps, totals = [], []
        for place, tap in enumerate(self.world.taps):
            frames: list[Frame] = []
            for one in self._passings(place):
                spans = tuple(span for tid in one.tids for span in self.spans.get(tid, ((tid, 0, self.sizes[tid]),)))
                verdict = self._verdict(place, one.time)
                if verdict != Seen.CAPTURED:
                    records.append(_Record(place, one.time, spans, verdict, 0, is_copy=False))
                    continue
                clock = tap.clock if self.sent[one.tids[0]][1] or tap.reverse_clock is None else tap.reverse_clock
                frames.append((clock.stamp(one.time, self.epoch), one.data, one.wire_len))
                records.append(_Record(place, one.time, spans, verdict, len(frames), is_copy=False))
                if tap.span_copies and self.rng.random() < tap.span_copies:
                    frames.append((clock.stamp(one.time + 2000, self.epoch), one.data, one.wire_len))
                    records.append(_Record(place, one.time, spans, verdict, len(frames), is_copy=True))
            captures[tap.name] = frames
            totals.append(len(frames))
            stamps.append(np.array([stamp for stamp, _, _ in frames], np.int64))
        return Run(world=self.world, captures=captures, truth=self._tabulate(records, totals, stamps))

    def _tabulate(self, records: Sequence[_Record], totals: Sequence[int], stamps: Sequence[np.ndarray]) -> Truth:
        """Return the truth: one row per atom, one column per place."""
        own = [tid for tid in range(len(self.sent)) if tid not in self.spans]
        copied = {tid: self.sent[tid][4] for tid in own if self.sent[tid][4] >= 0}
        atoms = find_atoms({tid: self.sizes[tid] for tid in own}, (r.spans for r in records if r.frame), copied)
        holds = [(record, atoms.within(record.spans)) for record in records]
        of_atom, rows = fuse(len(atoms.of), [(r.place, r.frame, within) for r, within in holds if r.frame])
        count, places = len(rows), len(self.world.taps)
        time_ns = np.full((count, places), -1, np.int64)
        seen = np.full((count, places), Seen.NOT_REACHED, np.int8)
        frame = np.zeros((count, places), np.int64)
        copies: list[tuple[int, int, int]] = []
        holders = [np.zeros(total, np.int64) for total in totals]
        for record, within in holds:
            held = list(dict.fromkeys(of_atom[atom] for atom in within))
            if record.frame:
                holders[record.place][record.frame - 1] = held[0]
            if record.is_copy:
                copies.extend((row, record.place, record.frame) for row in held)
                continue
            # Bytes that nothing shows apart count as captured if any of them are.
            fresh = [row for row in held if record.frame or frame[row, record.place] == 0]
            time_ns[fresh, record.place] = record.time
            seen[fresh, record.place] = record.verdict
            frame[fresh, record.place] = record.frame
        of = np.array([atoms.of[atom] for atom in rows], np.int64)
        sent = [self.sent[tid] for tid in of.tolist()]
        columns = list(zip(*sent, strict=True)) or [(), (), (), (), ()]
        forward, origin = np.array(columns[1], np.bool_), np.array(columns[3], np.int16)
        behind = np.where(forward, origin, places - 2 - origin)[:, None]
        ordinal = np.where(forward[:, None], np.arange(places), places - 1 - np.arange(places))
        seen[(ordinal <= behind) & (time_ns < 0)] = Seen.NOT_ON_WAY
        for tid, place in self.bypassed:
            missed = {of_atom[atom] for atom in atoms.within(self.spans.get(tid, ((tid, 0, self.sizes[tid]),)))}
            seen[list(missed), place] = Seen.NOT_ON_WAY
        copy_of = np.full(count, -1, np.int64)
        for row, (atom, tid) in enumerate(zip(rows, of.tolist(), strict=True)):
            if tid in copied:
                copy_of[row] = of_atom[atoms.first[copied[tid]] + atom - atoms.first[tid]]
        lost_hop, lost_by = self._lost(atoms, of_atom, count)
        edits = dict.fromkeys(
            attrs.evolve(edit, transmission=of_atom[atom])
            for edit in self.edits
            for atom in atoms.within(self.spans.get(edit.transmission, ((edit.transmission, 0, 1),)))
        )
        return Truth(
            world=self.world,
            flow=np.array(columns[0], np.int32),
            forward=forward,
            kind=np.array(columns[2], np.str_),
            origin=origin,
            copy_of=copy_of,
            twin=self._twins()[of] if count else np.zeros(0, np.int64),
            lost_hop=lost_hop,
            lost_by=lost_by,
            time_ns=time_ns,
            seen=seen,
            frame=frame,
            copies=np.array(copies, np.int64).reshape(-1, 3),
            transmission_of=tuple(holders),
            stamp_ns=tuple(stamps),
            acted=frozenset(self.acted),
            edits=tuple(edits),
            mappings=tuple(self.mappings),
        )

    def _lost(self, atoms: Atoms, of_atom: Sequence[int], count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the hop and cause of each row's loss; a row is lost if all its bytes are, in one place."""
        lost_hop = np.full(count, NOT_LOST, np.int16)
        lost_by = np.full(count, "", "U16")
        members = Counter(of_atom)
        by_end: dict[tuple[int, str], list[Span]] = {}
        for tid, end in self.losses.items():
            by_end.setdefault(end, []).extend(self.spans.get(tid, ((tid, 0, self.sizes[tid]),)))
        for (hop, why), spans in by_end.items():
            for row, number in Counter(of_atom[atom] for atom in atoms.covered(spans)).items():
                if number == members[row]:
                    lost_hop[row], lost_by[row] = hop, why
        return lost_hop, lost_by

    def _twins(self) -> np.ndarray:
        """Return ``Truth.twin``: what a box on the way blurs tells nobody apart."""
        copy_of = np.array([sent[4] for sent in self.sent] or [0], np.int64)
        blurred: dict[int, set[int]] = {}
        for edit in self.edits:
            if edit.field in _BLURS and not (_BLURS[edit.field] == "options" and edit.after is not None):
                blurred.setdefault(edit.transmission, set()).add(_FACE.index(_BLURS[edit.field]))
        groups: dict[tuple[Any, ...], list[int]] = {}
        for tid, face in enumerate(self.faces):
            if copy_of[tid] < 0 and tid not in self.spans:
                without = blurred.get(tid, ())
                seen = tuple(None if part in without else value for part, value in enumerate(face))
                groups.setdefault(seen, []).append(tid)
        twin = np.full(len(self.faces), -1, np.int64)
        for number, members in enumerate(groups.values()):
            if len(members) > 1:
                twin[members] = number
        copied = np.flatnonzero(copy_of >= 0)
        twin[copied] = twin[copy_of[copied]]
        return twin

    def _verdict(self, place: int, time: int) -> Seen:
        tap, elapsed = self.world.taps[place], time - self.epoch
        if (tap.start_ns is not None and elapsed < tap.start_ns) or (tap.end_ns is not None and elapsed >= tap.end_ns):
            return Seen.WINDOW
        if tap.miss and self.rng.random() < tap.miss:
            return Seen.MISSED
        return Seen.CAPTURED


def _ethernet(place: int, forward: bool) -> bytes:
    """Return destination and source of the frame at a tap; every tap lies on a link of its own."""
    low, high = bytes((2, 0, 0, 0, place, 1)), bytes((2, 0, 0, 0, place, 2))
    return high + low if forward else low + high
