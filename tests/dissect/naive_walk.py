"""Slow, obvious twin of the walk over headers: a frame in, its innermost packet and the tunnels around it out."""

from typing import NamedTuple

from tests.dissect import naive_links

PACKET, NOT_IP, UNSUPPORTED_LINK, MALFORMED = range(4)
MPLS, PPPOE, IPIP, SIX_IN_FOUR, FOUR_IN_SIX, SIX_IN_SIX, GRE, PPTP, ERSPAN = range(1, 10)
ETHERIP, VXLAN, GENEVE, GTP, L2TP, L2TPV3, TEREDO = range(10, 17)
FAMILIES = {2: 4, 10: 6, 23: 6, 24: 6, 28: 6, 30: 6}
TAGS = (0x8100, 0x88A8, 0x9100, 0x9200)
NO_END = 1 << 17
PATIENCE = 16
DEPTH = 8


class Stop(Exception):
    """Ends the walk; ``is_broken``: a header was cut or contradicts itself."""

    def __init__(self, is_broken=False):
        super().__init__(is_broken)
        self.is_broken = is_broken


class Found(NamedTuple):
    """One sound IP header on the way."""

    at: int
    version: int
    cap_end: int
    wire_end: int
    layers: tuple
    """(kind, key, source position or -1, outer version, protocol, sport, dport), outermost first."""
    tags: tuple


class Walk:
    """``packets`` grows by each IP header; the last is the innermost."""

    def __init__(self, data):
        self.data = data
        self.packets = []
        self.first_tunnel = None
        self.is_deep = False

    def number(self, at, size, end):
        if at + size > end:
            raise Stop(is_broken=True)
        return int.from_bytes(self.data[at : at + size], "big")

    def peek(self, at, size):
        return int.from_bytes(self.data[at : at + size], "big")


def vlan_of(tags):
    if not tags:
        return -1
    return tags[0] if len(tags) == 1 else tags[0] << 12 | tags[1] | 1 << 24


def ones_sum(data):
    total = sum(int.from_bytes(data[i : i + 2].ljust(2, b"\0"), "big") for i in range(0, len(data), 2))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def is_header(data, at, end, promised):
    """IP version of a whole, consistent header, or 0."""
    if at >= end or data[at] >> 4 not in ((4, 6) if not promised else (promised,)):
        return 0
    version = data[at] >> 4
    if version == 6:
        return 6 if at + 40 <= end else 0
    if at + 20 > end:
        return 0
    header, total = (data[at] & 15) * 4, int.from_bytes(data[at + 2 : at + 4], "big")
    return 4 if header >= 20 and at + header <= end and (total == 0 or total >= header) else 0


def is_carried(data, at, cap_end, wire_end, promised, is_guess):
    """The same inside a carrier."""
    version = is_header(data, at, cap_end, promised)
    if version == 4:
        total = int.from_bytes(data[at + 2 : at + 4], "big")
        if not total or at + total > wire_end:
            return 0
        if is_guess and ones_sum(data[at : at + (data[at] & 15) * 4]) != 0xFFFF:
            return 0
    if version == 6:
        length = int.from_bytes(data[at + 4 : at + 6], "big")
        end = at + 40 + length
        if end > wire_end or (is_guess and end != wire_end) or (length == 0 and data[at + 6] != 59):
            return 0
    return version


def stated_end(data, at, version, wire_end):
    total = int.from_bytes(data[at + 2 : at + 4] if version == 4 else data[at + 4 : at + 6], "big")
    if total == 0 and (version == 4 or data[at + 6] != 59):
        return wire_end
    return min(at + total + (40 if version == 6 else 0), wire_end)


def innermost(data, wire_len, link_type):
    """(fate, walk, where the link's addresses begin or None)."""
    walk = Walk(data)
    if not data:
        return MALFORMED, walk, None
    addresses_at = None
    try:
        link_type, protocol, place, start = naive_links.enter(data, link_type)
        addresses_at = start if link_type in (1, 113, 276, 105, 281, 284, 285) else None
        if protocol is None:
            link(walk, link_type, start, wire_len)
        else:
            medium(walk, protocol, place, Way(len(data), wire_len))
    except naive_links.Broken:
        return MALFORMED, walk, addresses_at
    except naive_links.Unread:
        return NOT_IP, walk, addresses_at
    except Stop as stop:
        if not walk.packets:
            return (MALFORMED if stop.is_broken else NOT_IP), walk, addresses_at
    except LookupError:
        return UNSUPPORTED_LINK, walk, addresses_at
    return PACKET, walk, addresses_at


