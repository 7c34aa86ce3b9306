"""TCP ends that react only to what reaches them.

**In:** segments delivered by the network, timers. **Out:** segments sent, with the sender's own numbers.
**Method:** one script per connection (request, response, request, ...); NewReno with limited SACK use (RFC 6582, 2018),
DSACK for duplicates (RFC 2883), delayed acknowledgements (RFC 1122), RTO with backoff (RFC 6298). IP IDs are a counter
per socket with DF, 0 in SYN-ACK and in RST of a closed socket, as Linux does: a retransmission has a new one.
**Not here:** what the network does to the segments.
"""

from __future__ import annotations

from typing import Any

from tests.netsim.packet import (
    ACK,
    FIN,
    MSS,
    NOP,
    PSH,
    RST,
    SACK,
    SACK_PERMITTED,
    SYN,
    TCP,
    TIMESTAMPS,
    WSCALE,
    Option,
    Packet,
)
from tests.netsim.world import MILLISECOND, SECOND, TcpLoad

DELAYED_ACK_NS = 40 * MILLISECOND
MIN_RTO_NS = 200 * MILLISECOND
MAX_TRIES = 7


class Connection:
    """A flow with its two ends and the script they follow."""

    def __init__(self, net: Any, flow: int, load: TcpLoad, addresses: tuple[bytes, bytes, int, int]) -> None:
        self.net = net
        self.flow = flow
        self.load = load
        self.source, self.target, self.sport, self.dport = addresses
        self.peer = (self.source, self.sport)
        """The client as the server sees it (translated, perhaps)."""
        self.here = (self.target, self.dport)
        """The server as it was reached."""
        rng = net.rng
        steps = []
        for _ in range(rng.randint(*load.exchanges)):
            steps.append((rng.randint(*load.request_bytes), rng.randint(*load.pause_ns)))
            steps.append((rng.randint(*load.response_bytes), rng.randint(*load.think_ns)))
        self.steps: list[tuple[int, int]] = steps
        """(bytes, wait before them); even steps are the client's."""
        draw = rng.random()
        self.ending = (
            "rst" if draw < load.rst_share else "server" if draw < load.rst_share + load.server_closes else "client"
        )
        self.client = End(self, is_client=True)
        self.server = End(self, is_client=False)

    def content(self, size: int, step: int) -> bytes:
        """Return the bytes of a script step."""
        kind = self.load.content
        if kind == "pool" or self.load.same_payload:
            return bytes(self.net.content(size, same=self.load.same_payload))
        if kind == "fresh":
            return bytes(self.net.rng.randbytes(size))
        name = self.net.rng.randbytes(5).hex().encode()
        if step % 2:
            head = b"HTTP/1.1 200 OK\r\nServer: plain\r\nContent-Type: application/octet-stream\r\n\r\n"
        else:
            head = b"GET /files/" + name + b" HTTP/1.1\r\nHost: www.example.net\r\nUser-Agent: simulated\r\n\r\n"
        return (head + self.net.rng.randbytes(max(0, size - len(head))))[: max(size, len(head))]

    def start(self) -> None:
        """Send the SYN."""
        self.client.connect()

    def deliver(self, packet: Packet) -> None:
        """Hand a packet to the end it reached."""
        if packet.forward:
            self.peer, self.here = (packet.src, packet.sport), (packet.dst, packet.dport)
        (self.server if packet.forward else self.client).receive(packet)

    def step_received(self, end: End, step: int) -> None:
        """Go on with the script once ``end`` holds all bytes of a step."""
        following = step + 1
        if following < len(self.steps):
            size, wait = self.steps[following]
            self.net.after(wait, end.write, size, following)
        elif self.ending == "rst":
            self.net.after(MILLISECOND, end.abort)
        elif self.ending == "client":
            self.net.after(MILLISECOND, end.close)

    def step_written(self, end: End, step: int) -> None:
        """Close right after the last response if it is the server that ends."""
        if step == len(self.steps) - 1 and self.ending == "server":
            end.close()


