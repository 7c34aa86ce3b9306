"""Captures that hold less, or other frames, than what passed: faults that accuse nobody.

**In:** a simulated run, a place, a random generator. **Out:** captures (vantage -> frames) and the files they go to.
**Method:** frames are chosen by what they truly hold (``Truth.transmission_of``); merged segments are rebuilt with the
checksum that a card or kernel leaves behind (the folded pseudo-header sum).
**Not here:** faults that ``netsim`` knows itself (misses, windows, snap length, mirrors, clocks).
"""

from __future__ import annotations

import struct
from random import Random

import numpy as np

from tests.netsim import Run
from tests.netsim.files import Frame

LONGEST_MERGE = 16
MERGE_GAP_NS = 2_000_000
XFRM_NS = 4_000
"""From a packet as ciphertext to the same in the clear, within one kernel."""


def fast_path(run: Run, place: int, rng: Random) -> list[Frame]:
    """After a few packets a flow leaves the slow path and the capture with it (flow offload, XDP)."""
    keep = rng.randint(3, 8)
    counts: dict[int, int] = {}
    kept = []
    for frame, tid in _held(run, place):
        flow = int(run.truth.flow[tid])
        counts[flow] = counts.get(flow, 0) + 1
        if counts[flow] <= keep:
            kept.append(frame)
    return kept


def without_hosts(run: Run, place: int, rng: Random) -> list[Frame]:
    """Whole client addresses are filtered out afterwards."""
    flows = np.unique(run.truth.flow)
    gone = {host for host in range(run.world.clients) if rng.random() < 0.4}
    hosts = {int(flow): _client(run, int(flow)) for flow in flows.tolist()}
    return [frame for frame, tid in _held(run, place) if hosts[int(run.truth.flow[tid])] not in gone]


def _client(run: Run, flow: int) -> int:
    """Return the client of a flow by the host byte of its address at the first tap."""
    for place, tap in enumerate(run.world.taps):
        of_flow = np.flatnonzero((run.truth.flow == flow) & run.truth.forward & (run.truth.frame[:, place] > 0))
        if len(of_flow):
            data = run.captures[tap.name][int(run.truth.frame[of_flow[0], place]) - 1][1]
            return data[29] - 10 if data[12:14] == b"\x08\x00" else data[37] & 15
    return -1


def without_port(run: Run, place: int, _rng: Random) -> list[Frame]:
    """``not port 53``, and no file says so."""
    return [frame for frame, _ in _held(run, place) if 53 not in _ports(frame[1])]


def only_tcp(run: Run, place: int, _rng: Random) -> list[Frame]:
    """A capture filter ``tcp``."""
    return [frame for frame, _ in _held(run, place) if frame[1][12:14] == b"\x08\x00" and frame[1][23] == 6]


def with_a_gap(run: Run, place: int, rng: Random) -> list[list[Frame]]:
    """A ring of files one of which is missing."""
    frames = [frame for frame, _ in _held(run, place)]
    size = max(1, len(frames) // 6)
    parts = [frames[at : at + size] for at in range(0, len(frames), size)]
    if len(parts) > 3:
        del parts[rng.randrange(1, len(parts) - 2)]
    return parts


def merged(run: Run, place: int, *, is_late: bool) -> list[Frame]:
    """Neighbouring segments of one flow and direction in one frame: GRO stamps the last, TSO the first."""
    out: list[Frame] = []
    pending: list[tuple[Frame, int]] = []

    def flush() -> None:
        if pending:
            out.append(_merge([frame for frame, _ in pending], is_late=is_late))
            pending.clear()

    for frame, tid in _held(run, place):
        if pending and not _continues(pending, frame, tid, run):
            flush()
        pending.append((frame, tid))
        if not _is_plain_data(frame[1]):
            flush()
    flush()
    return sorted(out, key=lambda one: one[0])


def ipsec_gateway(run: Run, place: int, rng: Random) -> list[Frame]:
    """A tap at the end of an IPsec tunnel: what comes in shows as ESP and then in the clear, what goes out as ESP only."""
    inbound = rng.random() < 0.5
    numbers = {True: 0, False: 0}
    out: list[Frame] = []
    for frame, tid in _held(run, place):
        forward = bool(run.truth.forward[tid])
        numbers[forward] += 1
        out.append(_as_esp(frame, forward=forward, number=numbers[forward], rng=rng))
        if forward == inbound:
            out.append((frame[0] + XFRM_NS, frame[1], frame[2]))
    return sorted(out, key=lambda one: one[0])


def _as_esp(frame: Frame, *, forward: bool, number: int, rng: Random) -> Frame:
    """Return the frame's packet as ciphertext between two gateways (RFC 4303)."""
    stamp, data, _ = frame
    ends = (bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2)))
    body = struct.pack("!II", 0x1000 + forward, number) + rng.randbytes((len(data) - 14 + 15) // 16 * 16 + 32)
    head = bytearray(struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), number & 0xFFFF, 0x4000, 64, 50, 0))
    head += ends[not forward] + ends[forward]
    head[10:12] = _checksum(bytes(head)).to_bytes(2)
    packet = data[:12] + b"\x08\x00" + bytes(head) + body
    return stamp, packet, len(packet)


