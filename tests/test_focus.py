"""``focus``: options choose what is told; what they leave out stays evidence and is in the ledger."""

from __future__ import annotations

import ctypes.util

import pytest

from correlate.errors import UsageError
from correlate.focus import Focus
from correlate.options import Options
from correlate.pipeline import correlate
from tests.diagnose.sets import ROOT, outcome_of_set

PATHS = {name: str(ROOT / "ping-markers" / f"{name}.pcap") for name in ("client", "server")}


def told(**focus):
    return correlate(PATHS, options=Options(focus=Focus(**focus)))


def test_between_pings_tells_of_the_incident_only() -> None:
    """Case 10: losses before the first marker are another story; every frame outside is counted."""
    whole, part = outcome_of_set("ping-markers").result, told(between_pings=(22, 33))
    assert {"loss", "delay-added"} <= {one.code for one in whole.findings}
    assert {one.code for one in part.findings} & {"loss", "delay-added"} == {"delay-added"}
    for ledger, before in zip(part.ledgers, whole.ledgers, strict=True):
        assert ledger.read == before.read
        assert ledger.filtered_by_option == before.matched + before.unmatched - ledger.matched - ledger.unmatched > 0


def test_a_filter_never_makes_a_packet_look_lost_or_unanswered() -> None:
    """Only SYNs are told of: their answers are left out, not missing."""
    for text in ("tcp.flags.syn == 1 && tcp.flags.ack == 0", "tcp.len > 0", "ip.src == 10.13.0.6", "tcp.len == 0"):
        run = told(display_filter=text)
        codes = {one.code for one in run.findings}
        assert not codes & {"no-answer", "port-blocked", "server-slow", "one-way"}, (text, codes)
        lost = outcome_of_set("ping-markers").only("loss").quantity
        assert all(one.quantity <= lost for one in run.findings if one.code == "loss")


@pytest.mark.skipif(ctypes.util.find_library("pcap") is None, reason="libpcap is not installed")
def test_a_capture_filter_reads_the_frames_again() -> None:
    """Three pings there and back."""
    run = told(capture_filter="icmp")
    assert int(run.kept.sum()) == 6
    assert [one.code for one in run.findings if one.code == "clean"] == ["clean"]


def test_filters_are_checked_before_any_file_is_read() -> None:
    """``check`` needs no capture."""
    with pytest.raises(UsageError):
        Focus(display_filter="tcp.prot").check()
    Focus(display_filter="tcp", flow="3").check()