class End:
    """One end of a connection. Sequence numbers are unwrapped integers; only the packets hold 32 bits."""

    def __init__(self, connection: Connection, *, is_client: bool) -> None:
        self.c = connection
        self.is_client = is_client
        net, load = connection.net, connection.load
        self.state = "closed" if is_client else "listen"
        self.iss = net.rng.getrandbits(32)
        self.una = self.nxt = self.high = self.iss
        self.data = bytearray()
        self.rcv_nxt = 0
        self.pending: list[tuple[int, int]] = []
        """Ranges received out of order, sorted and disjoint."""
        self.sacked: list[tuple[int, int]] = []
        self.received = 0
        self.next_step = 1 if is_client else 0
        """Script step whose bytes this end waits for."""
        self.expected = connection.steps[self.next_step][0]
        self.fin_at: int | None = None
        """Own FIN's sequence number once the application closed."""
        self.peer_fin: int | None = None
        self.mss = load.mss
        self.uses_ts = load.timestamps
        self.uses_sack = load.sack
        self.peer_wscale = 0
        self.my_wscale = 0
        self.peer_window = 65535
        self.cwnd = 10.0
        self.ssthresh = 1e9
        self.dupacks = 0
        self.recover = -1
        self.srtt = 0.0
        self.rto = SECOND
        self.tries = 0
        self.timer = 0
        self.ack_timer = 0
        self.unacked = 0
        self.timed: tuple[int, int] | None = None
        self.ts_base = net.rng.getrandbits(32)
        self.ts_recent = 0
        self.ip_id = net.rng.getrandbits(16)
        self.label = net.rng.getrandbits(20)

    # --- sending ---------------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Active open."""
        self.state = "syn-sent"
        self.nxt = self.high = self.iss + 1
        self._send(self.iss, SYN, kind="syn")
        self._arm(SECOND)

    def write(self, size: int, step: int) -> None:
        """Give the sender the bytes of a script step."""
        if self.state != "open":
            return
        self.data += self.c.content(size, step)
        self.c.step_written(self, step)
        self._pump()

    def close(self) -> None:
        """Send FIN once all data is out."""
        if self.state == "open" and self.fin_at is None:
            self.fin_at = self.iss + 1 + len(self.data)
            self._pump()

    def abort(self) -> None:
        """Reset the connection."""
        if self.state == "open":
            self._send(self.nxt, RST | ACK, kind="rst")
            self._die()

    def _die(self) -> None:
        self.state = "dead"
        self.timer += 1
        self.ack_timer += 1

    def _limit(self) -> int:
        return self.una + min(int(self.cwnd * self.mss), self.peer_window)

    def _pump(self) -> None:
        """Send what the windows allow; below ``high`` these are retransmissions."""
        end = self.iss + 1 + len(self.data)
        sent = False
        while self.nxt < end:
            if self.nxt < self.high and self.uses_sack:
                self.nxt = _after(self.sacked, self.nxt)
                if self.nxt >= end:
                    break
            size = min(self.mss, end - self.nxt)
            if self.nxt + size > self._limit() and self.nxt > self.una:
                break
            self._segment(self.nxt, size, end)
            self.nxt += size
            sent = True
        if self.fin_at is not None and self.nxt == self.fin_at:
            self._send(self.nxt, FIN | ACK, kind="fin" if self.nxt >= self.high else "fin-again")
            self.nxt += 1
            sent = True
        self.high = max(self.high, self.nxt)
        if sent and not self.tries:
            self._arm(self.rto)

    def _segment(self, seq: int, size: int, end: int) -> None:
        at = seq - self.iss - 1
        is_new = seq >= self.high
        if is_new and self.timed is None:
            self.timed = (seq + size, self.c.net.now)
        push = PSH if seq + size == end else 0
        payload = bytes(self.data[at : at + size])
        self._send(seq, ACK | push, payload, kind="data" if is_new else "data-again")

    def _send(
        self, seq: int, flags: int, payload: bytes = b"", *, kind: str, blocks: tuple[tuple[int, int], ...] = ()
    ) -> None:
        c = self.c
        if self.is_client:
            packet = Packet(c.flow, TCP, c.source, c.target, c.sport, c.dport)
        else:
            packet = Packet(c.flow, TCP, c.here[0], c.peer[0], c.here[1], c.peer[1])
        packet.forward = self.is_client
        packet.tos = c.load.tos
        packet.kind = kind
        packet.seq = seq & 0xFFFFFFFF
        packet.flags = flags
        if flags & ACK:
            packet.ack = self.rcv_nxt & 0xFFFFFFFF
            self.unacked = 0
            self.ack_timer += 1
        packet.window = 64240 if flags & SYN else 0 if flags & RST else self._window()
        packet.options = self._options(flags, blocks)
        if payload:
            packet.set_payload(payload)
        self._identify(packet)
        c.net.send(packet)

    def _window(self) -> int:
        held = sum(b - a for a, b in self.pending)
        return (64256 + min(self.received, 400_000) - held) >> self.my_wscale if self.my_wscale else 64240 - held

    def _identify(self, packet: Packet) -> None:
        is_syn_ack = packet.flags & (SYN | ACK) == SYN | ACK
        counter = 0
        if not is_syn_ack and not packet.flags & RST:
            self.ip_id = counter = (self.ip_id + 1) & 0xFFFF
        self.c.net.identify(packet, counter, self.label)

    def _options(self, flags: int, blocks: tuple[tuple[int, int], ...]) -> tuple[Option, ...]:
        load = self.c.load
        stamp = (((self.c.net.now - self.c.net.epoch) // MILLISECOND + self.ts_base) & 0xFFFFFFFF, self.ts_recent)
        if flags & RST:
            return ()
        if flags & SYN:
            options: list[Option] = [(MSS, load.mss)]
            if self.uses_sack:
                options.append((SACK_PERMITTED, None))
            if self.uses_ts:
                options.append((TIMESTAMPS, stamp))
            elif self.uses_sack:
                options += [(NOP, None), (NOP, None)]
            if load.wscale is not None and (self.is_client or self.my_wscale):
                options += [(NOP, None), (WSCALE, load.wscale)]
            return tuple(options)
        options = [(NOP, None), (NOP, None), (TIMESTAMPS, stamp)] if self.uses_ts else []
        if blocks:
            options += [(NOP, None), (NOP, None), (SACK, blocks[: 3 if self.uses_ts else 4])]
        return tuple(options)

    # --- timers ----------------------------------------------------------------------------------------------

    def _arm(self, wait: int) -> None:
        self.timer += 1
        self.c.net.after(wait, self._expired, self.timer)

    def _expired(self, number: int) -> None:
        if number != self.timer or self.state == "dead" or self.una >= self.high:
            return
        self.tries += 1
        if self.tries > MAX_TRIES:
            self._die()
            return
        self.rto = min(self.rto * 2, 60 * SECOND)
        self.timed = None
        if self.state in ("syn-sent", "syn-rcvd"):
            flags = SYN if self.state == "syn-sent" else SYN | ACK
            self._send(self.iss, flags, kind="syn-again" if flags == SYN else "syn-ack-again")
            self._arm(SECOND << self.tries)
            return
        self.ssthresh = max(2.0, self.cwnd / 2)
        self.cwnd = 1.0
        self.dupacks = 0
        self.recover = self.high
        self.nxt = self.una
        self._pump()
        self._arm(self.rto)

    def _delay_ack(self) -> None:
        self.ack_timer += 1
        self.c.net.after(DELAYED_ACK_NS, self._ack_due, self.ack_timer)

    def _ack_due(self, number: int) -> None:
        if number == self.ack_timer and self.unacked and self.state == "open":
            self._ack_now()

    def _ack_now(self, duplicate: tuple[int, int] | None = None) -> None:
        blocks: list[tuple[int, int]] = []
        if self.uses_sack:
            blocks = ([duplicate] if duplicate else []) + self.pending[::-1]
        self._send(self.nxt, ACK, kind="ack", blocks=tuple(blocks))

    # --- receiving -------------------------------------------------------------------------------------------

    def receive(self, packet: Packet) -> None:
        """React to a packet that reached this end."""
        if self.state == "dead":
            self._answer_dead(packet)
        elif packet.flags & RST:
            if self.state == "syn-sent" or _unwrap(packet.seq, self.rcv_nxt) >= self.rcv_nxt:
                self._die()
        elif packet.flags & SYN:
            self._receive_syn(packet)
        elif self.state == "syn-rcvd" or self.state == "open":
            self._receive_segment(packet)

    def _answer_dead(self, packet: Packet) -> None:
        if packet.flags & RST or not packet.flags & ACK or not packet.payload:
            return
        self._send(packet.ack, RST, kind="rst")

    def _receive_syn(self, packet: Packet) -> None:
        if self.state in ("open", "syn-rcvd"):
            if self.state == "open":
                self._ack_now()
            return
        if self.is_client and (not packet.flags & ACK or packet.ack != (self.iss + 1) & 0xFFFFFFFF):
            return
        stamp = packet.option(TIMESTAMPS)
        self.uses_ts = self.uses_ts and stamp is not None
        self.ts_recent = stamp[0] if stamp else 0
        self.uses_sack = self.uses_sack and any(kind == SACK_PERMITTED for kind, _ in packet.options)
        self.mss = min(self.mss, packet.option(MSS) or 536) - (12 if self.uses_ts else 0)
        scale = packet.option(WSCALE)
        if scale is not None and self.c.load.wscale is not None:
            self.peer_wscale, self.my_wscale = scale, self.c.load.wscale
        self.peer_window = packet.window
        self.rcv_nxt = packet.seq + 1
        if self.is_client:
            self.state = "open"
            self.una = self.iss + 1
            self.tries, self.rto = 0, SECOND
            self.timer += 1
            self.rcv_nxt += len(packet.payload)
            self._ack_now()
            size, wait = self.c.steps[0]
            self.c.net.after(min(wait, 2 * MILLISECOND), self.write, size, 0)
        else:
            self.state = "syn-rcvd"
            self.nxt = self.high = self.iss + 1
            self._send(self.iss, SYN | ACK, kind="syn-ack")
            self._arm(SECOND)

    def _receive_segment(self, packet: Packet) -> None:
        ack = _unwrap(packet.ack, self.una)
        if ack > self.high:
            return
        if self.state == "syn-rcvd":
            if ack <= self.iss:
                return
            self.state = "open"
            self.una, self.tries, self.rto = self.iss + 1, 0, SECOND
            self.timer += 1
        stamp = packet.option(TIMESTAMPS)
        seq = _unwrap(packet.seq, self.rcv_nxt)
        if stamp and seq <= self.rcv_nxt:
            self.ts_recent = stamp[0]
        self.peer_window = packet.window << self.peer_wscale
        self._take_ack(packet, ack)
        if packet.payload or packet.flags & FIN:
            self._take_data(packet, seq)

    def _take_ack(self, packet: Packet, ack: int) -> None:
        blocks = packet.option(SACK) or ()
        for left, right in blocks:
            low, high = _unwrap(left, self.una), _unwrap(right, self.una)
            if low >= ack and high <= self.high:
                self.sacked = _with_range(self.sacked, low, high)
        if ack > self.una:
            self._advance(ack)
        elif ack == self.una and self.high > self.una and not packet.payload and not packet.flags & FIN:
            self.dupacks += 1
            if self.dupacks == 3 and ack > self.recover:
                self.ssthresh = max(2.0, self.cwnd / 2)
                self.cwnd = self.ssthresh + 3
                self.recover = self.high
                self._resend_first()
            elif self.dupacks > 3:
                self.cwnd += 1
                self._pump()

    def _advance(self, ack: int) -> None:
        now = self.c.net.now
        if self.timed is not None and ack >= self.timed[0]:
            sample = now - self.timed[1]
            self.srtt = sample if not self.srtt else 0.875 * self.srtt + 0.125 * sample
            self.timed = None
        self.rto = max(MIN_RTO_NS, int(self.srtt * 2) + MIN_RTO_NS) if self.srtt else SECOND
        in_recovery = ack <= self.recover and self.dupacks >= 3
        self.una = ack
        self.nxt = max(self.nxt, ack)
        self.sacked = [(a, b) for a, b in self.sacked if b > ack]
        self.tries = 0
        if in_recovery and ack < self.recover:
            self._resend_first()
        else:
            if self.dupacks >= 3:
                self.cwnd = self.ssthresh
            self.dupacks = 0
            self.cwnd += 1 if self.cwnd < self.ssthresh else 1 / self.cwnd
        self.cwnd = min(self.cwnd, 64.0)
        if self.una < self.high:
            self._arm(self.rto)
        else:
            self.timer += 1
        self._pump()

    def _resend_first(self) -> None:
        """Fast retransmit the first unacknowledged segment (or the FIN)."""
        end = self.iss + 1 + len(self.data)
        if self.una < end:
            size = min(self.mss, end - self.una)
            edge = min((a for a, _ in self.sacked if a > self.una), default=self.una + size)
            self._segment(self.una, min(size, edge - self.una), end)
        elif self.fin_at is not None:
            self._send(self.fin_at, FIN | ACK, kind="fin-again")
        self._arm(self.rto)

    def _take_data(self, packet: Packet, seq: int) -> None:
        end = seq + len(packet.payload)
        if packet.flags & FIN:
            self.peer_fin = end
        last = end + bool(packet.flags & FIN)
        if last <= self.rcv_nxt or any(a <= seq and end <= b for a, b in self.pending if end > seq):
            self._ack_now((seq & 0xFFFFFFFF, max(end, seq + 1) & 0xFFFFFFFF))
            return
        had_hole = bool(self.pending)
        if seq > self.rcv_nxt:
            if end > seq:
                self.pending = _with_range(self.pending, seq, end)
            self._ack_now()
            return
        before = self.rcv_nxt
        self.rcv_nxt = max(self.rcv_nxt, end)
        while self.pending and self.pending[0][0] <= self.rcv_nxt:
            self.rcv_nxt = max(self.rcv_nxt, self.pending.pop(0)[1])
        self.received += self.rcv_nxt - before
        has_fin = self.peer_fin is not None and self.rcv_nxt == self.peer_fin
        if has_fin:
            self.rcv_nxt += 1
        self.unacked += 1
        if has_fin or had_hole or self.unacked >= 2:
            self._ack_now()
        else:
            self._delay_ack()
        self._tell_script()
        if has_fin:
            self.c.net.after(MILLISECOND // 5, self.close)

    def _tell_script(self) -> None:
        while self.next_step < len(self.c.steps) and self.received >= self.expected:
            step, self.next_step = self.next_step, self.next_step + 2
            if self.next_step < len(self.c.steps):
                self.expected += self.c.steps[self.next_step][0]
            self.c.step_received(self, step)


def _unwrap(wire: int, near: int) -> int:
    """Return the unwrapped number closest to ``near`` that is ``wire`` modulo 2**32."""
    return near + ((wire - near + 2**31) & 0xFFFFFFFF) - 2**31


def _after(ranges: list[tuple[int, int]], at: int) -> int:
    for a, b in ranges:
        if a <= at < b:
            at = b
    return at


def _with_range(ranges: list[tuple[int, int]], a: int, b: int) -> list[tuple[int, int]]:
    """Return sorted disjoint ranges with [a, b) added."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted([*ranges, (a, b)]):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged
