"""Two captures of one stream of traffic, as large as wanted, for timing the whole tool.

**In:** a number of packets and a seed. **Out:** ``a.pcap`` (client side) and ``b.pcap`` (beyond a port-translating NAT,
another clock, about 1 % lost in between), optionally the truth: which frame of *a* is which frame of *b*.
**Method:** blocks of connections, each a script of rounds (handshake, requests, trains of segments with their
acknowledgements, FIN), laid out as columns by numpy and assembled by one kernel. Lost segments are sent again with a
new IP ID and the receiver's acknowledgements wait for them. Payload sums come from prefix sums over a pool of random
bytes, so all checksums are right at no cost per byte. Ports are of no protocol that tshark would try to take random
bytes for: it must not be slowed by nonsense.
**Not here:** a network whose ends react (``tests/netsim``), timing (``compare.py``).

    python benchmarks/generate.py --packets 1000000 --out benchmarks/data/1m
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]

BLOCK_PACKETS = 200_000
FLOW_PACKETS = 500
"""On average."""
UDP_SHARE = 0.12
LOSS = 0.018
"""Of the packets that may be lost (segments of trains, their acknowledgements, datagrams)."""
MSS = 1448
DELAY_NS = 1_000_000
REACTION_NS = 300_000
"""What a host takes to answer at least, and what queues add at most."""
JITTER_NS = 40_000
ROUND_TRIP_NS = 2_600_000
"""From the client side to the server and back, waiting included."""
OFFSET_NS = 7_384_123_456_789
SKEW_PPM = 23.0
EPOCH_NS = 1_700_000_000_000_000_000
HEADER_MAX = 74
POOL_BYTES = 1 << 25
FIN, SYN, PSH, ACK = 1, 2, 8, 16

HANDSHAKE, CHAT, DOWNLOAD, UPLOAD, GOODBYE = range(5)


class Script(NamedTuple):
    """Packets of a block, flow by flow in the order of the conversation."""

    flow: I64
    round: I64
    forward: NDArray[np.bool_]
    flags: I64
    payload: I64
    """Bytes."""
    wait: I64
    """ns after the round's beginning, as seen on the client side."""
    lost: NDArray[np.bool_]
    origin: I64
    """Position before the insertion of resends; a resend has that of the packet it repeats, -1 = an inserted
    acknowledgement."""
    is_resend: NDArray[np.bool_]


class Flows(NamedTuple):
    """What is constant per flow of a block."""

    is_udp: NDArray[np.bool_]
    client: I64
    server: I64
    port: I64
    service: I64
    outer: I64
    outer_port: I64
    seq: I64
    """Shape (flows, 2): initial numbers of client and server."""
    ip_id: I64
    stamp: I64


def build_rounds(rng: np.random.Generator, packets: int, flows: int, first_flow: int) -> tuple[I64, I64, I64, Flows]:
    """Return kind, groups and flow of each round, and the flows of a block."""
    is_udp = rng.random(flows) < UDP_SHARE
    rounds = max(3 * flows, int(packets / 4.17))
    flow = np.sort(rng.integers(0, flows, rounds))
    kind = rng.choice([CHAT, DOWNLOAD, UPLOAD], rounds, p=[0.878, 0.072, 0.05])
    kind[is_udp[flow]] = CHAT
    groups = np.where(kind == CHAT, 0, np.minimum(1 + rng.geometric(0.17, rounds), 60))
    lone = np.flatnonzero(~is_udp)
    flow = np.concatenate([lone, flow, lone])
    kind = np.concatenate([np.full(len(lone), HANDSHAKE), kind, np.full(len(lone), GOODBYE)])
    groups = np.concatenate([np.zeros(len(lone), np.int64), groups, np.zeros(len(lone), np.int64)])
    order = np.argsort(flow, kind="stable")
    number = first_flow + np.arange(flows)
    described = Flows(
        is_udp=is_udp,
        client=(10 << 24) + (1 << 16) + number % 4000 + 10,
        server=(198 << 24) + (51 << 16) + (100 << 8) + 1 + rng.integers(0, 60, flows),
        port=32768 + rng.permutation(28000)[np.arange(flows) % 28000],
        service=np.where(is_udp, 27015 + rng.integers(0, 5, flows), 9443 + rng.integers(0, 5, flows)),
        outer=(203 << 24) + (113 << 8) + 1 + number // 60_000,
        # 40503 is coprime to 64511: every port is used once before any is used again.
        outer_port=1024 + number % 60_000 * 40503 % 64511,
        seq=rng.integers(0, 2**32, (flows, 2)),
        ip_id=rng.integers(0, 65536, (flows, 2)),
        stamp=rng.integers(0, 2**32, (flows, 2)),
    )
    return kind[order], groups[order], flow[order], described


