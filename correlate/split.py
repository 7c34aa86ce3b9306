"""One file that holds several vantages becomes several vantages.

In: a loaded capture. Out: one ``Loaded`` per interface that saw routed copies of the same packets, or of the interface
that the user picked; the capture as it is where there are none.
Method: two frames of one file carry the same packet if their fingerprints agree; the copies are routed if the hop limit
or the addresses differ between the interfaces (a bridge, a bond or a mirror changes neither, and stays one vantage).
Stages inside a firewall are told apart by the frames themselves, probe points of the kernel by their names. Points
within one capture share its clock and its time; interfaces that the file describes may have run at different times.
Not here: copies within one vantage (``match``), which frame is at which interface (``read/points.py``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs
import numpy as np

from correlate.errors import UsageError
from correlate.fingerprint import fingerprint
from correlate.load import Loaded
from correlate.model.arrays import I64, Bool, frozen, take
from correlate.model.frames import Interface, Problem
from correlate.model.packets import FrameFate, PacketTable
from correlate.model.vantage import Vantage

MOST_PLACES = 256
"""Interfaces with frames that are told apart; a file with more is no set of vantages."""
LEAST_BITS = 40
"""Fingerprints of fewer bits may agree by chance in a large capture."""
LEAST_COPIES = 2
LEAST_SHARE = 0.001
"""Routed copies, in all and of an interface's packets, from which it is a vantage; a few may be chance."""
SOON_NS = 1_000_000_000
"""Copies of one packet within a box lie closer than this; a retransmission has another IP ID, or bare numbers."""
MOST_HOPS = 8
"""Hop limit lost within one box at most: virtual routers in a row."""
MOST_NAMED = 8
SIDES = {"i": "iO", "O": "iO", "I": "Io", "o": "Io"}
"""Stage of ``fw monitor`` -> both stages at its place: what comes in passes the card's side (``i``) and the inner side
(``I``) of an interface, what goes out the inner (``o``) and the card's (``O``)."""
PROBES = ("@fentry", "@fexit")
"""How xdpdump ends the names of the points where it looks at packets: before and after an XDP program of the kernel."""


def split_vantage(loaded: Loaded) -> list[Loaded]:
    """Return the vantages that a capture holds: itself, or one for each interface that saw routed copies.

    Names become ``NAME:INTERFACE``. Interfaces that saw none are left out, and a problem of the first vantage says so.
    """
    labels = _places(loaded)
    if len(set(labels)) < 2 or loaded.vantage.kind == "drop-log":
        return [loaded]
    places = list(dict.fromkeys(labels))
    numbers = {label: number for number, label in enumerate(places)}
    place_of = np.array([numbers[label] for label in labels])
    if len({labels[index] for index, seen in enumerate(loaded.seen) if seen.frames}) > MOST_PLACES:
        path = loaded.vantage.files[0].path
        detail = f"frames of more than {MOST_PLACES} interfaces: not told apart; {path}#INTERFACE picks one"
        return [_with_problem(loaded, Problem(kind="interfaces-not-split", detail=detail))]
    chosen = _with_routed_copies(loaded, place_of, len(places))
    if len(chosen) < 2:
        return [loaded]
    problems = _left_out(loaded, labels, [places[place] for place in chosen])
    told = [problems, *[()] * (len(chosen) - 1)]
    return [
        _part(loaded, np.flatnonzero(place_of == place), places[place], said)
        for place, said in zip(chosen, told, strict=True)
    ]


def _with_problem(loaded: Loaded, problem: Problem) -> Loaded:
    vantage = attrs.evolve(loaded.vantage, problems=(*loaded.vantage.problems, problem))
    return attrs.evolve(loaded, vantage=vantage)


def pick_interface(loaded: Loaded, wanted: str) -> Loaded:
    """Return what one interface saw.

    Parameters
    ----------
    loaded
        The whole capture.
    wanted
        The interface's name as the file or its frames tell it, or its number in the file, from 0.

    Raises
    ------
    UsageError
        If there is none.
    """
    labels = _labels(loaded)
    indices = [index for index, label in enumerate(labels) if label == _usable(wanted)]
    if not indices and wanted.isdecimal():
        numbers = _numbers(loaded.vantage, loaded)
        indices = [index for index, number in enumerate(numbers) if number == int(wanted)]
    if not indices:
        known = list(dict.fromkeys(label for label, seen in zip(labels, loaded.seen, strict=True) if seen.frames))
        more = " ..." if len(known) > MOST_NAMED else ""
        raise UsageError(
            where=f"{loaded.vantage.files[0].path}#{wanted}",
            what="the file has no interface of this name or number",
            advice=f"It has {', '.join(known[:MOST_NAMED])}{more}.",
        )
    return _part(loaded, np.array(indices, np.int64), None, ())


