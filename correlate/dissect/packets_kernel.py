"""All layers of a chunk's packets, one after another.

In: frames, and where their packets are. Out: the columns, and how many packets want a further look.
Method: one kernel that calls those of the layers in turn, each a loop over the chunk's packets: nothing passes through
Python between them, and one piece of machine code is loaded instead of six.
Not here: what is rare and read with numpy (``frames.py``): quotes, QUIC, what is around a tunnelled packet.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.dissect.ip_kernel import read_ipv4, read_ipv6
from correlate.dissect.numbers_kernel import read_numbers
from correlate.dissect.options_kernel import read_options
from correlate.dissect.payload_kernel import read_payload
from correlate.dissect.transport_kernel import read_transport
from correlate.jit import kernel
from correlate.model.frames import NO_TIME
from correlate.model.packets import UDP, PacketFlag
from correlate.model.quic import LEAST_PAYLOAD

TRANSPORT = int(PacketFlag.TRANSPORT)
IS_UNTIMED = int(PacketFlag.NO_TIME)
ICMP_ERROR = int(PacketFlag.ICMP_ERROR)

ERRORS, LONG_HEADERS, SHORT_HEADERS = 0, 1, 2
"""What is counted: ICMP errors; datagrams that may be QUIC, by the form of their header."""


@kernel
def place(frames: Any, first_frame: Any, file: Any, base: Any, found: Any, out: Any) -> None:
    """Fill the columns that say where and when each packet was captured.

    ``base`` is added to interfaces. Most captures are one file of one interface: zeros are not written, so that such
    columns stay untouched memory.
    """
    offset, cap_len, wire_len, ts_ns, interface = frames
    kept, l3, payload, source = found.kept, found.l3, found.payload, found.source
    vlan, link_hash, version = found.vlan, found.link_hash, found.version
    for r in range(len(kept)):
        i = kept[r]
        out.ts_ns[r], out.cap_len[r], out.wire_len[r] = ts_ns[i], cap_len[i], wire_len[i]
        out.frame[r] = first_frame + i
        if file != 0:
            out.file[r] = file
        if interface[i] + base != 0:
            out.interface[r] = interface[i] + base
        if ts_ns[i] == NO_TIME:
            out.flags[r] |= np.uint32(IS_UNTIMED)
        out.l3_offset[r] = (l3[r] - offset[i]) & 0xFFFF
        out.payload_offset[r] = (payload[r] - offset[i]) & 0xFFFF
        out.vlan[r] = vlan[r]
        out.link_hash[r] = link_hash[r]
        source[r] = l3[r] + (12 if version[r] == 4 else 8)


@kernel
def count_rare(data: Any, payload: Any, out: Any, seen: Any) -> None:
    """Add to ``seen`` int64 (3,) the packets that want a further look."""
    flags, proto, payload_cap = out.flags, out.proto, out.payload_cap
    for r in range(len(payload)):
        kind = np.int64(flags[r])
        if kind & ICMP_ERROR:
            seen[ERRORS] += 1
        elif proto[r] == UDP and payload_cap[r] >= LEAST_PAYLOAD and kind & TRANSPORT:
            form = data[payload[r]] & 0xC0
            if form == 0xC0:
                seen[LONG_HEADERS] += 1
            elif form == 0x40:
                seen[SHORT_HEADERS] += 1


@kernel
def read_packets(
    data: Any,
    frames: Any,
    first_frame: Any,
    file: Any,
    base: Any,
    found: Any,
    digest: Any,
    head_digest: Any,
    out: Any,
    seen: Any,
) -> None:
    """Fill the columns of all packets.

    In: ``frames`` (FrameColumns); ``found`` (Scratch), filled by ``find_packets`` up to ``version``. Out: the rest of
    ``found``; ``out`` (PacketColumns), zeros before but for ``stop``, whose digests are ``digest`` and ``head_digest``
    uint64; ``seen`` int64 (3,), added to.
    """
    l3, cap_end, wire_end, version = found.l3, found.cap_end, found.wire_end, found.version
    l4, ip_end, payload, half_sum = found.l4, found.ip_end, found.payload, found.half_sum
    read_ipv4(data, l3, cap_end, wire_end, version, l4, ip_end, out)
    read_ipv6(data, l3, cap_end, wire_end, version, l4, ip_end, out)
    read_transport(data, l3, version, cap_end, l4, ip_end, payload, found.sport, found.dport, half_sum, out)
    read_options(data, l4, ip_end, cap_end, out)
    read_numbers(data, l4, ip_end, cap_end, payload, found.sport, found.dport, out)
    read_payload(data, payload, cap_end, half_sum, digest, head_digest, out)
    place(frames, first_frame, file, base, found, out)
    count_rare(data, payload, out, seen)
