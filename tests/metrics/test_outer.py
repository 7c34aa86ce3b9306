"""``metrics.outer``: the headers around packets in a tunnel."""

import struct

import numpy as np
import pytest

from correlate.metrics.addresses import number_addresses
from correlate.metrics.fields import FIELD_NAMES, OUTER
from correlate.metrics.outer import outer_changes
from correlate.metrics.sightings import Pair, Side
from correlate.metrics.texts import TextPool
from tests.match.crafting import CLIENT, SERVER, ip4, table, tcp

NEAR, FAR, OTHER, THIRD = "192.0.2.1", "192.0.2.2", "198.51.100.1", "198.51.100.2"


def vxlan(*, src=NEAR, dst=FAR, sport=50000, vni=7, ident=5, ttl=64, tos=0, inner=1):
    """An Ethernet frame in VXLAN (RFC 7348)."""
    frame = tcp(CLIENT, SERVER, 4000, 80, seq=inner, data=b"x")
    body = struct.pack(">HHHHII", sport, 4789, 16 + len(frame), 0, 8 << 24, vni << 8) + frame
    whole = ip4(src, dst, 17, body, ident=ident, ttl=ttl)
    return whole[:15] + bytes((tos,)) + whole[16:]


def mpls(label, inner=1):
    frame = tcp(CLIENT, SERVER, 4000, 80, seq=inner, data=b"x")
    return frame[:12] + b"\x88\x47" + struct.pack(">I", label << 12 | 0x140) + frame[14:]


def changes(ups, downs, *, is_ambiguous=False, is_cut=False):
    """Field -> (before, after, expected) of frames seen at both ends of a hop; the last packet counts."""
    tables = [table(list(enumerate(frames))) for frames in (ups, downs)]
    book, facts = number_addresses(tables)
    texts, rows = TextPool(), np.arange(len(ups))
    sides = [Side(vantage=k, table=tables[k], tuples=facts[k], rows=rows) for k in (0, 1)]
    flag = np.full(len(ups), is_ambiguous)
    pair = Pair(
        hop=0,
        is_forward=True,
        packet=rows,
        up=sides[0],
        down=sides[1],
        is_cut=np.full(len(ups), is_cut),
        is_ambiguous=flag,
    )
    found = {}
    for change in outer_changes(pair, book, texts):
        name = FIELD_NAMES[change.field]
        before, after = int(change.before[-1]), int(change.after[-1])
        if name.endswith((".src", ".dst")):
            before, after = texts.texts[before], texts.texts[after]
        found[name] = (before, after, bool(change.expected[-1]))
    return found


def one(up, down, **more):
    return changes([vxlan(**up)], [vxlan(**down)], **more)


def test_routers_count_the_outer_ttl_down():
    """RFC 791 section 3.2: what a router within the tunnel's way sees is the outer header."""
    assert one({}, {"ttl": 62}) == {"outer.ip.ttl": (64, 62, True)}


@pytest.mark.parametrize(
    ("change", "rows"),
    [
        ({"tos": 46 << 2}, {"outer.ip.dsfield.dscp": (0, 46, False)}),
        ({"tos": 3}, {"outer.ip.dsfield.ecn": (0, 3, False)}),
        ({"ident": 6}, {"outer.ip.id": (5, 6, False)}),
        ({"vni": 8}, {"outer.tunnel.id": (7, 8, False)}),
    ],
    ids=["dscp", "ecn", "identification", "number"],
)
def test_what_no_router_does_is_unexpected(change, rows):
    assert one({}, change) == rows


def test_a_nat_maps_an_end_of_the_tunnel():
    """RFC 2663, for the tunnel itself."""
    rows = one({}, {"src": OTHER, "sport": 1025, "ttl": 63})
    assert rows["outer.ip.src"] == (NEAR, OTHER, True)
    assert rows["outer.udp.srcport"] == (50000, 1025, True)


def test_one_packet_of_a_tunnel_with_another_end_is_no_mapping():
    ups = [vxlan(inner=k) for k in range(4)]
    downs = [vxlan(inner=0), vxlan(inner=1), vxlan(inner=2), vxlan(inner=3, dst=OTHER)]
    assert changes(ups, downs) == {"outer.ip.dst": (FAR, OTHER, False)}


def test_another_tunnel_of_the_same_kind_has_a_header_of_its_own():
    """Taken out and put in again: both ends, identification, TTL and number are new, DSCP is a choice."""
    rows = one({"ttl": 60}, {"src": OTHER, "dst": THIRD, "ident": 99, "ttl": 255, "vni": 9, "tos": 8})
    assert {name for name, (_, _, expected) in rows.items() if not expected} == {"outer.ip.dsfield.dscp"}
    assert rows["outer.tunnel.id"] == (7, 9, True)


def test_labels_are_swapped_by_design():
    """RFC 3031 section 3.12."""
    assert changes([mpls(100)], [mpls(200)]) == {"outer.tunnel.id": (100, 200, True)}


def test_other_kinds_cuts_and_no_tunnel_are_not_compared():
    bare = [tcp(CLIENT, SERVER, 4000, 80, seq=1, data=b"x")]
    assert changes([vxlan()], [mpls(1)]) == changes([vxlan()], bare) == changes(bare, bare) == {}
    assert one({}, {"tos": 8}, is_cut=True) == {}


def test_of_ambiguous_packets_only_expected_changes_are_told():
    """They may be two packets."""
    assert one({}, {"tos": 8, "ttl": 60}, is_ambiguous=True) == {"outer.ip.ttl": (64, 60, True)}


def test_every_name_is_wiresharks_behind_a_prefix():
    """Contract: raw names; the number of a tunnel has one per kind of tunnel, and here one for all."""
    assert {name.split(".")[0] for name in OUTER} == {"outer"}
    assert {name.removeprefix("outer.") for name in OUTER} - set(FIELD_NAMES) == {"tunnel.id"}
