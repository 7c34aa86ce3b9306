"""One capture against its rewritten versions: exactly the known change is reported, and nothing else.

Rule: README of the captures. The versions keep every stamp, so nothing tells which way a packet travelled; where a
change must be told as before and after, the rewritten capture is first moved beyond a hop: requests arrive there later,
answers leave there earlier.
"""

from __future__ import annotations

import struct
from collections import Counter

import pytest

from correlate.model.correlation import Correlation
from correlate.pipeline import correlate
from tests.real.captures import CAPTURES, need

pytestmark = pytest.mark.real

FOLDER = CAPTURES / "vantages" / "rewrites"
TRANSIT_US = 40
"""Shorter than any gap between a request and its answer in the capture."""


def rewritten(name: str, source: str = "test") -> Correlation:
    after = f"{source}.rewrite_{name}"
    return correlate({"before": need(FOLDER / "test.pcap"), "after": need(FOLDER / after)})


def beyond_a_hop(name: str, folder) -> Correlation:
    """Correlate with a version whose stamps say that it was taken one hop nearer to the servers."""
    data = bytearray(need(FOLDER / f"test.rewrite_{name}").read_bytes())
    order = "<" if data[:4] == b"\xd4\xc3\xb2\xa1" else ">"
    at = 24
    while at < len(data):
        seconds, micros, cap_len = struct.unpack_from(f"{order}III", data, at)
        is_request = data[at + 16 + 14 + 12] == 172 or data[at + 16 + 12 : at + 16 + 14] == b"\x86\xdd"
        micros += 1_000_000 * seconds + (TRANSIT_US if is_request else -TRANSIT_US)
        struct.pack_into(f"{order}II", data, at, *divmod(micros, 1_000_000))
        at += 16 + cap_len
    path = folder / "after.pcap"
    path.write_bytes(data)
    return correlate({"before": FOLDER / "test.pcap", "after": path})


def changes(result: Correlation) -> Counter:
    """Count rows per (field, expected)."""
    c, names = result.mutations.columns, result.mutations.fields
    return Counter((names[f], e) for f, e in zip(c.field.tolist(), c.expected.tolist(), strict=True))


def fields(result: Correlation) -> set[str]:
    return {field for field, _ in changes(result)}


def pairs(result: Correlation) -> int:
    return int((result.trajectories.rows >= 0).all(axis=1).sum())


CHECKSUMS = {"ip.checksum", "tcp.checksum", "udp.checksum"}


TTL, NAT = {"ip.ttl", "ipv6.hlim"}, {"ip.src", "ip.dst"}
NAT6, PORTS = NAT | {"ipv6.src", "ipv6.dst"}, {"tcp.srcport", "tcp.dstport"}
TOS, CUT = {"ip.dsfield.dscp", "ip.dsfield.ecn"}, {"ip.len", "tcp.len", "tcp.payload"}
NOTHING: set[str] = set()
KNOWN = {
    "1ttl": (TTL, 176),
    "2ttl": (TTL, 176),
    "3ttl": (TTL, 176),
    "1ttl-hdrfix": (TTL, 173),
    "3ttl-hdrfix": (TTL, 173),
    # One IP length that contradicted its frame was made right, the payload behind it went.
    "2ttl-hdrfix": (TTL | {"ip.len", "data.data"}, 173),
    "endpoint": (NAT, 176),
    "pnat": (NAT, 176),
    "seed": (NAT6, 176),
    "skip": (NAT6, 176),
    "portmap": (PORTS, 176),
    "range_portmap": (PORTS | {"udp.srcport", "udp.dstport"}, 176),
    "sequence": ({"tcp.seq_raw", "tcp.ack_raw"}, 176),
    "tos": (TOS, 176),
    "mtutrunc": (CUT, 176),
    "vlan802.1ad": ({"vlan.id"}, 176),
    "config": ({"vlan.id"}, 176),
    # Ten packets have their tag inside an Ethernet pseudowire; some versions lose it with the rest of the link layer.
    "layer2": ({"vlan.id"}, 166),
    "dltuser": ({"vlan.id"}, 166),
    "dlthdlc": (NOTHING, 160),
    # What the captures lack, the link layer and padding are no change of a packet.
    "trunc": (NOTHING, 176),
    "pad": (NOTHING, 176),
    "fixlen_pad": (NOTHING, 176),
    "fixlen_trunc": (NOTHING, 176),
    "fixlen_del": (NOTHING, 176),
    "vlandel": (NOTHING, 176),
    "mac": (NOTHING, 176),
    "mac_seed": (NOTHING, 176),
    "mac_seed_keep": (NOTHING, 176),
    "enet_subsmac": (NOTHING, 176),
    "fixcsum": (NOTHING, 176),
    # Each frame lacks its last four bytes, and its length as well.
    "efcs": (NOTHING, 120),
}
"""Version -> (fields that changed besides checksums, packets found on both sides at least)."""
EXPECTED = {"endpoint", "pnat", "seed", "skip", "portmap", "range_portmap"}
"""Versions that did nothing but what a NAT does."""
SELECTIONS = {"replay_exclude": 9, "replay_include": 12, "replay_unique_ip": 174}
"""Selection or mixture -> packets on both sides."""


