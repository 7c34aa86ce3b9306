"""Rule (Xu and others 2002): as many first bits in common after as before; nothing meets; ranges keep their meaning."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.privacy.addresses import FIXED_V4, RANGES_V4, RANGES_V6, Pseudonyms

NAMES = Pseudonyms(bytes(range(32)))
FAST = settings(max_examples=60, deadline=None)


def name(address: str) -> str:
    return str(ip_address(NAMES.of([ip_address(address).packed])[0]))


def common(one: bytes, other: bytes) -> int:
    width = 8 * len(one)
    return width - (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_length()


@given(st.binary(min_size=4, max_size=4), st.integers(16, 32))
@FAST
def test_long_prefixes_in_common_stay_in_common(address, shared) -> None:
    value = int.from_bytes(address, "big")
    other = (value ^ (1 << (32 - shared)) if shared < 32 else value).to_bytes(4, "big")
    if any(ip_address(one) in network for network in FIXED_V4 for one in (address, other)):
        return
    assert common(*NAMES.of([address, other])) == common(address, other)


@given(st.lists(st.binary(min_size=4, max_size=4), unique=True, max_size=30), st.sampled_from([None, *RANGES_V4]))
@FAST
def test_no_two_addresses_meet(addresses, network) -> None:
    if network is not None:
        base, mask = int(network.network_address), int(network.hostmask)
        addresses = list({(base | int.from_bytes(one, "big") & mask).to_bytes(4, "big") for one in addresses})
    assert len(set(NAMES.of(addresses))) == len(addresses)


@pytest.mark.parametrize("address", ["10.110.235.202", "192.168.0.10", "193.99.144.85", "fe80::1"])
def test_no_address_stays_and_bits_change_on_their_own(address: str) -> None:
    """Crypto-PAn leaves 1 of 1,500 addresses of 10/8 as they are: neighbouring bits change together."""
    old = ip_address(address).packed
    inside = next((one.prefixlen for one in (*RANGES_V4, *RANGES_V6) if ip_address(address) in one), 0)
    width = 8 * len(old)
    changes = []
    for number in range(600):
        new = Pseudonyms(number.to_bytes(32, "big")).of([old])[0]
        assert new != old
        flips = int.from_bytes(old, "big") ^ int.from_bytes(new, "big")
        changes.append([flips >> (width - 1 - place) & 1 for place in range(inside, min(width, 32))])
    table = np.array(changes)
    assert np.abs(table.mean(axis=0) - 0.5).max() < 0.12
    together = (table[:, 1:] == table[:, :-1]).mean(axis=0)
    assert np.abs(together - 0.5).max() < 0.12


@pytest.mark.parametrize("kept", [0, 24])
def test_the_last_bit_changes_where_no_other_did(kept: int) -> None:
    """All addresses of a small range: a permutation without a fixed point, for every key."""
    for number in range(40):
        names = Pseudonyms(number.to_bytes(32, "big"))
        width = 32 if kept else 8
        base = 0xC0000200 if kept else 0
        new = [names._changed(base | host, width, kept) for host in range(256)]
        assert sorted(new) == [base | host for host in range(256)]
        assert all(one != base | host for host, one in enumerate(new))


@pytest.mark.parametrize(
    "network", ["10.0.0.0/8", "192.168.0.0/16", "169.254.0.0/16", "224.0.0.0/4", "fe80::/10", "fc00::/7", "ff05::/16"]
)
def test_special_ranges_keep_their_meaning(network) -> None:
    inside = ip_network(network)
    for number in (1, 77, 254):
        old = inside.network_address + number + 2**10
        assert ip_address(name(str(old))) in inside
        assert name(str(old)) != str(old)


@pytest.mark.parametrize("address", ["8.8.8.8", "193.99.144.85", "2a00:1450:4001::8b"])
def test_other_addresses_stay_out_of_them(address) -> None:
    assert ip_address(name(address)).is_global or not ip_address(name(address)).is_private


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.1", "255.255.255.255", "224.0.0.251", "::", "::1", "ff02::fb"])
def test_what_names_nobody_stays(address) -> None:
    assert name(address) == address


@pytest.mark.parametrize("prefix", ["64:ff9b::", "::ffff:"])
def test_embedded_addresses_are_the_renamed_ones(prefix) -> None:
    """RFC 6052: what NAT64 makes of an address must still be it."""
    old = int(ip_address(prefix + "192.0.2.33" if prefix.endswith(":") else prefix))
    new = NAMES.of([old.to_bytes(16, "big")])[0]
    assert new[12:] == NAMES.of([ip_address("192.0.2.33").packed])[0]
    assert new[:12] == old.to_bytes(16, "big")[:12]


def test_macs_keep_group_and_local_bits_and_protocol_prefixes() -> None:
    macs = [
        bytes.fromhex(text) for text in ("001122334455", "021122334455", "01005e010203", "3333ff112233", "ffffffffffff")
    ]
    new = NAMES.of(macs)
    assert [one[0] & 3 for one in new] == [one[0] & 3 for one in macs]
    assert (new[2][:3], new[3][:2], new[4]) == (macs[2][:3], macs[3][:2], macs[4])
    assert new[0] != macs[0]
    assert new[2][3:] != macs[2][3:]


def test_ports_are_a_permutation_that_leaves_zero() -> None:
    ports = Pseudonyms(bytes(32), has_ports=True).ports
    assert ports[0] == 0
    assert sorted(ports.tolist()) == list(range(65536))
    assert (ports[1:2000] != range(1, 2000)).sum() > 1900


def test_keys_for_different_purposes_differ() -> None:
    assert len({NAMES.derived(one) for one in (b"mac", b"ports", b"payload", b"addresses")}) == 4
