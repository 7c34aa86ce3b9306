"""Before and after a NAT64 / SIIT translator: which index became which.

Rule: ``*_truth.json`` beside the captures. A packet that the translator answered itself (``test44``, ``test66``: an ICMP
error back to its sender) is not the packet that it answers; a packet that left in two fragments has no single other end.
"""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from tests.real.captures import CAPTURES, correlated, frames_of, need

pytestmark = pytest.mark.real

FOLDER = "jool-nat64"


def truth_of(name: str) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """All (index before, index after), and those of packets that crossed from one version to the other whole."""
    tests = json.loads(need(CAPTURES / "vantages" / FOLDER / f"{name}_truth.json").read_text())
    crossed = [one for one in tests if re.match("test(64|46)_(auto|11)", one["test"])]
    return (
        {(one["send"], index) for one in tests for index in one["expect"]},
        {(one["send"], one["expect"][0]) for one in crossed},
    )


def claimed(result) -> set[tuple[int, int]]:
    frames = frames_of(result)
    whole = frames[(frames > 0).all(axis=1)] - 1
    return {tuple(pair) for pair in whole.tolist()} if frames.shape[1] == 2 else set()


def test_siit_packets_are_followed_and_none_is_invented():
    """Conformance packets repeat the same bytes to the same ports: what order and time cannot tell stays apart."""
    result = correlated(FOLDER, before="siit_before.pcap", after="siit_after.pcap")
    (truth, crossed), pairs = truth_of("siit"), claimed(result)
    assert pairs <= truth
    assert (len(crossed), len(pairs & crossed)) == (104, 102)


def test_siit_changes_are_what_a_translator_does():
    """RFC 7915: the IP header is another one; of the rest only what a test asks for."""
    result = correlated(FOLDER, before="siit_before.pcap", after="siit_after.pcap")
    kinds = {group.kind for group in result.metrics.translations}
    assert {"nat64", "nat46"} <= kinds
    c, names = result.mutations.columns, result.mutations.fields
    unexpected = Counter(names[f] for f, e in zip(c.field.tolist(), c.expected.tolist(), strict=True) if not e)
    assert set(unexpected) <= {"tcp.checksum", "udp.checksum", "icmp.checksum", "icmpv6.checksum"}, unexpected


def test_nat64_packets_that_only_their_checksums_tell_apart_are_followed():
    """A test suite sends each packet with a right and with a wrong checksum, in both versions alike: RFC 1624 updates keep
    a wrong one wrong, so that it is evidence; what then still repeats is told apart by time."""
    result = correlated(FOLDER, before="nat64_before.pcap", after="nat64_after.pcap")
    (truth, crossed), pairs = truth_of("nat64"), claimed(result)
    assert pairs <= truth
    assert (len(truth), len(crossed), len(pairs), len(pairs & crossed)) == (40, 31, 35, 31)