def link(walk, link_type, at, wire_len):
    end = len(walk.data)
    way = Way(end, wire_len)
    if link_type == 1:
        return ethernet(walk, at, way)
    if link_type in (113, 276):
        header = 16 if link_type == 113 else 20
        walk.number(at, header, end)
        if walk.peek(at + (2 if link_type == 113 else 8), 2) in (801, 802, 803, 824):
            raise Stop
        return ethertype(walk, walk.peek(at + (14 if link_type == 113 else 0), 2), at + header, way)
    if link_type in (12, 14, 101):
        return ip(walk, at, 0, way)
    if link_type in (228, 229):
        return ip(walk, at, 4 if link_type == 228 else 6, way)
    if link_type in (0, 108):
        family = walk.number(at, 4, end)
        if family > 0xFFFF:
            family = int.from_bytes(walk.data[at : at + 4], "little") & 0xFFFF
        if family not in FAMILIES:
            raise Stop
        return ip(walk, at + 4, FAMILIES[family], way)
    if link_type in (9, 50):
        walk.number(at, 4, end)
        if walk.data[at] in (0x0F, 0x8F) and walk.data[at + 1] == 0:
            return ethertype(walk, walk.peek(at + 2, 2), at + 4, way)
        return ppp(walk, at, way)
    if link_type == 104:
        return ethertype(walk, walk.number(at, 4, end) & 0xFFFF, at + 4, way)
    raise LookupError


def medium(walk, protocol, at, way):
    """What a link beyond the common ones says of the next header."""
    if protocol == "any ip":
        return ip(walk, at, 0, way)
    if protocol == "length":
        return length(walk, at, way)
    return ethertype(walk, protocol, at, way)


class Way(NamedTuple):
    """Where the walk is: ends of the carrier, layers and tags so far, steps left, how far the bytes are trusted."""

    cap_end: int
    wire_end: int
    layers: tuple = ()
    tags: tuple = ()
    left: int = PATIENCE
    is_cut: bool = False
    is_guess: bool = False
    waiting: tuple | None = None
    """Outer header that the label stack to come belongs to."""

    def on(self):
        """One header further."""
        if self.left == 0:
            raise Stop
        return self._replace(left=self.left - 1)


def ethernet(walk, at, way):
    way = way.on()._replace(tags=())
    return ethertype(walk, walk.number(at, 14, way.cap_end) & 0xFFFF, at + 14, way)


def ethertype(walk, kind, at, way):
    if kind in (0x0800, 0x86DD):
        return ip(walk, at, 4 if kind == 0x0800 else 6, way)
    if kind in TAGS:
        way = way.on()
        tag = walk.number(at, 4, way.cap_end)
        return ethertype(walk, tag & 0xFFFF, at + 4, way._replace(tags=(*way.tags, tag >> 16 & 0xFFF)))
    if kind in (0x8847, 0x8848):
        return labels(walk, at, way)
    if kind == 0x8864:
        way = way.on()
        start = walk.number(at, 8, way.cap_end)
        return ppp(walk, at + 6, layer(walk, at, way, (PPPOE, start >> 32 & 0xFFFF, -1, 0, 0, -1, -1)))
    if kind < 0x600:
        return length(walk, at, way.on())
    if kind in (0x894F, 0x88E5, 0xD28B):
        return shim(walk, kind, at, way.on())
    raise Stop


def length(walk, at, way):
    """IEEE 802.2: SNAP, or IP straight on LLC."""
    walk.number(at, 3, way.cap_end)
    if walk.data[at : at + 2] == b"\x06\x06":
        return ip(walk, at + 3, 4, way)
    if walk.data[at : at + 6] != b"\xaa\xaa\x03\0\0\0" or at + 8 > way.cap_end:
        raise Stop
    return ethertype(walk, walk.peek(at + 6, 2), at + 8, way)


