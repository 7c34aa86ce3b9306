"""``scope.bpf``: libpcap's filters over whole files, equal to tcpdump's own choice."""

from __future__ import annotations

import ctypes.util
import shutil
import subprocess

import numpy as np
import pytest

from correlate.errors import UsageError
from correlate.read import read_frames
from correlate.scope import bpf
from correlate.scope.bpf import CaptureFilter
from tests.diagnose.sets import ROOT

HAS_PCAP = ctypes.util.find_library("pcap") is not None
needs_pcap = pytest.mark.skipif(not HAS_PCAP, reason="libpcap is not installed")


@needs_pcap
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize(
    ("capture", "display"),
    [
        ("udp port 5140", "udp.port == 5140"),
        ("icmp and host 10.5.0.9", "icmp and ip.addr == 10.5.0.9"),
        ("ip[6:2] & 0x1fff != 0", "ip.frag_offset > 0"),
        ("greater 1000", "frame.len >= 1000"),
        ("arp", "arp"),
    ],
)
def test_frames_are_those_that_a_display_filter_of_the_same_meaning_shows(capture: str, display: str) -> None:
    """Compiled by libpcap, run by our own machine."""
    path = ROOT / "fragment-lost" / "client.pcap"
    kept = np.concatenate([CaptureFilter.from_text(capture).keeps(chunk) for chunk in read_frames(str(path))])
    told = subprocess.run(
        ["tshark", "-r", path, "-o", "ip.defragment:false", "-Y", display, "-T", "fields", "-e", "frame.number"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    mine = (np.flatnonzero(kept) + 1).tolist()
    # tshark counts fields of what an ICMP error quotes as the error's own.
    quoting = set(_quoting(path))
    assert set(mine) - quoting == {int(number) for number in told} - quoting


def _quoting(path) -> list[int]:
    """Frames of ICMP errors: tshark shows fields of what they quote as well."""
    told = subprocess.run(
        ["tshark", "-r", path, "-Y", "icmp.type == 11", "-T", "fields", "-e", "frame.number"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [int(number) for number in told]


@needs_pcap
def test_what_libpcap_refuses_is_the_users_error() -> None:
    """In libpcap's own words."""
    with pytest.raises(UsageError, match="syntax error"):
        CaptureFilter.from_text("port port")


def test_without_libpcap_the_other_kind_of_filter_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, and what to use instead."""
    bpf._libpcap.cache_clear()
    bpf._compile.cache_clear()
    monkeypatch.setattr(bpf.ctypes.util, "find_library", lambda _name: None)
    with pytest.raises(UsageError, match=r"libpcap is not installed\. Use -Y instead"):
        CaptureFilter.from_text("tcp")
    bpf._libpcap.cache_clear()