def _labels(loaded: Loaded) -> list[str]:
    """Return what each interface is called: its name, or its number within its file."""
    numbers = _numbers(loaded.vantage, loaded)
    pairs = zip(loaded.vantage.interfaces, numbers, strict=True)
    return [_usable(interface.name) or str(number) for interface, number in pairs]


def _places(loaded: Loaded) -> list[str]:
    """Return where each interface is: as it is called, but the two directions of a firewall's stage are one place."""
    pairs = zip(_labels(loaded), loaded.vantage.interfaces, strict=True)
    return [f"{label[:-1]}{SIDES.get(label[-1], label[-1])}" if one.is_stage else label for label, one in pairs]


def _usable(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._:-]+", "_", name).strip("_")


def _numbers(vantage: Vantage, loaded: Loaded) -> list[int]:
    """Return the number of each interface within its file."""
    counts = [0] * len(vantage.files)
    numbers = []
    for seen in loaded.seen:
        numbers.append(counts[seen.file])
        counts[seen.file] += 1
    return numbers


def _with_routed_copies(loaded: Loaded, place_of: I64, count: int) -> list[int]:
    """Return the places that saw routed copies of packets that another place saw. Cost O(n log n)."""
    packets = loaded.packets
    if len(packets) == 0:
        return []
    place = place_of[packets.columns.interface]
    exact, bits = _prints(packets, place_of, place)
    order = np.argsort(exact, kind="stable")
    same = np.flatnonzero(exact[order][1:] == exact[order][:-1])
    one, two = order[same], order[same + 1]
    is_staged = np.array([_is_stage(one) for one in loaded.vantage.interfaces])[packets.columns.interface]
    is_copy = (place[one] != place[two]) & (bits[one] >= LEAST_BITS)
    # Interfaces that the file describes may be merged captures with clocks of their own.
    is_point = np.array([interface.parent >= 0 for interface in loaded.vantage.interfaces])[packets.columns.interface]
    is_soon = np.abs(packets.columns.ts_ns[two] - packets.columns.ts_ns[one]) <= SOON_NS
    is_copy &= is_soon | ~(is_point[one] & is_point[two])
    is_copy &= _is_routed(packets, one, two) | (is_staged[one] & is_staged[two])
    copies = np.bincount(place[one[is_copy]], minlength=count) + np.bincount(place[two[is_copy]], minlength=count)
    least = np.maximum(LEAST_COPIES, LEAST_SHARE * np.bincount(place, minlength=count))
    return [int(index) for index in np.flatnonzero(copies >= least)]


def _prints(packets: PacketTable, place_of: I64, place: I64) -> tuple[I64, I64]:
    """Return the strictest key of each packet and its bits.

    Each place is read alone: over all of them IP IDs repeat and would seem to tell nothing.
    """
    exact, bits = np.zeros(len(packets), np.int64), np.zeros(len(packets), np.int64)
    for index in np.unique(place).tolist():
        prints = fingerprint(_rows_at(packets, np.flatnonzero(place_of == index)))
        exact[place == index], bits[place == index] = prints.exact, prints.bits
    return exact, bits


def _is_stage(interface: Interface) -> bool:
    """Tell a point within a host, which packets pass unchanged: a firewall's stage, or the ends of an XDP program."""
    return interface.is_stage or interface.name.endswith(PROBES)


def _is_routed(packets: PacketTable, one: I64, two: I64) -> Bool:
    """Tell which pairs of sightings differ as routing or translation makes them differ."""
    columns = packets.columns
    fall = np.abs(columns.ttl[one].astype(np.int64) - columns.ttl[two])
    is_translated = columns.tuple_id[one] != columns.tuple_id[two]
    return np.asarray(((fall > 0) | is_translated) & (fall <= MOST_HOPS))


