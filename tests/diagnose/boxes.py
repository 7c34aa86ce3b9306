"""Middleboxes that only rules need."""

from __future__ import annotations

from typing import Any

import attrs

from tests.netsim.packet import ACK, ICMP, SYN, TCP, TIMESTAMPS, UDP, WSCALE, Packet

PAYLOADS = {TCP: "tcp.payload", UDP: "udp.payload"}
"""What Wireshark calls the payload of a protocol; of all others ``data.data``."""


@attrs.frozen(kw_only=True)
class Ecn:
    """Write one ECN codepoint over another."""

    before: tuple[int, ...] = (1, 2, 3)
    after: int = 0
    share: float = 1.0
    finding: str | None = None

    def start(self, rng: Any) -> Any:
        def handle(packet: Any, site: Any) -> bool:
            before = packet.tos & 3
            if before in self.before and before != self.after and rng.random() < self.share:
                packet.tos = packet.tos & 0xFC | self.after
                field = "ipv6.tclass.ecn" if len(packet.src) == 16 else "ip.dsfield.ecn"
                site.edited(packet, field, before, self.after)
            return True

        return handle


@attrs.frozen(kw_only=True)
class ClearDf:
    """Clear don't-fragment."""

    finding: str | None = None

    def start(self, rng: Any) -> Any:
        def handle(packet: Any, site: Any) -> bool:
            if packet.df and len(packet.src) == 4:
                packet.df = False
                site.edited(packet, "ip.flags.df", True, False)
            return True

        return handle


@attrs.frozen(kw_only=True)
class Corrupt:
    """Flip a payload bit and leave the checksum as it was: a bad cable or bad memory."""

    share: float = 0.1
    finding: str | None = None

    def start(self, rng: Any) -> Any:
        def handle(packet: Any, site: Any) -> bool:
            if len(packet.payload) > 20 and rng.random() < self.share:
                before = packet.payload
                packet.payload = before[:10] + bytes((before[10] ^ 4,)) + before[11:]
                site.edited(packet, PAYLOADS.get(packet.proto, "data.data"), before, packet.payload)
            return True

        return handle


@attrs.frozen(kw_only=True)
class Options:
    """Rewrite the window scale of handshakes, or every TCP timestamp."""

    wscale: int | None = None
    stamp_shift: int = 0
    finding: str | None = None

    def start(self, rng: Any) -> Any:
        def handle(packet: Any, site: Any) -> bool:
            options = []
            for kind, value in packet.options:
                new = self._rewritten(packet, kind, value)
                options.append((kind, new))
                if kind == WSCALE and new != value:
                    site.edited(packet, "tcp.options.wscale.shift", value, new)
                elif kind == TIMESTAMPS:
                    for field, old, now in zip(("tsval", "tsecr"), value, new, strict=True):
                        if old != now:
                            site.edited(packet, f"tcp.options.timestamp.{field}", old, now)
            packet.options = tuple(options)
            return True

        return handle

    def _rewritten(self, packet: Any, kind: int, value: Any) -> Any:
        if kind == WSCALE and self.wscale is not None:
            return self.wscale
        if kind == TIMESTAMPS and packet.forward:
            return (value[0] + self.stamp_shift) & 0xFFFFFFFF, value[1]
        if kind == TIMESTAMPS and value[1]:
            return value[0], (value[1] - self.stamp_shift) & 0xFFFFFFFF
        return value


@attrs.frozen(kw_only=True)
class SynPad:
    """Padding of SYNs becomes payload."""

    finding: str | None = None

    def start(self, rng: Any) -> Any:
        def handle(packet: Any, site: Any) -> bool:
            if packet.proto == TCP and packet.forward and packet.flags & (SYN | ACK) == SYN:
                packet.set_payload(b"\x00\x00")
                site.edited(packet, "tcp.len", 0, 2)
            return True

        return handle


