"""Whether a frame with new bytes still is what it was.

In: old and new bytes. Out: headers without what nothing needs; which frames the walk finds otherwise than before.
Method: a header's opener is asked again for each byte that becomes zero: what it still opens alike the byte did not
tell. A keyed hash may, rarely, look like a tunnel where the payload did not; such frames are told, and blanked further.
Not here: the rows (``sites_kernel.py``), when this is done (``rewrite.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.headers.link_kernel import PACKET
from correlate.headers.medium_kernel import enter_frame
from correlate.headers.tunnel_kernel import open_gre, open_other, open_udp
from correlate.headers.walk_kernel import CAP_END, DEPTH, L3, LAYER_SLOTS, SLOTS, VERSION, WIRE_END, clear_layer, walk
from correlate.jit import kernel
from correlate.model.tunnels import MAX_DEPTH
from correlate.privacy.sites import LINK_OPENER, STAGED, THIN

MOST_BYTES = 4096
"""Of a header that are looked at one by one; what follows becomes zeros at once."""
SEEN = 9
"""Numbers that an opener's answer consists of."""


@kernel
def _answer(data: Any, opener: Any, head: Any, cap_end: Any, wire_end: Any, kind: Any, layer: Any, out: Any) -> None:
    """Fill ``out`` int64 (SEEN,) with what the opener says of the header at ``head``."""
    clear_layer(layer)
    extra = np.int64(0)
    if opener == LINK_OPENER:
        fate, protocol, at, begin, has_addresses = enter_frame(data, head, cap_end, kind)
        extra, layer[0], layer[1] = np.int64(fate), begin, 1 if has_addresses else 0
    elif opener == 17:
        protocol, at, extra = open_udp(data, head, cap_end, wire_end, layer)
    elif opener == 47:
        protocol, at, is_cut = open_gre(data, head, cap_end, layer)
        extra = np.int64(1 if is_cut else 0)
    else:
        protocol, at = open_other(data, opener, kind, head, cap_end, wire_end, layer)
    out[0], out[1], out[2] = protocol, at, extra
    out[3], out[4], out[5], out[6] = layer[0], layer[1], layer[2], layer[3]


@kernel
def thin(data: Any, sites: Any) -> None:
    """Make zeros of the bytes of headers (rows ``THIN``) that their openers do not need."""
    layer = np.empty(LAYER_SLOTS, np.int64)
    before, after = np.zeros(SEEN, np.int64), np.zeros(SEEN, np.int64)
    for row in range(len(sites)):
        if sites[row, 0] != THIN:
            continue
        at, end, head, opener = sites[row, 1], sites[row, 2], sites[row, 3], sites[row, 4]
        cap_end, kind, wire_end = sites[row, 5], sites[row, 6], sites[row, 8]
        _answer(data, opener, head, cap_end, wire_end, kind, layer, before)
        for place in range(at, min(end, at + MOST_BYTES)):
            byte = data[place]
            if byte == 0:
                continue
            data[place] = 0
            _answer(data, opener, head, cap_end, wire_end, kind, layer, after)
            if (before != after).any():
                data[place] = byte
        if end > at + MOST_BYTES:
            data[at + MOST_BYTES : end] = 0


@kernel
def _look(data: Any, at: Any, end: Any, wire_end: Any, link_type: Any, found: Any, layers: Any) -> Any:
    """Return the frame's fate and fill ``found`` and ``layers``."""
    link = np.int64(1) if link_type == STAGED else link_type
    fate, protocol, here, _begin, _has = enter_frame(data, at, end, link)
    if fate == PACKET:
        fate = walk(data, protocol, here, end, wire_end, found, layers)
    return fate


@kernel
def _is_same(found: Any, layers: Any, other: Any, others: Any) -> Any:
    for slot in (L3, VERSION, CAP_END, WIRE_END, DEPTH):
        if found[slot] != other[slot]:
            return False
    for depth in range(found[DEPTH]):
        for slot in range(4):
            if layers[depth, slot] != others[depth, slot]:
                return False
    return True


@kernel
def find_strays(old: Any, new: Any, start: Any, cap_end: Any, wire_end: Any, link_type: Any, strays: Any) -> None:
    """Fill ``strays`` bool (n,): the walk finds another packet, or none, or one where there was none."""
    found, other = np.empty(SLOTS, np.int64), np.empty(SLOTS, np.int64)
    layers = np.empty((MAX_DEPTH + 1, LAYER_SLOTS), np.int64)
    others = np.empty((MAX_DEPTH + 1, LAYER_SLOTS), np.int64)
    for row in range(len(start)):
        at, end, wire, link = start[row], cap_end[row], wire_end[row], np.int64(link_type[row])
        if at >= end:
            strays[row] = False
            continue
        fate = _look(old, at, end, wire, link, found, layers)
        now = _look(new, at, end, wire, link, other, others)
        strays[row] = fate != now or (fate == PACKET and not _is_same(found, layers, other, others))


@kernel
def blank_stray(old: Any, new: Any, at: Any, end: Any, wire_end: Any, link_type: Any, most: Any) -> None:
    """Make zeros of a frame that is no packet, but for bytes, among the first ``most``, that say so."""
    found, layers = np.empty(SLOTS, np.int64), np.empty((MAX_DEPTH + 1, LAYER_SLOTS), np.int64)
    new[at:end] = 0
    fate = _look(old, at, end, wire_end, link_type, found, layers)
    if fate == PACKET or _look(new, at, end, wire_end, link_type, found, layers) == fate:
        return
    stop = min(end, at + most)
    new[at:stop] = old[at:stop]
    for place in range(at, stop):
        byte = new[place]
        new[place] = 0
        if _look(new, at, end, wire_end, link_type, found, layers) != fate:
            new[place] = byte
    if _look(new, at, end, wire_end, link_type, found, layers) != fate:
        new[at:end] = 0
