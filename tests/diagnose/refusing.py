"""A filter that refuses connections to one port by a reset in the server's name."""

from __future__ import annotations

from typing import Any

import attrs

from tests.netsim.packet import ACK, RST, SYN, TCP


@attrs.frozen(kw_only=True)
class Refuse:
    """Answer every SYN to a port by a reset, pass none on."""

    port: int = 8443
    ttl: int = 64
    finding: str | None = "rst-injected"

    def start(self, rng: Any) -> Any:
        def handle(packet: Any, site: Any) -> bool:
            if packet.proto != TCP or not packet.forward or packet.dport != self.port:
                return True
            if packet.flags & SYN:
                reset = packet.clone()
                reset.src, reset.dst, reset.sport, reset.dport = packet.dst, packet.src, packet.dport, packet.sport
                reset.forward, reset.kind = False, "injected-rst"
                reset.seq, reset.ack = 0, (packet.seq + 1) & 0xFFFFFFFF
                reset.flags, reset.options, reset.window, reset.ttl, reset.ip_id = RST | ACK, (), 0, self.ttl, 0
                reset.set_payload(b"")
                site.inject(reset, forward=False)
            return False

        return handle