@pytest.mark.parametrize("name", sorted(KNOWN))
@pytest.mark.parametrize("source", ["test", "test2"])
def test_every_version_tells_its_one_change_and_nothing_else(source, name):
    """``test2`` is the same capture in the other byte order."""
    changed, least = KNOWN[name]
    result = rewritten(name, source)
    assert pairs(result) >= least
    assert fields(result) - CHECKSUMS == changed
    assert name not in EXPECTED or all(is_expected for _, is_expected in changes(result))


def test_every_file_is_spoken_of():
    """A version that no row names would go unchecked."""
    need(FOLDER / "test.pcap")
    names = {path.name.removeprefix("test.rewrite_") for path in FOLDER.glob("test.rewrite_*")}
    assert names == {*KNOWN, "l7fuzzing"}
    assert {path.name for path in FOLDER.glob("test.replay_*")} == {f"test.{name}" for name in SELECTIONS}


@pytest.mark.parametrize("name", sorted(SELECTIONS))
@pytest.mark.parametrize("source", ["test", "test2"])
def test_a_selection_changes_nothing(source, name):
    result = correlate({"before": need(FOLDER / "test.pcap"), "after": need(FOLDER / f"{source}.{name}")})
    assert pairs(result) == SELECTIONS[name]
    assert not fields(result)


def test_fuzzed_bytes_behind_the_fixed_headers_are_told_as_what_they_hit():
    """TCP options and payload; addresses, ports, numbers and lengths stayed."""
    result = rewritten("l7fuzzing")
    told = fields(result) - CHECKSUMS - {"icmp.checksum"}
    assert {"tcp.payload", "udp.payload", "data.data"} <= told
    assert all(name.startswith(("tcp.options", "tcp.payload", "udp.payload", "data.data")) for name in told)
    assert pairs(result) >= 150


def test_a_changed_type_of_service_is_told_packet_by_packet(tmp_path):
    result = beyond_a_hop("tos", tmp_path)
    counts = changes(result)
    assert pairs(result) == 176
    assert fields(result) <= {"ip.dsfield.dscp", "ip.dsfield.ecn"} | CHECKSUMS
    # 156 IPv4 packets changed; a few belong to flows too short to tell which way they went.
    assert counts["ip.dsfield.dscp", False] >= 150


def test_rewritten_sequence_numbers_are_learned_and_told(tmp_path):
    result = beyond_a_hop("sequence", tmp_path)
    assert pairs(result) == 176
    assert {"tcp.seq_raw"} <= fields(result) <= {"tcp.seq_raw", "tcp.ack_raw"} | CHECKSUMS


@pytest.mark.parametrize(
    "name", ["1ttl", "endpoint", "portmap", "tos", "vlan802.1ad", "seed", "trunc", "pad", "fixlen_trunc"]
)
def test_a_rewritten_version_loses_nothing(name):
    result = rewritten(name)
    assert not [f.code for f in result.findings if f.severity == "error"]
