"""Mutations against tshark on public captures that were rewritten in one known way."""

import shutil

import pytest

from tests.metrics.rewrites import REWRITES, our_changes, tshark_changes

pytestmark = [pytest.mark.real, pytest.mark.tshark]


@pytest.fixture(autouse=True)
def _needs() -> None:
    if not REWRITES.exists():
        pytest.skip("public captures are not beside the checkout")
    if not shutil.which("tshark"):
        pytest.skip("tshark is not installed")


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("test.rewrite_2ttl", {"ip.ttl", "ipv6.hlim"}),
        ("test.rewrite_pnat", {"ip.src", "ip.dst"}),
        ("test.rewrite_seed", {"ip.src", "ip.dst", "ipv6.src", "ipv6.dst"}),
        ("test.rewrite_range_portmap", {"tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport"}),
        ("test.rewrite_sequence", {"tcp.seq_raw", "tcp.ack_raw"}),
        ("test2.rewrite_tos", {"ip.dsfield.dscp", "ip.dsfield.ecn"}),
        ("test.rewrite_fixcsum", set()),
        ("test.rewrite_mac_seed", set()),
    ],
)
def test_every_changed_field_is_found_with_tsharks_values(name: str, changed: set[str]) -> None:
    """The same rows as the difference of ``tshark -T fields`` of both files, checksums that follow included."""
    ours, frames = our_changes(name)
    assert ours == tshark_changes(name, frames)
    assert {field for _, field, _, _ in ours if not field.endswith("checksum")} == changed


def test_shortened_segments_change_length_and_payload() -> None:
    """``mtutrunc``: lengths as tshark prints them; payloads differ beyond the 64 bytes shown, which tshark's text hides."""
    ours, frames = our_changes("test.rewrite_mtutrunc")
    payloads = {row for row in ours if row[1] == "tcp.payload"}
    theirs = tshark_changes("test.rewrite_mtutrunc", frames)
    assert {row for row in theirs if row[1] != "data.data"} == ours - payloads
    assert {row[0] for row in payloads} == {row[0] for row in ours if row[1] == "tcp.len"}
