"""Boxes that rewrite header fields and options."""

from __future__ import annotations

from random import Random
from typing import Any, Literal

import attrs

from tests.netsim.boxes.site import Handler, Site
from tests.netsim.packet import MSS, NOP, SACK_PERMITTED, SYN, TCP, TIMESTAMPS, WSCALE, Packet


@attrs.frozen(kw_only=True)
class MssClamp:
    """Lower the MSS option of SYN and SYN-ACK."""

    mss: int = 1300
    finding: str = "mss-clamped"

    def start(self, rng: Random) -> Handler:
        def handle(packet: Packet, site: Site) -> bool:
            mss = packet.option(MSS)
            if packet.flags & SYN and mss is not None and mss > self.mss:
                packet.options = tuple((k, self.mss if k == MSS else v) for k, v in packet.options)
                site.edited(packet, "tcp.options.mss_val", mss, self.mss)
            return True

        return handle


@attrs.frozen(kw_only=True)
class OptionStrip:
    """Overwrite a TCP option by NOPs, or take it out."""

    option: int = SACK_PERMITTED
    shortens: bool = False
    finding: str = "option-stripped"

    def start(self, rng: Random) -> Handler:
        field = {
            SACK_PERMITTED: "tcp.options.sack_perm",
            WSCALE: "tcp.options.wscale.shift",
            TIMESTAMPS: "tcp.options.timestamp.tsval",
        }[self.option]
        width = {SACK_PERMITTED: 2, WSCALE: 3, TIMESTAMPS: 10}[self.option]

        def handle(packet: Packet, site: Site) -> bool:
            if any(kind == self.option for kind, _ in packet.options):
                before = packet.option(self.option)
                options: list[tuple[int, Any]] = []
                for kind, value in packet.options:
                    filler = [] if self.shortens else [(NOP, None)] * width
                    options.extend(filler if kind == self.option else [(kind, value)])
                packet.options = tuple(options)
                site.edited(packet, field, before, None)
                if self.option == TIMESTAMPS:
                    site.edited(packet, "tcp.options.timestamp.tsecr", before[1], None)
            return True

        return handle


@attrs.frozen(kw_only=True)
class SetField:
    """Set ``tos`` (DSCP and ECN) or ``ttl`` of every packet, as far as the mask reaches."""

    name: Literal["tos", "ttl"] = "tos"
    value: int = 0
    mask: int = 0xFF
    finding: str | None = "dscp-changed"

    def start(self, rng: Random) -> Handler:
        def handle(packet: Packet, site: Site) -> bool:
            before = getattr(packet, self.name)
            after = (before & ~self.mask) | (self.value & self.mask)
            setattr(packet, self.name, after)
            if self.name == "tos":
                for field, old, new in (("dscp", before >> 2, after >> 2), ("ecn", before & 3, after & 3)):
                    if old != new:
                        site.edited(packet, f"ip.dsfield.{field}", old, new)
            return True

        return handle


@attrs.frozen(kw_only=True)
class WindowClamp:
    """Lower the receive window that segments beyond the handshake announce."""

    most: int = 400
    finding: str | None = None

    def start(self, rng: Random) -> Handler:
        def handle(packet: Packet, site: Site) -> bool:
            if packet.proto == TCP and not packet.flags & SYN and packet.window > self.most:
                site.edited(packet, "tcp.window_size_value", packet.window, self.most)
                packet.window = self.most
            return True

        return handle
