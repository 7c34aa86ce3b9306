"""Links beyond the common ones, plainly: the twin of ``medium_kernel``.

In: a frame and its link type. Out: ``(link type or protocol name, position)``; ``Broken`` and ``Unread`` say why not.
Method: tcpdump.org/linktypes.html with ``struct``; one function per header, a table of those of fixed size.
"""

import struct

WRAPPERS = 3
FAMILIES = {2: 4, 10: 6, 23: 6, 24: 6, 26: 6, 28: 6, 30: 6}


class Broken(Exception):
    """The header is cut."""


class Unread(Exception):
    """Nothing that can be read follows."""


def take(form, data, at):
    size = struct.calcsize(form)
    if at + size > len(data):
        raise Broken
    return struct.unpack(form, data[at : at + size])


def unwrap(data, at, link_type):
    """The link inside one header of a capture system, or None."""
    if link_type in (258, 149):
        size, _, inner = take("<III", data, at)
        if link_type == 149 and not 12 <= size <= 1024:
            raise Unread
    elif link_type == 192:
        _, _, size, inner = take("<BBHI", data, at)
    elif link_type == 127:
        return radiotap(data, at)
    elif link_type in (119, 163):
        magic, length = take(">II", data, at)
        size, inner = (length if magic >> 12 == 0x80211 else 144), 105
    elif link_type == 178:
        magic, flags = take(">3sB", data, at)
        if magic != b"MGC":
            raise Broken
        if flags & 2:
            raise Unread
        size, inner = (6 + take(">H", data, at + 4)[0] if flags & 0x80 else 4), 1
    elif link_type in FIXED:
        size, inner = FIXED[link_type]
    else:
        return None
    if size < 1 or at + size > len(data):
        raise Broken
    return inner, at + size


FIXED = {240: (4, 1), 282: (4, 1), 274: (8, 1), 279: (32, 1), 204: (1, 9), 205: (1, 104), 166: (2, 9)}


def radiotap(data, at):
    _, _, size, present = take("<BBHI", data, at)
    if size < 8 or at + size > len(data):
        raise Broken
    words, field = present, 8
    while words >> 31 and field + 4 <= size:
        (words,) = take("<I", data, at + field)
        field += 4
    if present & 1:
        field += -field % 8 + 8
    if present & 2 and field < size and data[at + field] & 0x20:
        raise Unread
    return 105, at + size


def wireless(data, at):
    control, flags = take(">BB22x", data, at)
    kind, subtype = control >> 2 & 3, control >> 4
    fragment = take("<H", data, at + 22)[0] & 15
    if kind != 2 or subtype & 4 or flags & 0x40 or flags & 4 or fragment:
        raise Unread
    at += 30 if flags & 3 == 3 else 24
    if subtype & 8:
        (quality,) = take("<H", data, at)
        if quality & 0x80:
            raise Unread
        at += 6 if flags & 0x80 else 2
    return "length", at


def frame_relay(data, at):
    for size in (2, 3, 4):
        if size == 4 or at + size > len(data) or data[at + size - 1] & 1:
            at += size
            break
    control, number = take(">BB", data, at)
    if control != 3:
        return control << 8 | number, at + 2
    at += 1
    if data[at] == 0:
        at += 1
    (number,) = take(">B", data, at)
    if number in (0xCC, 0x8E):
        return (0x0800 if number == 0xCC else 0x86DD), at + 1
    if number == 0x80 and at + 6 <= len(data) and data[at + 1 : at + 4] == bytes(3):
        return take(">H", data, at + 4)[0], at + 6
    raise Unread


def log(data, at):
    family, *_ = take(">BBH", data, at)
    at += 4
    while at + 4 <= len(data):
        length, kind = take("<HH", data, at)
        if kind & 0x7FFF > 0xFF:
            length, kind = take(">HH", data, at)
        if length < 4:
            raise Broken
        if kind & 0x7FFF == 9:
            if family not in (2, 10):
                raise Unread
            return (0x0800 if family == 2 else 0x86DD), at + 4
        at += length + -length % 4
    raise Unread


def arcnet(data, at, link_type):
    at += 2 if link_type == 7 else 4
    number, split, _ = take(">BBH", data, at)
    if number == 0xF0:
        return 0x0800, at + 1
    if number not in (0xD4, 0xC4) or split:
        raise Unread
    return (0x0800 if number == 0xD4 else 0x86DD), at + 4


def family(number, at):
    if number not in FAMILIES:
        raise Unread
    return (0x0800 if FAMILIES[number] == 4 else 0x86DD), at


def fixed(data, at, link_type):
    """Media whose header has one size and says what follows in one place."""
    size = HEADERS[link_type] if link_type != 117 else (data[at] + 3) // 4 * 4
    if size < 2 or at + size > len(data):
        raise Broken
    body = at + size
    if link_type in (117, 226):
        return family(data[at + 1], body)
    if link_type == 109:
        big, little = take(">I", data, at)[0], data[at]
        return family(little if big > 0xFFFF else big, body)
    if link_type in (242, 138):
        return take(">H", data, at + (40 if link_type == 242 else 16))[0], body
    if link_type in (8, 102):
        return "any ip", body
    if link_type == 123:
        kind = data[at] & 15
        if kind not in (2, 5):
            raise Unread
        return ("length", body) if kind == 2 else (0x0800, body)
    if link_type == 6 and data[at + 8] & 0x80 and body + 2 <= len(data):
        body += data[body] & 31
    return "length", body


HEADERS = {117: 0, 226: 24, 102: 24, 109: 12, 242: 44, 138: 18, 8: 16, 122: 16, 10: 13, 6: 14, 123: 4}
TAGGED = {281: (16, 18), 284: (16, 18), 285: (20, 22)}


def enter(data, link_type):
    """``(link type, protocol or None, position, where the link starts)``; None: a common link stands at the position."""
    at = 0
    for _ in range(WRAPPERS):
        inner = unwrap(data, at, link_type)
        if inner is None:
            break
        link_type, at = inner
    if at >= len(data):
        raise Broken
    protocol, place = None, at
    if link_type == 105:
        protocol, place = wireless(data, at)
    elif link_type == 107:
        protocol, place = frame_relay(data, at)
    elif link_type == 239:
        protocol, place = log(data, at)
    elif link_type in (7, 129):
        protocol, place = arcnet(data, at, link_type)
    elif link_type in (100, 106):
        protocol = 0x0800 if data[at] >> 4 == 4 else "length"
    elif link_type == 51:
        protocol = 0x8864
    elif link_type in TAGGED:
        field, size = TAGGED[link_type]
        protocol, place = take(">H", data, at + field)[0], at + size
    elif link_type in HEADERS:
        protocol, place = fixed(data, at, link_type)
    return link_type, protocol, place, at
