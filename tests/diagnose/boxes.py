"""Middleboxes that only rules need."""

from __future__ import annotations

from typing import Any

import attrs

from tests.netsim.packet import ACK, SYN, TCP, TIMESTAMPS, WSCALE


@attrs.frozen(kw_only=True)
class Ecn:
    """Write one ECN codepoint over another."""

    before: tuple[int, ...] = (1, 2, 3)
    after: int = 0
    share: float = 1.0
    finding: str | None = None

    def start(self, rng: Any) -> Any:
        def handle(packet: Any, site: Any) -> bool:
            if packet.tos & 3 in self.before and rng.random() < self.share:
                packet.tos = packet.tos & 0xFC | self.after
            return True

        return handle


@attrs.frozen(kw_only=True)
class ClearDf:
    """Clear don't-fragment."""

    finding: str | None = None

    def start(self, rng: Any) -> Any:
        def handle(packet: Any, site: Any) -> bool:
            packet.df = False
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
                packet.payload = packet.payload[:10] + bytes((packet.payload[10] ^ 4,)) + packet.payload[11:]
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
                if kind == WSCALE and self.wscale is not None:
                    options.append((kind, self.wscale))
                elif kind == TIMESTAMPS and packet.forward:
                    options.append((kind, ((value[0] + self.stamp_shift) & 0xFFFFFFFF, value[1])))
                elif kind == TIMESTAMPS and value[1]:
                    options.append((kind, (value[0], (value[1] - self.stamp_shift) & 0xFFFFFFFF)))
                else:
                    options.append((kind, value))
            packet.options = tuple(options)
            return True

        return handle


@attrs.frozen(kw_only=True)
class SynPad:
    """Padding of SYNs becomes payload."""

    finding: str | None = None

    def start(self, rng: Any) -> Any:
        def handle(packet: Any, site: Any) -> bool:
            if packet.proto == TCP and packet.forward and packet.flags & (SYN | ACK) == SYN:
                packet.set_payload(b"\x00\x00")
            return True

        return handle