def shim(walk, kind, at, way):
    """Service headers (RFC 8300), MACsec that only signs (IEEE 802.1AE), Arista's stamps."""
    walk.number(at, 8, way.cap_end)
    first, second = walk.peek(at, 2), walk.peek(at + 2, 2)
    if kind == 0x894F:
        size, following = (first & 63) * 4, second & 0xFF
        if size < 8:
            raise Stop(is_broken=True)
        if following == 3:
            return ethernet(walk, at + size, way)
        if following not in (1, 2):
            raise Stop
        return ip(walk, at + size, 4 if following == 1 else 6, way)
    if kind == 0x88E5:
        if first >> 8 & 0x0C:
            raise Stop
        size = 14 if first >> 8 & 0x20 else 6
    else:
        if first != 1 or second & 0xFF not in (0x10, 0x20):
            raise Stop
        size = {0x10: 12, 0x20: 10}[second & 0xFF]
    return ethertype(walk, walk.number(at + size, 2, way.cap_end), at + size + 2, way)


def layer(walk, at, way, what):
    """The way with one more tunnel, which starts at ``at``."""
    if len(way.layers) == DEPTH:
        walk.is_deep = bool(walk.packets)
        raise Stop
    if walk.first_tunnel is None:
        walk.first_tunnel = at
    return way._replace(layers=(*way.layers, what))


def ppp(walk, at, way):
    way = way.on()
    if walk.number(at, 2, way.cap_end) == 0xFF03:
        at += 2
    number = walk.number(at, 2, way.cap_end)
    size = 2
    if number >> 8 & 1:
        number, size = number >> 8, 1
    if number == 0x281:
        return labels(walk, at + size, way)
    if number not in (0x21, 0x57):
        raise Stop
    return ip(walk, at + size, 4 if number == 0x21 else 6, way)


def leads_to_ip(data, at, way):
    """An Ethernet header with a sound IP header behind it."""
    if at + 14 > way.cap_end:
        return False
    kind = int.from_bytes(data[at + 12 : at + 14], "big")
    at += 14
    for _ in range(2):
        if kind in TAGS and at + 4 <= way.cap_end:
            kind = int.from_bytes(data[at + 2 : at + 4], "big")
            at += 4
    version = {0x0800: 4, 0x86DD: 6}.get(kind)
    return bool(version) and is_carried(data, at, way.cap_end, way.wire_end, version, version == 4) != 0


def labels(walk, at, way):
    way = way.on()
    outer = way.waiting or (MPLS, -1, -1, 0, 0, -1, -1)
    way, start = way._replace(waiting=None), at
    for _ in range(16):
        walk.number(at, 5, way.cap_end)
        label = walk.peek(at, 3) >> 4
        at += 4
        if walk.data[at - 2] & 1:
            break
    else:
        layer(walk, start, way, outer)
        raise Stop
    way = layer(walk, start, way, (MPLS, label, *outer[2:]))
    nibble = walk.data[at] >> 4
    if nibble in (4, 6) and is_carried(walk.data, at, way.cap_end, way.wire_end, nibble, nibble == 4):
        return ip(walk, at, nibble, way)
    if nibble == 0 and leads_to_ip(walk.data, at + 4, way):
        return ethernet(walk, at + 4, way)
    if leads_to_ip(walk.data, at, way):
        return ethernet(walk, at, way)
    if nibble in (4, 6):
        return ip(walk, at, nibble, way)
    raise Stop


def ip(walk, at, promised, way):
    way = way.on()
    data = walk.data
    if not walk.packets:
        version = is_header(data, at, way.cap_end, promised)
    else:
        if way.is_cut and at + 20 <= way.cap_end:
            way = way._replace(wire_end=stated_end(data, at, 4 if data[at] >> 4 == 4 else 6, at + NO_END))
        version = is_carried(data, at, way.cap_end, way.wire_end, promised, way.is_guess)
    if not version:
        raise Stop(is_broken=True)
    walk.packets.append(Found(at, version, way.cap_end, way.wire_end, way.layers, way.tags))
    proto, inside, has_more = payload_of(data, at, version, way.cap_end)
    if proto not in (4, 17, 41, 47, 51, 97, 115, 137):
        raise Stop
    end = stated_end(data, at, version, way.wire_end)
    cap_end = min(end, way.cap_end)
    if has_more:
        end = inside + NO_END
    if proto == 51 and inside + 8 <= cap_end:
        proto, inside = data[inside], inside + data[inside + 1] * 4 + 8
    way = way._replace(
        cap_end=cap_end, wire_end=end, left=PATIENCE, is_cut=way.is_cut or has_more, is_guess=proto == 17
    )
    carrier = (at + (12 if version == 4 else 8), version, proto)
    return payload(walk, proto, inside, way, carrier)


