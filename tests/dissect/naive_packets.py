"""Slow, obvious twin of the dissection kernels: one frame of bytes in, a dictionary of column values out."""

import struct

from tests.dissect.naive_walk import innermost, is_header, vlan_of

MASK64 = (1 << 64) - 1
PACKET, NOT_IP, UNSUPPORTED_LINK, MALFORMED = range(4)
(IPV6, HAS_IP_ID, DF, MF, FRAGMENT, LATER_FRAGMENT, IP_LEN_ZERO, CAP_CUT, IP_CSUM_BAD, TRANSPORT, HAS_TS, HAS_MSS, HAS_WSCALE,
 SACK_PERMITTED, HAS_SACK, PAYLOAD_SUM_KNOWN, OPTIONS_CUT, OPTIONS_BAD, ICMP_ERROR, PADDED, LEN_LIES, NO_TIME,
 IP_OPTIONS, NUMBERED, TLS_HANDSHAKE) = (1 << bit for bit in range(25))  # fmt: skip
UNKNOWN, GOOD, BAD, PARTIAL, ABSENT = range(5)
DONE, BY_CAPTURE, BY_IP, BY_UDP, UNKNOWN_PROTOCOL, STOP_LATER, BAD_HEADER, TOO_MANY, TOO_DEEP = range(9)


def signed(number):
    """uint64 as the int64 that the columns hold."""
    return number - (1 << 64) if number >> 63 else number


def ones_sum(data):
    """Folded sum of big-endian words (RFC 1071)."""
    total = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def fnv(data, start=2166136261):
    """FNV-1a, 32 bit."""
    for byte in data:
        start = ((start ^ byte) * 16777619) & 0xFFFFFFFF
    return start


def digest(data):
    """The 64-bit digest of a payload: lanes, or of much sums of products."""
    return long_digest(data) if len(data) >= 128 else lanes_digest(data)


def lanes_digest(data):
    """Four lanes, then the words left over in the first."""
    if not data:
        return 0

    def mix(lane, word):
        lane = ((lane ^ word) * 0x9E3779B97F4A7C15) & MASK64
        return lane ^ (lane >> 32)

    lanes = [0x243F6A8885A308D3, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93]
    blocks = len(data) // 32 * 32
    for at in range(0, len(data), 8):
        lane = at // 8 % 4 if at < blocks else 0
        lanes[lane] = mix(lanes[lane], int.from_bytes(data[at : at + 8], "little"))
    first = lanes[0]
    if len(data) >= 32:
        for lane in lanes[1:]:
            first = mix(first, lane)
    return max(mix(mix(first, len(data)), len(data)), 1)


