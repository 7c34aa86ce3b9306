"""What really happened: which frames at which vantages hold the same packets, and where packets were lost.

**In:** frames of *all* interfaces of the line, wires' logs, connection tracking. **Out:** ``Truth`` for the interfaces that
are vantages.
**Method:** links between neighbouring interfaces make components (union-find): the copies and pieces of one sending.
Where the frames of a component are cut differently, every edge of a piece cuts it into atoms; else it is one atom. An atom that
a vantage holds and the next vantage along its way does not was lost between, unless a box on the way ended it.
**Not here:** links of one step (``links.py``), scores (``score.py``).
"""

from __future__ import annotations

import socket
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from tests.lab.frames import TCP, Frame, turned
from tests.lab.links import box_links, wire_links
from tests.lab.topology import Line
from tests.lab.tracking import Tracked

End = tuple[str, str]
AT_ONCE_NS = 5_000_000
"""A box refuses a connection within so much time; an end is farther away."""
Atom = tuple[int, int]
"""Component, piece."""


@attrs.frozen(kw_only=True)
class Evidence:
    """What a run left behind."""

    line: Line
    frames: Mapping[End, Sequence[Frame]]
    logs: Mapping[int, Sequence[Sequence[Any]]]
    """Per link that is a wire."""
    tracked: Mapping[str, Tracked]
    """Per node that tracks connections."""
    kinds: Mapping[str, str]
    """Node -> ``gateway``, ``synproxy``, ``proxy`` or ``hairpin``; others are routers."""


@attrs.frozen(kw_only=True)
class Truth:
    """Places are the vantages in path order."""

    atoms: tuple[Mapping[int, frozenset[Atom]], ...]
    """Per place: frame number -> what it holds. Frames that are not IP are absent."""
    forward: Mapping[Atom, bool]
    lost: frozenset[tuple[Atom, int]]
    """(atom, hop) seen just before the hop, not after it, ended by nobody."""
    bytes_of: Mapping[Atom, str]
    """Digest where it was first seen: atoms of equal bytes are twins."""
    unexplained: int
    """Packets that a box which drops nothing did not pass on: a fault of the truth, not of the tool."""


def find_truth(evidence: Evidence, places: Sequence[End], droppers: frozenset[str]) -> Truth:
    """Chain all interfaces; ``droppers`` are nodes whose rules or queues may drop."""
    ends = evidence.line.interfaces()
    components = _Components({end: len(evidence.frames[end]) for end in ends})
    ended: set[tuple[End, int]] = set()
    unexplained = 0
    for at in range(len(ends) - 1):
        for entry, leave in ((ends[at], ends[at + 1]), (ends[at + 1], ends[at])):
            step = _step(evidence, entry, leave)
            for one, other in step.pairs:
                components.join((entry, one), (leave, other))
            ended |= {(entry, one) for one in step.ended}
            unexplained += len(step.lost) if entry[0] == leave[0] and entry[0] not in droppers else 0
    for node, kind in evidence.kinds.items():
        if kind == "hairpin":
            _turn_back(evidence, (node, "left"), components)
            _turn_back(evidence, (node, "right"), components)
    atoms, forward, names = _atoms(evidence, ends, components)
    finished = {atom for end, one in ended for atom in atoms[end][one]}
    numbered = tuple(_numbered(evidence.frames[end], atoms[end]) for end in places)
    lost = _lost(numbered, forward, finished)
    return Truth(atoms=numbered, forward=forward, lost=lost, bytes_of=names, unexplained=unexplained)


@attrs.frozen(kw_only=True)
class _Step:
    """Places in the list of frames of the interface where packets entered."""

    pairs: list[tuple[int, int]]
    lost: list[int]
    ended: list[int]


def _step(evidence: Evidence, entry: End, leave: End) -> _Step:
    """Follow packets over one link, or through one box, in one direction."""
    is_box = entry[0] == leave[0]
    ins = [at for at, frame in enumerate(evidence.frames[entry]) if frame.is_outgoing != is_box]
    outs = [at for at, frame in enumerate(evidence.frames[leave]) if frame.is_outgoing == is_box]
    entered = [evidence.frames[entry][at] for at in ins]
    left = [evidence.frames[leave][at] for at in outs]
    number = evidence.line.nodes.index(entry[0] if entry[1] == "right" else leave[0])
    ended: set[int] = set()
    if is_box:
        kind = evidence.kinds.get(entry[0], "router")
        tracked = evidence.tracked.get(entry[0], Tracked())
        ended, made = _own(evidence.line, entry, kind, entered, left, tracked)
        answers = [frame for frame in evidence.frames[entry] if frame.is_outgoing]
        kept_in = [at for at in range(len(entered)) if at not in ended]
        kept_out = [at for at in range(len(left)) if at not in made]
        found = box_links([entered[a] for a in kept_in], [left[b] for b in kept_out], tracked, edits=kind == "gateway")
        pairs = [(kept_in[a], kept_out[b]) for a, b in found]
        ended |= _refused(entered, answers) - {one for one, _ in pairs}
    elif number in evidence.logs:
        way = 0 if entry[1] == "right" else 1
        pairs = wire_links(entered, left, [line for line in evidence.logs[number] if line[0] == way])
    else:
        pairs = box_links(entered, left, Tracked())
    passed = {one for one, _ in pairs}
    lost = [ins[at] for at in range(len(ins)) if at not in passed and at not in ended]
    return _Step(pairs=[(ins[a], outs[b]) for a, b in pairs], lost=lost, ended=[ins[at] for at in ended])