def payload_of(data, at, version, cap_end):
    """(protocol or None, position, more fragments follow)."""
    if version == 4:
        word = int.from_bytes(data[at + 6 : at + 8], "big")
        return (None if word & 0x1FFF else data[at + 9]), at + (data[at] & 15) * 4, bool(word & 0x2000)
    proto, here, has_more = data[at + 6], at + 40, False
    for _ in range(8):
        if proto not in (0, 43, 44, 51, 60):
            return proto, here, has_more
        if here + 8 > cap_end:
            return None, here, has_more
        size = {44: 8, 51: data[here + 1] * 4 + 8}.get(proto, data[here + 1] * 8 + 8)
        if proto == 44:
            has_more = has_more or bool(data[here + 3] & 1)
            if int.from_bytes(data[here + 2 : here + 4], "big") & 0xFFF8:
                return None, here, has_more
        proto, here = data[here], here + size
        if here > cap_end:
            return None, here, has_more
    return None, here, has_more


def payload(walk, proto, at, way, carrier):
    """What an IP packet carries."""
    data, end = walk.data, way.cap_end

    def go(kind, key, what, at, way, ports=(-1, -1)):
        """Walk on behind a tunnel header."""
        full = (kind, key, *carrier, *ports)
        if what is not labels:
            return what(walk, at, layer(walk, walk.packets[-1].at, way, full))
        layer(walk, walk.packets[-1].at, way, full)
        if proto == 47:
            return labels(walk, at, layer(walk, walk.packets[-1].at, way, full))
        return labels(walk, at, way._replace(waiting=full))

    def four(walk, at, way):
        return ip(walk, at, 4, way)

    def six(walk, at, way):
        return ip(walk, at, 6, way)

    def any_ip(walk, at, way):
        return ip(walk, at, 0, way)

    if proto == 4:
        return go(IPIP if carrier[1] == 4 else FOUR_IN_SIX, -1, four, at, way)
    if proto == 41:
        return go(SIX_IN_FOUR if carrier[1] == 4 else SIX_IN_SIX, -1, six, at, way)
    if proto == 137:
        return go(MPLS, -1, labels, at, way)
    if proto == 97 and at + 2 <= end and data[at : at + 2] == b"\x30\0":
        return go(ETHERIP, -1, ethernet, at + 2, way)
    if proto == 115 and at + 4 <= end and any(data[at : at + 4]):
        at, key = behind_cookie(data, at + 4, way), walk.peek(at, 4)
        return go(L2TPV3, key, ethernet, at, way)
    if proto == 47:
        return gre(walk, at, way, go, (four, six, any_ip))
    if proto == 17 and at + 8 <= end:
        return udp(walk, at, way, go, (four, six, any_ip))
    raise Stop


def behind_cookie(data, at, way):
    for size in (0, 4, 8, 12):
        if leads_to_ip(data, at + size, way):
            return at + size
    raise Stop


def gre(walk, at, way, go, ips):
    four, six, any_ip = ips
    data = walk.data
    flags, kind = walk.number(at, 4, way.cap_end) >> 16, walk.peek(at + 2, 2)
    if flags & 7 == 1:
        size = 8 + 4 * bool(flags & 0x1000) + 4 * bool(flags & 0x80)
        if kind != 0x880B or flags & 0xEF78 != 0x2000 or at + size > way.cap_end:
            raise Stop
        return go(PPTP, walk.peek(at + 6, 2), ppp, at + size, way)
    if flags & 0x4FFF:
        raise Stop
    has_sum, has_key, has_number = (bool(flags & bit) for bit in (0x8000, 0x2000, 0x1000))
    key = walk.peek(at + 4 + 4 * has_sum, 4) if has_key else -1
    here = at + 4 * (1 + has_sum + has_key + has_number)
    if here > way.cap_end:
        raise Stop
    if kind in (0x88BE, 0x22EB):
        if kind == 0x88BE and not has_number:
            return go(ERSPAN, key, ethernet, here, way)
        size = 8 if kind == 0x88BE else 12
        if here + size > way.cap_end or data[here] >> 4 != (1 if size == 8 else 2):
            raise Stop
        word, what = walk.peek(here + 2, 2), ethernet
        if size == 12:
            tail = walk.peek(here + 10, 2)
            size += 8 * (tail & 1)
            if tail >> 10 & 31 not in (0, 2):
                raise Stop
            what = any_ip if tail >> 10 & 31 else ethernet
        return go(ERSPAN, word & 0x3FF, what, here + size, way._replace(is_cut=way.is_cut or bool(word & 0x400)))
    what = {0x6558: ethernet, 0x880B: ppp, 0x0800: four, 0x86DD: six, 0x8847: labels, 0x8848: labels}.get(kind)
    if what is None:
        raise Stop
    return go(GRE, key, what, here, way)