def build_script(rng: np.random.Generator, kind: I64, groups: I64, flow: I64, is_udp: NDArray[np.bool_]) -> Script:
    """Expand rounds into packets, lose some, and insert what is sent again."""
    size = np.select([kind == CHAT, (kind == DOWNLOAD) | (kind == UPLOAD)], [2, 1 + 3 * groups], 3)
    rounds = np.repeat(np.arange(len(kind)), size)
    at = np.arange(len(rounds)) - np.repeat(np.cumsum(size) - size, size)
    k, owner = kind[rounds], flow[rounds]
    udp = is_udp[owner]
    in_train = ((k == DOWNLOAD) | (k == UPLOAD)) & (at > 0)
    is_ack = in_train & (at % 3 == 0)
    asks = (at == 0) | (at == 2) & ((k == HANDSHAKE) | (k == GOODBYE)) | is_ack
    forward = np.where(k == UPLOAD, ~asks, asks)
    small = rng.integers(40, 700, len(rounds))
    payload = np.where(in_train, np.where(is_ack, 0, MSS), small)
    payload[(k == HANDSHAKE) | (k == GOODBYE)] = 0
    flags = np.full(len(rounds), ACK)
    flags[payload > 0] |= PSH
    flags[(k == HANDSHAKE) & (at == 0)] = SYN
    flags[(k == HANDSHAKE) & (at == 1)] = SYN | ACK
    flags[(k == GOODBYE) & (at < 2)] |= FIN
    asked = (at > 0) & ~((k == UPLOAD) & in_train & ~is_ack)
    wait = at * 14_000 + asked * ROUND_TRIP_NS + ((at > 0) * 1 + (asked & forward)) * REACTION_NS
    lost = (rng.random(len(rounds)) < LOSS) & (in_train | udp)
    n = len(rounds)
    script = Script(owner, rounds, forward, flags, payload, wait, lost, np.arange(n), np.zeros(n, np.bool_))
    return _insert_resends(script, np.cumsum(size))


def _insert_resends(script: Script, ends: I64) -> Script:
    """Append to each round its lost segments again, and one acknowledgement of all."""
    again = np.flatnonzero(script.lost & (script.payload == MSS))
    rounds = script.round[again]
    acks = again[np.unique(rounds, return_index=True)[1]]
    sources = np.concatenate([again, acks])
    is_ack = np.arange(len(sources)) >= len(again)
    at = ends[script.round[sources]]
    order = np.lexsort((is_ack, sources, at))
    sources, is_ack, at = sources[order], is_ack[order], at[order]
    rank = np.arange(len(at)) - np.searchsorted(at, at)
    later = script.wait[at - 1] + 2 * ROUND_TRIP_NS + rank * 20_000 + is_ack * ROUND_TRIP_NS
    columns = {
        "flow": script.flow[sources],
        "round": script.round[sources],
        "forward": script.forward[sources] ^ is_ack,
        "flags": np.where(is_ack, ACK, ACK | PSH),
        "payload": np.where(is_ack, 0, MSS),
        "wait": later,
        "lost": np.zeros(len(at), np.bool_),
        "origin": np.where(is_ack, -1, sources),
        "is_resend": ~is_ack,
    }
    return Script(**{name: np.insert(getattr(script, name), at, columns[name]) for name in Script._fields})


