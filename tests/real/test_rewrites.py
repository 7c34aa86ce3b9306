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


def rewritten(name: str) -> Correlation:
    return correlate({"before": need(FOLDER / "test.pcap"), "after": need(FOLDER / f"test.rewrite_{name}")})


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


@pytest.mark.parametrize("name", ["1ttl", "2ttl", "3ttl"])
def test_a_changed_ttl_is_the_only_change(name):
    result = rewritten(name)
    assert pairs(result) == 176
    assert {"ip.ttl", "ipv6.hlim"} <= fields(result) <= {"ip.ttl", "ipv6.hlim"} | CHECKSUMS


@pytest.mark.parametrize("name", ["endpoint", "seed", "pnat"])
def test_changed_addresses_are_expected_of_a_nat(name):
    result = rewritten(name)
    counts = changes(result)
    assert pairs(result) == 176
    assert {"ip.src", "ip.dst"} <= fields(result) <= {"ip.src", "ip.dst", "ipv6.src", "ipv6.dst"} | CHECKSUMS
    assert all(is_expected for _, is_expected in counts)


@pytest.mark.parametrize(
    ("name", "ports"),
    [
        ("portmap", {"tcp.srcport", "tcp.dstport"}),
        ("range_portmap", {"tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport"}),
    ],
)
def test_changed_ports_are_expected_of_a_nat(name, ports):
    result = rewritten(name)
    assert pairs(result) == 176
    assert ports <= fields(result) <= ports | CHECKSUMS
    assert all(is_expected for _, is_expected in changes(result))


@pytest.mark.parametrize("name", ["mac", "mac_seed", "mac_seed_keep", "enet_subsmac", "layer2", "dltuser", "dlthdlc"])
def test_the_link_layer_is_no_change_of_a_packet(name):
    result = rewritten(name)
    assert pairs(result) >= 156
    # Ten packets have their tag inside an Ethernet pseudowire; some versions lose it with the rest of the link layer.
    assert fields(result) <= {"vlan.id"}


@pytest.mark.parametrize("name", ["fixcsum", "efcs"])
def test_only_checksums_change_where_only_checksums_were_fixed(name):
    assert fields(rewritten(name)) <= CHECKSUMS


@pytest.mark.parametrize("name", ["vlan802.1ad", "config"])
def test_of_the_link_layer_only_vlans_are_told(name):
    result = rewritten(name)
    assert pairs(result) == 176
    assert fields(result) == {"vlan.id"}


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