def udp(walk, at, way, go, ips):
    four, six, any_ip = ips
    data = walk.data
    sport, dport, length = (walk.peek(at + 2 * i, 2) for i in range(3))
    ports = sport, dport
    if length < 16 or at + length > way.wire_end:
        raise Stop
    at += 8
    way = way._replace(wire_end=at - 8 + length, cap_end=min(way.cap_end, at - 8 + length), is_cut=False)
    end = way.cap_end
    if dport in (4789, 8472, 4790):
        if at + 8 > end or not data[at] & 8 or data[at + 7]:
            raise Stop
        if dport == 4790:
            what = {1: four, 2: six, 3: ethernet}.get(data[at + 3])
        else:
            what = ethernet if data[at] & 0x7F == 8 else None
        if what:
            return go(VXLAN, walk.peek(at + 4, 3), what, at + 8, way, ports)
    elif dport == 6081:
        if at + 8 > end or data[at] >> 6 or data[at + 7]:
            raise Stop
        what = {0x6558: ethernet, 0x0800: four, 0x86DD: six}.get(walk.peek(at + 2, 2))
        if what:
            return go(GENEVE, walk.peek(at + 4, 3), what, at + 8 + 4 * (data[at] & 63), way, ports)
    elif dport == 6635:
        return go(MPLS, -1, labels, at, way, ports)
    elif 2152 in ports:
        here, last = behind_gtp(data, at, way)
        way = way._replace(wire_end=last, cap_end=min(end, last))
        return go(GTP, walk.peek(at + 4, 4), any_ip, here, way, ports)
    elif 1701 in ports:
        return l2tp(walk, at, way, go, ports)
    elif 3544 in ports:
        if at + 4 <= end and walk.peek(at, 2) == 1:
            at += 13 + data[at + 2] + data[at + 3]
        if at + 2 <= end and walk.peek(at, 2) == 0:
            at += 8
        return go(TEREDO, -1, six, at, way, ports)
    raise Stop


def behind_gtp(data, at, way):
    """(position of the packet, end) of a GTP-U message."""
    if at + 8 > way.cap_end or data[at] >> 4 != 3 or data[at + 1] != 255:
        raise Stop
    last = at + 8 + int.from_bytes(data[at + 2 : at + 4], "big")
    if last > way.wire_end:
        raise Stop
    if not data[at] & 7:
        return at + 8, last
    here = at + 12
    if here > way.cap_end:
        raise Stop
    following = data[at + 11] if data[at] & 4 else 0
    for _ in range(8):
        if not following:
            return here, last
        if here + 4 > way.cap_end or not data[here]:
            raise Stop
        here += 4 * data[here]
        if here > way.cap_end:
            raise Stop
        following = data[here - 1]
    raise Stop


def l2tp(walk, at, way, go, ports):
    end = way.cap_end
    if at + 8 > end:
        raise Stop
    flags = walk.peek(at, 2)
    if flags & 0xFFF0 == 0 and flags & 15 == 3:
        here = behind_cookie(walk.data, at + 8, way)
        return go(L2TPV3, walk.peek(at + 4, 4), ethernet, here, way, ports)
    if flags & 0xB4F0 or flags & 15 != 2:
        raise Stop
    here, last = at + 2, way.wire_end
    if flags & 0x4000:
        here, last = here + 2, at + walk.peek(here, 2)
    key = walk.peek(here, 4)
    here += 8 if flags & 0x800 else 4
    if flags & 0x200:
        if here + 2 > end:
            raise Stop
        here += 2 + walk.peek(here, 2)
    if last > way.wire_end or here + 2 > end:
        raise Stop
    return go(L2TP, key, ppp, here, way._replace(wire_end=last, cap_end=min(end, last)), ports)