def long_digest(data):
    """Each word times its key, its halves multiplied and added, 256 words at a time; then the bytes left over."""

    def mix(lane, word):
        lane = ((lane ^ word) * 0x9E3779B97F4A7C15) & MASK64
        return lane ^ (lane >> 32)

    def key(place):
        state = (0x9E3779B97F4A7C15 * place) & MASK64
        state = ((state ^ (state >> 29)) * 0xBF58476D1CE4E5B9) & MASK64
        return state ^ (state >> 32)

    words = [int.from_bytes(data[at : at + 8], "little") for at in range(0, len(data) // 8 * 8, 8)]
    lane = 0x243F6A8885A308D3
    for first in range(0, len(words), 256):
        products = halves = 0
        for place, word in enumerate(words[first : first + 256], 1):
            high, low = divmod(word ^ key(place), 2**32)
            products += high * low
            halves += word // 2**32 + word % 2**32
        lane = mix(mix(lane, products & MASK64), halves)
    if rest := data[len(words) * 8 :]:
        lane = mix(lane, int.from_bytes(rest, "little"))
    return max(mix(mix(lane, len(data)), len(data)), 1)


def take(data, at, count):
    """``count`` bytes at ``at`` as a number."""
    return int.from_bytes(data[at : at + count], "big")


def naive_packet(data, wire_len, link_type):
    """Return ``(fate, columns, endpoints, quote, stack)``; all but the first None unless it is a packet (and quotes one).

    ``stack``: per tunnel layer kind, key and endpoints (None = it has none), outermost first.
    """
    data = data[:wire_len]
    fate, walk, addresses_at = innermost(data, wire_len, link_type)
    if fate != PACKET:
        return fate, None, None, None, None
    packet = walk.packets[-1]
    at, version = packet.at, packet.version
    # The upper half tells the few headers of links apart.
    before = max(1, lanes_digest(data[addresses_at : walk.packets[0].at]) >> 32) if addresses_at is not None else 0
    row = {"l3_offset": at, "vlan": vlan_of(packet.tags), "link_hash": before}
    reader = read_v4 if version == 4 else read_v6
    row["stop"] = TOO_DEEP if walk.is_deep else DONE
    held = data[: packet.cap_end]
    l4, end, bare = reader(held, at, packet.wire_end, row)
    sport, dport, half = read_l4(held, l4, end, version, bare, row)
    read_rest(held, half, row)
    row.update(outer_columns(data, walk, packet))
    ends = (version, row["proto"], *addresses(data, at, version), sport, dport)
    quote = None
    if row["flags"] & ICMP_ERROR:
        start = row["payload_offset"]
        quoted = held[start : start + row["payload_cap"]]
        if row["icmp_type"] in ((3, 11, 12) if version == 4 else (1, 3)):
            length = held[start - 3] * 4 if version == 4 else held[start - 4] * 8
            quoted = quoted[: length or None]
        quote = read_quote(quoted)
    return PACKET, row, ends, quote, [layer_of(data, layer) for layer in packet.layers]


def outer_columns(data, walk, packet):
    columns = {"tunnel_bytes": 0, "outer_ttl": 0, "outer_tos": 0, "outer_id": 0}
    if packet.layers:
        columns["tunnel_bytes"] = packet.at - walk.first_tunnel
    if packet.layers and len(walk.packets) > 1:
        at = walk.packets[-2].at
        if data[at] >> 4 == 4:
            columns.update(outer_ttl=data[at + 8], outer_tos=data[at + 1], outer_id=take(data, at + 4, 2))
        else:
            columns.update(outer_ttl=data[at + 7], outer_tos=take(data, at, 2) >> 4 & 0xFF)
    return columns


def layer_of(data, layer):
    kind, key, source, version, proto, sport, dport = layer
    if source < 0:
        return kind, key, None
    start = source - (12 if version == 4 else 8)
    return kind, key, (version, proto, *addresses(data, start, version), sport, dport)


def addresses(data, at, version):
    if version == 6:
        return data[at + 8 : at + 24], data[at + 24 : at + 40]
    return bytes(12) + data[at + 12 : at + 16], bytes(12) + data[at + 16 : at + 20]


def own_length(row, total, wire, captured):
    row["flags"], row["len_owner"], row["ip_len"] = 0, 0, min(total, wire)
    if total == 0:
        row["flags"], row["len_owner"], row["ip_len"] = IP_LEN_ZERO, 2, wire
    elif total > wire:
        row["flags"], row["len_owner"] = LEN_LIES, 2
    elif total < wire:
        row["flags"] = PADDED
    if row["ip_len"] > captured:
        row["flags"] |= CAP_CUT


def read_v4(data, at, wire_len, row):
    vihl, tos, total, ip_id, fragment, ttl, proto, field = struct.unpack_from(">BBHHHBBH", data, at)
    header = (vihl & 15) * 4
    own_length(row, total, wire_len - at, len(data) - at)
    row.update(tos=tos, ip_id=ip_id, ttl=ttl, proto=proto, ip_csum=field, frag_offset=fragment & 0x1FFF, flow_label=0)
    flags = HAS_IP_ID | (DF if fragment & 0x4000 else 0) | (MF | FRAGMENT if fragment & 0x2000 else 0)
    if fragment & 0x1FFF:
        flags |= FRAGMENT | LATER_FRAGMENT
    if field and ones_sum(data[at : at + header]) != 0xFFFF:
        flags |= IP_CSUM_BAD
    if header > 20:
        flags |= IP_OPTIONS
    row["ip_options"] = max(1, fnv(data[at + 20 : at + header])) if header > 20 else 0
    row["flags"] |= flags
    if fragment & 0x1FFF:
        row["stop"] = STOP_LATER
    return at + header, at + row["ip_len"], ones_sum(data[at + 12 : at + 20])


def read_v6(data, at, wire_len, row):
    first, declared, following, hops = struct.unpack_from(">IHBB", data, at)
    own_length(row, 0 if declared == 0 and following != 59 else declared + 40, wire_len - at, len(data) - at)
    row.update(tos=first >> 20 & 0xFF, flow_label=first & 0xFFFFF, ttl=hops, ip_id=0, frag_offset=0, ip_csum=0)
    end = at + row["ip_len"]
    have = data[:end]
    here, flags, hashed = at + 40, IPV6, b""
    for walked in range(9):
        if following not in (0, 43, 44, 51, 60):
            break
        if walked == 8:
            row["stop"] = TOO_MANY
            break
        size = 8
        if here + 8 <= len(have) and following != 44:
            size = have[here + 1] * 4 + 8 if following == 51 else have[here + 1] * 8 + 8
        if here + size > len(have):
            row["stop"] = BY_CAPTURE if here + size <= end else BY_IP
            break
        header = have[here : here + size]
        if following == 44:
            word, row["ip_id"] = struct.unpack(">HI", header[2:])
            row["frag_offset"] = word >> 3
            flags |= HAS_IP_ID | (MF if word & 1 else 0) | (FRAGMENT if word & 1 or word >> 3 else 0)
        else:
            flags |= IP_OPTIONS
            hashed += header
        following = header[0]
        here += size
        if row["frag_offset"]:
            flags |= LATER_FRAGMENT
            row["stop"] = STOP_LATER
            break
    row["proto"] = following
    row["ip_options"] = max(1, fnv(hashed)) if hashed else 0
    row["flags"] |= flags
    return here, end, ones_sum(data[at + 8 : at + 40])


def read_l4(data, l4, end, version, bare, row):
    """Transport header; returns ports and the header's half of the checksum (None = not to be verified)."""
    row.update(dict.fromkeys(("l4_csum", "seq", "ack", "tcp_flags", "window", "urgent", "tsval", "tsecr", "mss", "wscale",
                              "sack_count", "sack_left", "sack_right", "options", "mapping", "icmp_type", "icmp_code"), 0))  # fmt: skip
    row.update(payload_offset=l4, payload_len=end - l4, l4_csum_state=UNKNOWN)
    have = data[l4:end]
    room = end - l4
    sport = dport = -1
    proto = row["proto"]
    if row["stop"]:
        return sport, dport, None
    is_icmp = (version, proto) in ((4, 1), (6, 58))
    if not is_icmp and proto not in (6, 17):
        row["stop"] = UNKNOWN_PROTOCOL
        return *read_numbers(have, l4, end, row), None
    if len(have) >= 4 and not is_icmp:
        sport, dport = struct.unpack_from(">HH", have)
    least = 20 if proto == 6 else 8
    if len(have) < least:
        row["stop"] = BY_IP if room < least else BY_CAPTURE
        return sport, dport, None
    verify = not row["flags"] & FRAGMENT
    covered, header = room, least
    if proto == 6:
        _, _, seq, ack, word, window, field, urgent = struct.unpack_from(">HHIIHHHH", have)
        header = (word >> 12) * 4
        if header < 20:
            row["stop"] = BAD_HEADER
            return sport, dport, None
        row.update(seq=seq, ack=ack, tcp_flags=word & 0xFFF, window=window, urgent=urgent)
        if header > len(have):
            row["flags"] |= OPTIONS_CUT
            row["stop"] = BY_CAPTURE if header <= room else BY_IP
            verify = False
        if header > 20:
            read_options(have[20:header], header - 20, row)
        if have[header : header + 2] == b"\x16\x03":
            row["flags"] |= TLS_HANDSHAKE
        header = min(header, room)
    elif proto == 17:
        declared, field = struct.unpack_from(">HH", have, 4)
        if declared < 8:
            row["flags"] |= LEN_LIES
            row["stop"] = BY_UDP if declared else DONE
            verify = False
        elif declared > room:
            row["flags"] |= LEN_LIES if verify else 0
            verify = False
        elif declared < room:
            covered, row["len_owner"] = declared, 1
    else:
        kind, code, field, ident, seq = struct.unpack_from(">BBHHH", have)
        row.update(icmp_type=kind, icmp_code=code)
        if kind in ((3, 4, 5, 11, 12) if version == 4 else (1, 2, 3, 4)):
            row["flags"] |= ICMP_ERROR
        elif kind in ((0, 8) if version == 4 else (128, 129)):
            row["seq"] = seq
            sport = dport = ident
    row["flags"] |= TRANSPORT
    row.update(l4_csum=field, payload_offset=l4 + header, payload_len=covered - header)
    if proto == 17 and field == 0:
        row["l4_csum_state"] = ABSENT
        return sport, dport, None
    if not verify:
        return sport, dport, None
    if proto == 1:
        return sport, dport, ones_sum(have[:header])
    without = bare + proto
    if field in (fold(without), fold(without + covered)):
        row["l4_csum_state"] = PARTIAL
    return sport, dport, fold(without + covered + ones_sum(have[:header]))


def read_numbers(have, l4, end, row):
    """SCTP, ESP, AH, GRE: their own numbers; returns the ports."""
    proto, size, ports = row["proto"], 0, (-1, -1)
    if proto == 132 and len(have) >= 12:
        size, ports = 12, struct.unpack_from(">HH", have)
        row["ack"], chunk = take(have, 4, 4), have[12:]
        row["icmp_type"] = chunk[0] if chunk else 0
        at = {0: 4, 64: 4, 3: 4, 1: 16, 2: 16}.get(row["icmp_type"])
        if chunk and at and len(chunk) >= at + 4:
            row["seq"] = take(chunk, at, 4)
    elif proto == 50 and len(have) >= 8:
        size, row["ack"], row["seq"] = 8, take(have, 0, 4), take(have, 4, 4)
    elif proto == 51 and len(have) >= 12:
        size, row["ack"], row["seq"] = 12, take(have, 4, 4), take(have, 8, 4)
    elif proto == 47 and len(have) >= 16 and have[0] & 0x10 and not have[0] & 0x40 and not have[1] & 7:
        at = 8 if have[0] & 0x80 else 4
        if have[0] & 0x20:
            row["ack"], at = take(have, at, 4), at + 4
        row["seq"], size = take(have, at, 4), at + 4
    if size:
        row["flags"] |= NUMBERED
        row.update(stop=DONE, payload_offset=l4 + size, payload_len=end - l4 - size)
    return ports


def fold(total):
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def read_options(have, declared, row):
    """``have`` = option bytes that are here, ``declared`` = how many the header has."""
    shown, at = b"", 0
    is_all_here = len(have) == declared
    while at < len(have):
        kind = have[at]
        if kind <= 1:
            shown += have[at : at + 1]
            at += 1
            if kind == 0:
                break
            continue
        size = have[at + 1] if at + 1 < len(have) else None
        if size is None or at + size > len(have):
            if is_all_here or (size is not None and at + size > declared):
                row["flags"] |= OPTIONS_BAD
            break
        if size < 2:
            row["flags"] |= OPTIONS_BAD
            break
        body = have[at + 2 : at + size]
        hashed = have[at : at + size]
        if kind == 8 and size == 10:
            row["flags"] |= HAS_TS
            row["tsval"], row["tsecr"] = struct.unpack(">II", body)
            hashed = hashed[:2]
        elif kind == 2 and size == 4:
            row["flags"] |= HAS_MSS
            row["mss"] = int.from_bytes(body, "big")
        elif kind == 3 and size == 3:
            row["flags"] |= HAS_WSCALE
            row["wscale"] = body[0]
        elif kind == 4 and size == 2:
            row["flags"] |= SACK_PERMITTED
        elif kind == 5 and size in range(10, 256, 8):
            row["flags"] |= HAS_SACK
            row["sack_count"] = len(body) // 8
            row["sack_left"], row["sack_right"] = struct.unpack_from(">II", body)
            hashed = hashed[:2]
        elif kind == 30:
            row["mapping"] = read_mapping(body)
        elif kind in (2, 3, 4, 5, 8):
            row["flags"] |= OPTIONS_BAD
        shown += hashed
        at += size
    row["options"] = max(1, fnv(shown))


def read_mapping(body):
    """The mapping of an MPTCP option without kind and length (RFC 8684 section 3.3)."""
    if len(body) < 2 or body[0] >> 4 != 2 or not body[1] & 4:
        return 0
    flags = body[1]
    acknowledged = (8 if flags & 2 else 4) if flags & 1 else 0
    shown = body[2 + acknowledged :][: (8 if flags & 8 else 4) + 6]
    return max(1, fnv(shown)) if len(shown) == (8 if flags & 8 else 4) + 6 else 0


def read_rest(data, half, row):
    """Payload columns and the checksum's verdict."""
    payload = data[row["payload_offset"] : row["payload_offset"] + row["payload_len"]]
    head = payload[:32] if len(payload) >= min(32, row["payload_len"]) else b""
    row.update(
        payload_cap=len(payload), digest=signed(digest(payload)), head_digest=signed(digest(head)), payload_sum=0
    )
    if half is None:
        return
    is_whole = len(payload) == row["payload_len"]
    is_sure = row["len_owner"] != 2 and not row["flags"] & IP_OPTIONS
    if is_whole and fold(half + ones_sum(payload)) == 0xFFFF:
        row["l4_csum_state"] = GOOD
        known = True
    else:
        if is_whole and is_sure and row["l4_csum_state"] == UNKNOWN:
            row["l4_csum_state"] = BAD
        known = row["l4_csum_state"] == UNKNOWN and is_sure and not is_whole
    if known:
        row["flags"] |= PAYLOAD_SUM_KNOWN
        row["payload_sum"] = 65535 - half % 65535


def read_quote(data):
    """The packet that an ICMP error quotes: (columns, endpoints), or None."""
    version = is_header(data, 0, len(data), 0)
    if not version:
        return None
    row = {"seq": -1, "l4_csum": -1, "payload_sum": -1}
    if version == 4:
        row.update(ip_id=take(data, 4, 2), ip_len=take(data, 2, 2), ttl=data[8])
        proto, rest = data[9], data[(data[0] & 15) * 4 :]
        if take(data, 6, 2) & 0x1FFF:
            rest = b""
    else:
        row.update(ip_id=-1, ip_len=take(data, 4, 2) + 40, ttl=data[7])
        proto, rest = quoted_extensions(data[6], data[40:])
    sport = dport = -1
    if proto in (6, 17) and len(rest) >= 4:
        sport, dport = struct.unpack_from(">HH", rest)
        row["seq"] = take(rest, 4, 4) if proto == 6 and len(rest) >= 8 else -1
        at = 16 if proto == 6 else 6
        if len(rest) >= at + 2:
            row["l4_csum"] = take(rest, at, 2)
        if proto == 17 and row["l4_csum"] > 0:
            pseudo = b"".join(addresses(data, 0, version)) + b"\0\x11" + rest[4:6]
            row["payload_sum"] = 65535 - ones_sum(pseudo + rest[:8]) % 65535
    elif (version, proto) in ((4, 1), (6, 58)) and len(rest) >= 4:
        row["l4_csum"] = take(rest, 2, 2)
        if len(rest) >= 8 and rest[0] in ((0, 8) if version == 4 else (128, 129)):
            sport = dport = take(rest, 4, 2)
            row["seq"] = take(rest, 6, 2)
            length = (row["ip_len"] - (len(data) - len(rest))) % 65535
            pseudo = b"".join(addresses(data, 0, version)) + b"\0\x3a" + length.to_bytes(2, "big")
            row["payload_sum"] = 65535 - ones_sum((pseudo if version == 6 else b"") + rest[:8]) % 65535
    return row, (version, proto, *addresses(data, 0, version), sport, dport)


def quoted_extensions(following, rest):
    for _ in range(8):
        if following not in (0, 43, 44, 60):
            return following, rest
        if len(rest) < 8:
            return following, b""
        size = 8 if following == 44 else rest[1] * 8 + 8
        is_later = following == 44 and int.from_bytes(rest[2:4], "big") & 0xFFF8
        following = rest[0]
        if size > len(rest) or is_later:
            return following, b""
        rest = rest[size:]
    return following, b""
