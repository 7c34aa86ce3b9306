"""``metrics.fields``: a policy per field, each a field that Wireshark has."""

import shutil
import subprocess

import pytest

from correlate.metrics.fields import FIELD_CODECS, FIELD_INDEX, FIELD_NAMES, FIELDS, Expect
from tests.metrics.scenes import one_packet, tcp


def test_names_are_unique_and_every_field_has_a_codec() -> None:
    """``MutationColumns.field`` indexes both."""
    assert len(FIELD_INDEX) == len(FIELD_NAMES) == len(FIELD_CODECS)
    assert {codec for codec in FIELD_CODECS if not codec.startswith("hex")} == {"dec", "bool", "text"}


@pytest.mark.tshark
def test_wireshark_knows_every_name() -> None:
    """Contract: fields are Wireshark's raw names; around a packet behind ``outer.``, a tunnel's number under one name."""
    if not shutil.which("tshark"):
        pytest.skip("tshark is not installed")
    listing = subprocess.run(["tshark", "-G", "fields"], capture_output=True, text=True, check=True).stdout
    known = {line.split("\t")[2] for line in listing.splitlines() if line[:2] in ("F\t", "P\t")}
    assert {name.removeprefix("outer.") for name in FIELD_NAMES} - known == {"tunnel.id"}


def test_only_what_routing_and_nat_touch_may_be_expected() -> None:
    """Policy: TTL, addresses, ports, identifiers, checksums, VLAN."""
    expected = {field.name for field in FIELDS if field.policy.expect != Expect.NEVER}
    touched = ("ttl", "hlim", "src", "dst", "srcport", "dstport", "ident", "identifier", "checksum", "id")
    assert all(name.split(".")[-1] in touched for name in expected)
    assert not {"ip.id", "ipv6.fraghdr.ident"} & expected


def test_an_option_that_is_not_there_has_no_value() -> None:
    """-1 is absent."""
    side_of = {field.name: field for field in FIELDS}
    rows = {row["field"] for row in one_packet(tcp(flags="S"), tcp(flags="S", window=1)).changes()}
    assert rows == {"tcp.window_size_value", "tcp.checksum"}
    assert side_of["tcp.options.mss_val"].needs