@attrs.frozen(kw_only=True)
class Policer:
    """A token bucket over everything of one direction: what finds no tokens is dropped at once."""

    rate_bps: int = 1_000_000
    burst_bytes: int = 20_000
    forward: bool = False
    finding: str | None = "policing"

    def start(self, rng: Any) -> Any:
        tokens, last = float(self.burst_bytes), 0

        def handle(packet: Any, site: Any) -> bool:
            nonlocal tokens, last
            if packet.forward != self.forward:
                return True
            tokens = min(self.burst_bytes, tokens + (site.now - last) * self.rate_bps / 8e9)
            last = site.now
            if tokens < packet.ip_len:
                return False
            tokens -= packet.ip_len
            return True

        return handle


@attrs.frozen(kw_only=True)
class Gateway:
    """An application gateway: makes the first line of each flow's first answer longer, and shifts what follows."""

    grown: int = 6
    share: float = 1.0
    finding: str | None = "alg-rewrite"

    def start(self, rng: Any) -> Any:
        shifts: dict[int, int] = {}

        def handle(packet: Any, site: Any) -> bool:
            if packet.proto != TCP:
                return True
            if packet.forward:
                base = shifts.get(packet.flow)
                if base is not None and packet.flags & ACK and (packet.ack - base) & 0xFFFFFFFF < 1 << 31:
                    before, packet.ack = packet.ack, (packet.ack - self.grown) & 0xFFFFFFFF
                    site.edited(packet, "tcp.ack_raw", before, packet.ack)
                return True
            if packet.flow in shifts:
                if (packet.seq - shifts[packet.flow]) & 0xFFFFFFFF < 1 << 31:
                    before, packet.seq = packet.seq, (packet.seq + self.grown) & 0xFFFFFFFF
                    site.edited(packet, "tcp.seq_raw", before, packet.seq)
            elif packet.payload and rng.random() < self.share:
                before = packet.payload
                shifts[packet.flow] = (packet.seq + len(before)) & 0xFFFFFFFF
                packet.set_payload(b"X" * self.grown + before)
                site.edited(packet, "tcp.payload", before, packet.payload)
                site.edited(packet, "tcp.len", len(before), len(packet.payload))
            return True

        return handle


@attrs.frozen(kw_only=True)
class Forgetful:
    """A device that forgets a flow after a silence and then drops what comes of it, one direction or both."""

    idle_ns: int = 30_000_000_000
    finding: str | None = "nat-state-lost"

    def start(self, rng: Any) -> Any:
        last: dict[int, int] = {}
        dead: set[int] = set()

        def handle(packet: Any, site: Any) -> bool:
            before = last.get(packet.flow)
            if before is not None and site.now - before > self.idle_ns and not packet.flags & SYN:
                dead.add(packet.flow)
            last[packet.flow] = site.now
            return packet.flow not in dead

        return handle


@attrs.frozen(kw_only=True)
class BigDrop:
    """Silently drops what is larger than its MTU."""

    mtu: int = 1400
    forward: bool | None = None
    finding: str | None = "pmtu-blackhole"

    def start(self, rng: Any) -> Any:
        def handle(packet: Any, site: Any) -> bool:
            return packet.ip_len <= self.mtu or (self.forward is not None and packet.forward != self.forward)

        return handle


@attrs.frozen(kw_only=True)
class TooBig:
    """Refuses what is larger than its MTU as a router must: an ICMP error tells the sender (RFC 1191 section 4)."""

    mtu: int = 1400
    finding: str | None = None

    def start(self, rng: Any) -> Any:
        def handle(packet: Packet, site: Any) -> bool:
            if packet.ip_len <= self.mtu or len(packet.src) != 4:
                return True
            error = Packet(packet.flow, ICMP, bytes((192, 0, 2, 9)), packet.src, 0, 0)
            error.kind, error.icmp_type, error.icmp_code, error.seq, error.df = "icmp-error", 3, 4, self.mtu, False
            error.ip_id = rng.getrandbits(16)
            error.set_quote(packet)
            site.inject(error, forward=not packet.forward)
            return False

        return handle


@attrs.frozen(kw_only=True)
class HalfBlock:
    """Silently drops one direction of one port's flows."""

    port: int = 8443
    finding: str | None = "one-way"

    def start(self, rng: Any) -> Any:
        def handle(packet: Any, site: Any) -> bool:
            return packet.forward or packet.sport != self.port

        return handle
