"""``scope.display``: filters choose what tshark chooses."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest

from correlate.errors import UsageError
from correlate.scope.display import DisplayFilter
from tests.diagnose.sets import ROOT, outcome_of_set

FILTERS = (
    "tcp",
    "udp",
    "icmp",
    "!tcp",
    "ip.addr == 10.5.0.9",
    "ip.src == 10.5.7.0/24",
    "ip.addr != 10.5.0.9",
    "udp.port == 5140",
    "udp.dstport == 5140 || icmp.type == 8",
    "ip.flags.mf == 1",
    "ip.frag_offset > 0",
    "icmp.seq in {3..5, 9}",
    "ip.len >= 1000 and ip.ttl == 64",
    "frame.number < 20",
    "not (udp or icmp)",
    "ip.id == 0x1fa7",
    "icmp.type == 11 && icmp.code == 1",
)


@pytest.mark.tshark
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize("text", FILTERS)
def test_a_filter_chooses_what_tshark_chooses(text: str) -> None:
    """Same names, same meaning: compared over a set with UDP, fragments and ICMP, without reassembly."""
    path = ROOT / "fragment-lost" / "client.pcap"
    told = subprocess.run(
        ["tshark", "-r", path, "-o", "ip.defragment:false", "-Y", text, "-T", "fields", "-e", "frame.number"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    table = outcome_of_set("fragment-lost").result.packets[0]
    mine = DisplayFilter.from_text(text).satisfied_by(table, table.columns.tuple_id.astype(np.int64))
    # Headers that an ICMP error quotes are fields of the error as well for tshark; here a packet has its own only.
    quoting = {str(n) for n in table.columns.frame[table.columns.icmp_type == 11].tolist()}
    assert set(table.columns.frame[mine].astype(str).tolist()) - quoting == set(told) - quoting


@pytest.mark.parametrize(
    ("text", "what", "mark"),
    [
        ("tcp.prot == 80", "no field 'tcp.prot'", "^~~~~~~~"),
        ("tcp.port == http", "'http' is not a number", "            ^~~~"),
        ("ip.addr == 10.0.0", "no address", "           ^~~~~~"),
        ("ip.addr > 10.0.0.1", "compared with == and != only", "          ^~~~~~~~"),
        ("ip.addr == ::1", "holds IPv4", "           ^~~"),
        ("tcp == 1", "is a protocol", "       ^"),
        ("tcp in {1}", "has no ranges", "        ^"),
    ],
)
def test_bad_values_are_pointed_at_before_any_file_is_read(text: str, what: str, mark: str) -> None:
    """Fields and values are checked with the filter."""
    with pytest.raises(UsageError, match=what) as caught:
        DisplayFilter.from_text(text)
    assert caught.value.shown == (text, mark)


def test_a_flag_alone_asks_whether_it_is_set() -> None:
    """``tcp.flags.syn`` as people mean it."""
    table = outcome_of_set("clean-nat").result.packets[0]
    tuples = table.columns.tuple_id.astype(np.int64)
    alone = DisplayFilter.from_text("tcp.flags.syn").satisfied_by(table, tuples)
    compared = DisplayFilter.from_text("tcp.flags.syn == 1").satisfied_by(table, tuples)
    assert np.array_equal(alone, compared)
    assert 0 < int(alone.sum()) < len(table)