def number_bytes(script: Script, flows: Flows) -> tuple[I64, I64]:
    """Return raw sequence and acknowledgement numbers."""
    side = np.where(script.forward, 0, 1)
    grows = np.where(script.is_resend, 0, script.payload) + ((script.flags & (SYN | FIN)) > 0)
    starts = np.searchsorted(script.flow, script.flow)
    relative = np.zeros(len(side), np.int64)
    ackno = np.zeros(len(side), np.int64)
    for one in (0, 1):
        total = np.cumsum(np.where(side == one, grows, 0))
        before = total - np.where(side == one, grows, 0)
        base = before[starts]
        relative = np.where(side == one, before - base, relative)
        ackno = np.where(side != one, before - base, ackno)
    relative = relative[first_sending(script)]
    ackno = _hold_back(script, relative, ackno)
    seq = (flows.seq[script.flow, side] + relative) & 0xFFFFFFFF
    ack = (flows.seq[script.flow, 1 - side] + ackno) & 0xFFFFFFFF
    return seq, np.where(script.flags & ACK, ack, 0)


def first_sending(script: Script) -> I64:
    """Return for each packet where it, or what it repeats, stands."""
    position = np.arange(len(script.flow))
    regular = np.flatnonzero((script.origin >= 0) & ~script.is_resend)
    position[script.is_resend] = regular[script.origin[script.is_resend]]
    return position


def _hold_back(script: Script, relative: I64, ackno: I64) -> I64:
    """Return acknowledgements that wait at a round's first hole until it is filled."""
    hole = np.flatnonzero(script.lost & (script.payload == MSS))
    rounds, first = np.unique(script.round[hole], return_index=True)
    hole_at = np.full(int(script.round.max()) + 1, len(relative))
    hole_at[rounds] = hole[first]
    hole_seq = np.zeros(len(hole_at), np.int64)
    hole_seq[rounds] = relative[hole[first]]
    mine = hole_at[script.round]
    stuck = (np.arange(len(relative)) > mine) & (script.payload == 0)
    stuck &= script.forward != script.forward[np.minimum(mine, len(relative) - 1)]
    stuck &= script.origin >= 0
    return np.where(stuck, np.minimum(ackno, hole_seq[script.round]), ackno)


def build_times(rng: np.random.Generator, script: Script, start_ns: int, span_ns: int) -> tuple[I64, I64]:
    """Return true times at the client side and beyond the NAT; order is kept per direction."""
    rounds = script.round
    last = np.append(rounds[1:] != rounds[:-1], True)
    length = script.wait[last]
    flow = script.flow[last]
    step = length + rng.exponential(4_000_000, len(length)).astype(np.int64) + 2 * ROUND_TRIP_NS
    began = np.cumsum(step) - step
    first_round = np.searchsorted(flow, flow)
    began = began - began[first_round] + rng.integers(0, span_ns, int(flow.max()) + 1)[flow]
    near = start_ns + began[rounds] + script.wait
    far = np.zeros_like(near)
    # Cut off, so that no answer overtakes its question.
    jitter = rng.exponential(JITTER_NS, len(near)).astype(np.int64).clip(max=REACTION_NS)
    for forward in (True, False):
        mine = np.flatnonzero(script.forward == forward)
        sent = near[mine] - (0 if forward else DELAY_NS + 4 * JITTER_NS)
        order = np.argsort(sent, kind="stable")
        sent = _increasing(sent[order])
        there = _increasing(sent + DELAY_NS + jitter[mine][order])
        near[mine[order]], far[mine[order]] = (sent, there) if forward else (there, sent)
    return near, far


def _increasing(times: I64) -> I64:
    """Return the times pushed back just so that each is later than the one before."""
    steps = np.arange(len(times))
    return np.maximum.accumulate(times - steps) + steps