def _held(run: Run, place: int) -> list[tuple[Frame, int]]:
    frames = run.captures[run.world.taps[place].name]
    return list(zip(frames, run.truth.transmission_of[place].tolist(), strict=True))


def _ports(data: bytes) -> tuple[int, ...]:
    if data[12:14] != b"\x08\x00" or data[23] not in (6, 17) or len(data) < 38:
        return ()
    return struct.unpack("!HH", data[34:38])


def _is_plain_data(data: bytes) -> bool:
    """IPv4 TCP with payload and no flag but ACK and PSH, wholly captured."""
    if data[12:14] != b"\x08\x00" or data[23] != 6 or len(data) < 54:
        return False
    length = int.from_bytes(data[16:18]) - 20 - (data[46] >> 4) * 4
    return length > 0 and data[47] & ~0x18 == 0 and len(data) >= 14 + int.from_bytes(data[16:18])


def _continues(pending: list[tuple[Frame, int]], frame: Frame, tid: int, run: Run) -> bool:
    (stamp, last, _), before = pending[-1]
    data = frame[1]
    if len(pending) >= LONGEST_MERGE or not _is_plain_data(data) or not _is_plain_data(last):
        return False
    is_same = run.truth.flow[before] == run.truth.flow[tid] and run.truth.forward[before] == run.truth.forward[tid]
    payload = int.from_bytes(last[16:18]) - 20 - (last[46] >> 4) * 4
    due = (int.from_bytes(last[38:42]) + payload) & 0xFFFFFFFF
    is_next = int.from_bytes(data[38:42]) == due and data[42:46] == last[42:46] and data[46] == last[46]
    total = sum(len(one[0][1]) for one in pending) + len(data)
    return bool(is_same and is_next and frame[0] - stamp <= MERGE_GAP_NS and total < 60_000 and not last[47] & 8)


def _merge(frames: list[Frame], *, is_late: bool) -> Frame:
    """Return one frame for several segments; a single one stays as it was."""
    if len(frames) == 1:
        return frames[0]
    head = bytearray(frames[0][1])
    start = 34 + (head[46] >> 4) * 4
    bodies = [data[start : 14 + int.from_bytes(data[16:18])] for _, data, _ in frames]
    payload = b"".join(bodies)
    length = start - 14 + len(payload)
    head[16:18] = length.to_bytes(2)
    head[24:26] = b"\0\0"
    head[24:26] = _checksum(bytes(head[14:34])).to_bytes(2)
    head[47] |= frames[-1][1][47]
    pseudo = bytes(head[26:34]) + b"\0\x06" + (length - 20).to_bytes(2)
    # CHECKSUM_PARTIAL: the sum of the pseudo-header alone, not inverted.
    head[50:52] = (0xFFFF - _checksum(pseudo)).to_bytes(2)
    data = bytes(head[:start]) + payload
    return frames[-1 if is_late else 0][0], data, len(data)


def _checksum(data: bytes) -> int:
    total = sum(int.from_bytes(data[i : i + 2]) for i in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total