def _left_out(loaded: Loaded, labels: Sequence[str], chosen: Sequence[str]) -> tuple[Problem, ...]:
    """Say which interfaces are no vantage."""
    rest: dict[str, int] = {}
    for label, seen in zip(labels, loaded.seen, strict=True):
        if label not in chosen and seen.frames:
            rest[label] = rest.get(label, 0) + seen.frames
    if not rest:
        return ()
    named = ", ".join(f"{label} ({frames} frames)" for label, frames in list(rest.items())[:MOST_NAMED])
    more = " and others" if len(rest) > MOST_NAMED else ""
    path = loaded.vantage.files[0].path
    detail = f"interfaces without routed copies are left out: {named}{more}; {path}#INTERFACE picks one"
    return (Problem(kind="interfaces-left-out", detail=detail),)


def _part(loaded: Loaded, indices: I64, label: str | None, problems: tuple[Problem, ...]) -> Loaded:
    """Return what some interfaces saw; without a label the vantage keeps its name."""
    whole, seen = loaded.vantage, tuple(loaded.seen[index] for index in indices.tolist())
    interfaces = tuple(_counted(whole.interfaces, index) for index in indices.tolist())
    is_point = all(interface.parent >= 0 for interface in interfaces)
    numbers = _numbers(whole, loaded)
    picked = [
        frozenset(numbers[index] for index in indices.tolist() if loaded.seen[index].file == file)
        for file in range(len(whole.files))
    ]
    firsts = [one.first_ns for one in seen if one.first_ns is not None]
    lasts = [one.last_ns for one in seen if one.last_ns is not None]
    vantage = attrs.evolve(
        whole,
        name=whole.name if label is None else f"{whole.name}:{label}",
        files=tuple(
            attrs.evolve(file, frames=sum(one.frames for one in seen if one.file == number))
            for number, file in enumerate(whole.files)
        ),
        interfaces=interfaces,
        frames=sum(one.frames for one in seen),
        first_captured_ns=whole.first_captured_ns if is_point else min(firsts, default=None),
        last_captured_ns=whole.last_captured_ns if is_point else max(lasts, default=None),
        problems=(*whole.problems, *problems),
        picked=tuple(picked),
    )
    counts = {fate: sum(one.counts[fate] for one in seen) for fate in FrameFate}
    return Loaded(vantage=vantage, packets=_rows_at(loaded.packets, indices), frame_counts=counts, seen=seen)


def _counted(interfaces: Sequence[Interface], index: int) -> Interface:
    """Return an interface; a point without a counter takes that of its capture: it may have dropped as many."""
    interface = interfaces[index]
    if interface.parent < 0 or interface.dropped is not None:
        return interface
    return attrs.evolve(interface, dropped=interfaces[interface.parent].dropped)


def _rows_at(packets: PacketTable, indices: I64) -> PacketTable:
    """Return the packets of some interfaces, with the tuples that they use."""
    columns = packets.columns
    is_kept = np.isin(columns.interface, indices)
    rows = np.flatnonzero(is_kept)
    new_row = np.cumsum(is_kept) - 1
    columns = take(columns, rows)
    quotes = take(packets.quotes, np.flatnonzero(is_kept[packets.quotes.row]))
    quic = take(packets.quic, np.flatnonzero(is_kept[packets.quic.row]))
    tunnels = packets.tunnels
    has_ends = tunnels.tuple_id >= 0
    used = np.union1d(np.union1d(columns.tuple_id, quotes.tuple_id), tunnels.tuple_id[has_ends])
    new_tuple = np.zeros(len(packets.tuples.proto), np.int32)
    new_tuple[used] = np.arange(len(used), dtype=np.int32)
    new_interface = np.zeros(int(indices.max()) + 1, np.int32)
    new_interface[indices] = np.arange(len(indices), dtype=np.int32)
    return PacketTable(
        columns=columns._replace(
            tuple_id=frozen(new_tuple[columns.tuple_id]), interface=frozen(new_interface[columns.interface])
        ),
        tuples=take(packets.tuples, used),
        quotes=quotes._replace(row=frozen(new_row[quotes.row], np.int64), tuple_id=frozen(new_tuple[quotes.tuple_id])),
        tunnels=tunnels._replace(
            tuple_id=frozen(np.where(has_ends, new_tuple[np.maximum(tunnels.tuple_id, 0)], -1), np.int32)
        ),
        quic=quic._replace(row=frozen(new_row[quic.row], np.int64)),
    )