def build_headers(script: Script, flows: Flows, near: I64, payload_sum: I64) -> tuple[U8, I64]:
    """Return header bytes as seen on the client side, shape (packets, 74), and their lengths."""
    n, f = len(near), script.flow
    side = np.where(script.forward, 0, 1)
    udp = flows.is_udp[f]
    syn = (script.flags & SYN) > 0
    transport = np.where(udp, 8, np.where(syn, 40, 32))
    head = np.zeros((n, HEADER_MAX), np.uint8)
    head[:, :12] = np.where(
        script.forward[:, None], [2, 0, 0, 0, 1, 2, 2, 0, 0, 0, 1, 1], [2, 0, 0, 0, 1, 1, 2, 0, 0, 0, 1, 2]
    )
    _put(head, 12, 2, np.full(n, 0x0800))
    _put(head, 14, 2, np.full(n, 0x4500))
    _put(head, 16, 2, 20 + transport + script.payload)
    _put(head, 18, 2, np.where(script.flags == SYN | ACK, 0, _ip_ids(script, flows, side)))
    _put(head, 20, 2, np.full(n, 0x4000))
    head[:, 22] = np.where(script.forward, 63, 54)
    head[:, 23] = np.where(udp, 17, 6)
    source, target = flows.client[f], flows.server[f]
    _put(head, 26, 4, np.where(script.forward, source, target))
    _put(head, 30, 4, np.where(script.forward, target, source))
    _put(head, 34, 2, np.where(script.forward, flows.port[f], flows.service[f]))
    _put(head, 36, 2, np.where(script.forward, flows.service[f], flows.port[f]))
    _put(head, 38, 2, np.where(udp, 8 + script.payload, 0))
    _put_tcp(head, script, flows, near, np.flatnonzero(~udp))
    _put(head, 24, 2, _checksum(_words(head[:, 14:34])))
    pseudo = _words(head[:, 26:34]) + head[:, 23] + transport + script.payload
    total = pseudo + _words(head[:, 34:HEADER_MAX]) + payload_sum
    at = np.where(udp, 40, 50)
    check = _checksum(total)
    check[udp & (check == 0)] = 65535
    head[np.arange(n), at] = check >> 8
    head[np.arange(n), at + 1] = check & 255
    return head, 34 + transport


def _put_tcp(head: U8, script: Script, flows: Flows, near: I64, tcp: I64) -> None:
    """Fill sequence numbers, flags and options of the TCP rows."""
    f, side = script.flow[tcp], np.where(script.forward[tcp], 0, 1)
    seq, ack = number_bytes(script, flows)
    rows = head[tcp]
    _put(rows, 38, 4, seq[tcp])
    _put(rows, 42, 4, ack[tcp])
    is_syn = (script.flags[tcp] & SYN) > 0
    rows[:, 46] = np.where(is_syn, 0xA0, 0x80)
    rows[:, 47] = script.flags[tcp]
    _put(rows, 48, 2, np.where(is_syn, 64240, 501 + np.arange(len(tcp)) % 3))
    ms = (near[tcp] - EPOCH_NS) // 1_000_000
    stamp = (flows.stamp[f, side] + ms) & 0xFFFFFFFF
    echo = (flows.stamp[f, 1 - side] + ms - 2) & 0xFFFFFFFF
    echo[script.flags[tcp] == SYN] = 0
    plain, syn = np.flatnonzero(~is_syn), np.flatnonzero(is_syn)
    for mine, at, lead in ((plain, 58, [1, 1, 8, 10]), (syn, 62, [2, 4, 5, 180, 4, 2, 8, 10])):
        part = rows[mine]
        part[:, 54 : 54 + len(lead)] = lead
        _put(part, at, 4, stamp[mine])
        _put(part, at + 4, 4, echo[mine])
        if at == 62:
            part[:, 70:74] = [1, 3, 3, 7]
        rows[mine] = part
    head[tcp] = rows


def _ip_ids(script: Script, flows: Flows, side: I64) -> I64:
    """Return a counter per socket: its n-th packet has the n-th value, resends included."""
    key = script.flow * 2 + side
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    rank = np.empty(len(key), np.int64)
    rank[order] = np.arange(len(key)) - np.searchsorted(ordered, ordered)
    return (flows.ip_id[script.flow, side] + rank) & 0xFFFF