def _turn_back(evidence: Evidence, end: End, components: _Components) -> None:
    """Join packets that leave by the interface by which they came."""
    frames = evidence.frames[end]
    ins = [at for at, frame in enumerate(frames) if not frame.is_outgoing]
    outs = [at for at, frame in enumerate(frames) if frame.is_outgoing]
    tracked = evidence.tracked.get(end[0], Tracked())
    for one, other in box_links([frames[a] for a in ins], [frames[b] for b in outs], tracked):
        components.join((end, ins[one]), (end, outs[other]))


def _own(
    line: Line, entry: End, kind: str, entered: Sequence[Frame], left: Sequence[Frame], tracked: Tracked
) -> tuple[set[int], set[int]]:
    """Return which packets a box took for itself, and which it made."""
    addresses = {socket.inet_pton(socket.AF_INET, line.address(entry[0], side)) for side in ("left", "right")}
    addresses |= {socket.inet_pton(socket.AF_INET6, line.address(entry[0], side, 6)) for side in ("left", "right")}

    def is_local(address: bytes) -> bool:
        return address in addresses or address[:1] == b"\xff" or address[:2] == b"\xfe\x80"

    ended = {at for at, f in enumerate(entered) if is_local(f.ends[3]) and not tracked.knows(f.ends)}
    made = {at for at, f in enumerate(left) if is_local(f.ends[1]) and not tracked.knows(f.ends)}
    if kind == "proxy":
        ended |= {at for at, f in enumerate(entered) if is_local(f.ends[3]) and f.ends[0] == TCP}
        made |= {at for at, f in enumerate(left) if is_local(f.ends[1]) and f.ends[0] == TCP}
    if kind == "synproxy":
        # The client's handshake ends here; of the server's, only its SYN-ACK.
        ended |= _handshake(entered) if entry[1] == "left" else {at for at, f in enumerate(entered) if f.is_syn}
        made |= _handshake(left)
    return ended, made


def _refused(entered: Sequence[Frame], answers: Sequence[Frame]) -> set[int]:
    """Return which packets a box answered by an ICMP error or a reset, where it did not pass them on."""
    quoted = {frame.refuses for frame in answers if frame.refuses}
    resets = defaultdict(list)
    for frame in answers:
        if frame.is_reset:
            resets[turned(frame.ends)].append(frame.time_ns)
    return {
        at
        for at, frame in enumerate(entered)
        if (frame.ends, frame.identity[0]) in quoted
        or any(0 <= time_ns - frame.time_ns <= AT_ONCE_NS for time_ns in resets[frame.ends])
    }


def _handshake(frames: Sequence[Frame]) -> set[int]:
    """Return SYNs, and the first packet after them of each connection's direction: a SYN proxy makes both of its own."""
    found: set[int] = set()
    met: set[Any] = set()
    for at, frame in enumerate(frames):
        if frame.ends[0] == TCP and (frame.is_syn or (frame.ends not in met and not frame.size)):
            found.add(at)
            if not frame.is_syn:
                met.add(frame.ends)
    return found


class _Components:
    """Union-find over frames of all interfaces."""

    def __init__(self, sizes: Mapping[End, int]) -> None:
        self.parent = {(end, at): (end, at) for end, size in sizes.items() for at in range(size)}

    def find(self, one: tuple[End, int]) -> tuple[End, int]:
        while self.parent[one] != one:
            self.parent[one] = self.parent[self.parent[one]]
            one = self.parent[one]
        return one

    def join(self, one: tuple[End, int], other: tuple[End, int]) -> None:
        self.parent[self.find(one)] = self.find(other)


def _atoms(
    evidence: Evidence, ends: Sequence[End], components: _Components
) -> tuple[dict[End, list[frozenset[Atom]]], dict[Atom, bool], dict[Atom, str]]:
    members: dict[tuple[End, int], list[tuple[End, int]]] = defaultdict(list)
    for one in components.parent:
        members[components.find(one)].append(one)
    atoms: dict[End, list[frozenset[Atom]]] = {end: [frozenset()] * len(evidence.frames[end]) for end in ends}
    forward: dict[Atom, bool] = {}
    names: dict[Atom, str] = {}
    for number, held in enumerate(members.values()):
        frames = [evidence.frames[end][at] for end, at in held]
        edges = _edges(frames)
        for (end, at), frame in zip(held, frames, strict=True):
            pieces = [piece for piece, edge in enumerate(edges) if frame.begin <= edge < frame.begin + frame.size]
            atoms[end][at] = frozenset((number, piece) for piece in pieces or [0])
            for atom in atoms[end][at]:
                forward[atom] = (end[1] == "right") == frame.is_outgoing
                names.setdefault(atom, frame.digest)
    return atoms, forward, names


def _edges(frames: Sequence[Frame]) -> list[int]:
    """Return where pieces begin; none if no frame is a part of another."""
    spans = {(frame.begin, frame.begin + frame.size) for frame in frames if frame.whole}
    is_cut = any(a[0] <= b[0] and b[1] <= a[1] and a != b for a in spans for b in spans)
    if not is_cut:
        return []
    return sorted({edge for span in spans for edge in span})[:-1]


def _numbered(frames: Sequence[Frame], atoms: Sequence[frozenset[Atom]]) -> dict[int, frozenset[Atom]]:
    return {frame.number: held for frame, held in zip(frames, atoms, strict=True)}


def _lost(
    places: Sequence[Mapping[int, frozenset[Atom]]], forward: Mapping[Atom, bool], finished: set[Atom]
) -> frozenset[tuple[Atom, int]]:
    present = [frozenset(atom for held in place.values() for atom in held) for place in places]
    lost = set()
    for hop in range(len(places) - 1):
        for atom in (present[hop] ^ present[hop + 1]) - finished:
            is_upstream_left = atom in present[hop]
            if forward[atom] == is_upstream_left:
                lost.add((atom, hop))
    return frozenset(lost)