def translate(head: U8, script: Script, flows: Flows) -> U8:
    """Return the headers beyond the NAT: other client address and port, TTL, and checksums (RFC 1624)."""
    out = head.copy()
    f = script.flow
    ahead = script.forward
    out[:, :12] = np.where(ahead[:, None], [2, 0, 0, 0, 2, 2, 2, 0, 0, 0, 2, 1], [2, 0, 0, 0, 2, 1, 2, 0, 0, 0, 2, 2])
    out[:, 22] = np.where(ahead, head[:, 22] - 1, head[:, 22] + 1)
    for rows, address, port in ((np.flatnonzero(ahead), 26, 34), (np.flatnonzero(~ahead), 30, 36)):
        part = out[rows]
        _put(part, address, 4, flows.outer[f[rows]])
        _put(part, port, 2, flows.outer_port[f[rows]])
        out[rows] = part
    out[:, 24:26] = 0
    _put(out, 24, 2, _checksum(_words(out[:, 14:34])))
    at = np.where(flows.is_udp[f], 40, 50)
    index = np.arange(len(out))
    old = head[index, at].astype(np.int64) << 8 | head[index, at + 1]
    change = _words(out[:, 26:38]) - _words(head[:, 26:38])
    new = _checksum((65535 - old) + change)
    new[flows.is_udp[f] & (new == 0)] = 65535
    out[index, at] = new >> 8
    out[index, at + 1] = new & 255
    return out


def _put(rows: U8, at: int, width: int, values: Any) -> None:
    """Write big-endian numbers into columns of bytes."""
    for k in range(width):
        rows[:, at + k] = (values >> 8 * (width - 1 - k)) & 255


def _words(part: U8) -> I64:
    """Return the sum of big-endian 16-bit words of each row."""
    return part[:, ::2].sum(axis=1, dtype=np.int64) * 256 + part[:, 1::2].sum(axis=1, dtype=np.int64)


def _checksum(total: I64) -> I64:
    """Return the ones complement of the sum modulo 65535 (0 is written as 65535's complement, 0)."""
    rest = total % 65535
    return np.where(rest == 0, 0, 65535 - rest)


# Not cached on disk: numba's cache confuses a script with the same file imported as a module.
@numba.njit
def _assemble(
    out: Any,
    order: Any,
    stamps: Any,
    head: Any,
    head_len: Any,
    payload: Any,
    where: Any,
    unique: Any,
    pool: Any,
    snaplen: Any,
) -> Any:
    """Write pcap records (little endian, ns) of the packets in ``order``; return the bytes written."""
    at = 0
    for i in order:
        size = head_len[i] + payload[i]
        kept = min(size, snaplen)
        numbers = (stamps[i] // 1_000_000_000, stamps[i] % 1_000_000_000, kept, size)
        for number in numbers:
            for k in range(4):
                out[at + k] = (number >> (8 * k)) & 255
            at += 4
        top = min(head_len[i], kept)
        for k in range(top):
            out[at + k] = head[i, k]
        for k in range(top, kept):
            out[at + k] = pool[where[i] + k - top]
        if payload[i] >= 8:
            for k in range(min(8, kept - top)):
                out[at + top + k] = (unique[i] >> (8 * (7 - k))) & 255
        at += kept
    return at


class Traffic:
    """The stream of blocks, and the two files it goes to."""

    def __init__(self, folder: Path, packets: int, snaplen: int, seed: int, flow_packets: int = FLOW_PACKETS) -> None:
        self.flow_packets = flow_packets
        self.folder, self.packets, self.snaplen, self.seed = folder, packets, snaplen, seed
        rng = np.random.default_rng(seed)
        self.pool = rng.integers(0, 256, POOL_BYTES, np.uint8)
        words = self.pool[::2].astype(np.int64) << 8 | self.pool[1::2]
        self.pool_sums = np.concatenate([[0], np.cumsum(words)])
        self.frames = [0, 0]
        self.truth: list[tuple[I64, I64]] = []

    def write(self, *, with_truth: bool) -> None:
        """Write both captures block by block."""
        self.folder.mkdir(parents=True, exist_ok=True)
        blocks = max(1, round(self.packets / BLOCK_PACKETS))
        share = self.packets // blocks
        start = EPOCH_NS
        head = np.array([0xA1B23C4D, 4 << 16 | 2, 0, 0, self.snaplen, 1], "<u4").tobytes()
        parts = [self.folder / "a.pcap.part", self.folder / "b.pcap.part"]
        with parts[0].open("wb") as near, parts[1].open("wb") as far:
            near.write(head)
            far.write(head)
            for block in range(blocks):
                start = self._block(near, far, block, share, start)
        for part in parts:
            part.rename(part.with_suffix(""))
        if with_truth:
            a, b = (np.concatenate(column) for column in zip(*self.truth, strict=True))
            np.savez_compressed(self.folder / "truth.npz", frame_a=a, frame_b=b)

    def _block(self, near_file: BinaryIO, far_file: BinaryIO, block: int, packets: int, start: int) -> int:
        rng = np.random.default_rng((self.seed, block + 1))
        count = max(1, packets // self.flow_packets)
        kind, groups, flow, flows = build_rounds(rng, packets, count, block * count)
        script = build_script(rng, kind, groups, flow, flows.is_udp)
        near, far = build_times(rng, script, start, packets * 12_000)
        n = len(near)
        # Even offsets keep the words of the pool aligned; the first 8 bytes make each payload one of its kind.
        first = first_sending(script)
        where = (rng.integers(0, (POOL_BYTES - 2048) // 2, n) * 2)[first]
        unique = rng.integers(0, 2**62, n)[first]
        head, head_len = build_headers(script, flows, near, self._payload_sums(where, script.payload, unique))
        skewed = (
            EPOCH_NS + OFFSET_NS + (far - EPOCH_NS) + np.rint((far - EPOCH_NS) * (SKEW_PPM * 1e-6)).astype(np.int64)
        )
        seen_near = script.forward | ~script.lost
        seen_far = ~script.forward | ~script.lost
        numbers = []
        for index, (stream, seen, true, stamps, rows) in enumerate(
            (
                (near_file, seen_near, near, near, head),
                (far_file, seen_far, far, skewed, translate(head, script, flows)),
            )
        ):
            chosen = np.flatnonzero(seen)
            order = chosen[np.argsort(true[chosen], kind="stable")]
            out = np.empty(
                int((head_len + script.payload)[order].clip(max=self.snaplen).sum()) + 16 * len(order), np.uint8
            )
            used = _assemble(
                out, order, stamps, rows, head_len, script.payload, where, unique, self.pool, np.int64(self.snaplen)
            )
            stream.write(out[:used].data)
            frame = np.zeros(n, np.int64)
            frame[order] = self.frames[index] + np.arange(1, len(order) + 1)
            self.frames[index] += len(order)
            numbers.append(frame)
        self.truth.append((numbers[0], numbers[1]))
        return int(max(near.max(), far.max())) + 1_000_000

    def _payload_sums(self, where: I64, payload: I64, unique: I64) -> I64:
        """Return the sum of each payload's words; payloads have no byte or at least 8."""
        end = where + payload
        total = self.pool_sums[end >> 1] - self.pool_sums[(where + 8) >> 1]
        total += (payload & 1) * (self.pool[end - 1].astype(np.int64) << 8)
        for shift in (0, 16, 32, 48):
            total += (unique >> shift) & 0xFFFF
        return np.where(payload > 0, total, 0)


def main() -> None:
    """Generate from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packets", type=int, default=1_000_000)
    parser.add_argument("--snaplen", type=int, default=262_144)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--flow-packets", type=int, default=FLOW_PACKETS, help="per flow, on average")
    parser.add_argument("--truth", action="store_true", help="also write truth.npz (frame_a, frame_b; 0 = not there)")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    began = time.perf_counter()
    traffic = Traffic(asked.out, asked.packets, asked.snaplen, asked.seed, asked.flow_packets)
    traffic.write(with_truth=asked.truth)
    a, b = traffic.frames
    print(f"{asked.out}: a.pcap {a} frames, b.pcap {b} frames in {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
