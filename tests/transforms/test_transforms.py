"""Copies of a capture, moved one router further and edited, draw no claim that the edit does not bear out.

Rule: a false accusation is the worst defect there is. Worlds made of real captures have habits that no simulator of ours has.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transforms.edits import EDITS
from tests.transforms.frames import read
from tests.transforms.judge import false_claims
from tests.transforms.worlds import build

ROOT = Path(__file__).resolve().parents[2]
SETS = [
    "clean-nat/lan.pcap",
    "held-last-segment/server.pcap.gz",
    "slow-client/client.pcap.gz",
    "ping-markers/client.pcap",
]
CAPTURES = ROOT.parent / "shared" / "captures"
REAL = [
    "vantages/kurose-nat/NAT_home_side.pcap",
    "vantages/proxydetection/base-base_http1/server.pcap",
    "vantages/proxydetection/3proxy-httpproxy_http1/relay.pcap",
    "formats/tcpdump/mptcp-v0.pcap",
    "formats/tcpdump/ssh.pcap",
    "formats/tcpdump/of10_s4810.pcap",
    "formats/pcapplusplus/one_tcp_stream_fin_rst_close_packet.pcap",
]
PAIRS = [("NAPT", "misses 10 %"), ("steps 50 ms", "ISN"), ("middle only", "NAPT"), ("15.625 ms ticks", "reordered")]


def judged(path: Path, edits: tuple[str, ...], folder: Path) -> list[str]:
    found = read(path)
    assert found is not None
    link, packets = found
    assert len(packets) >= 12
    return false_claims(build(packets, edits, f"{path.name}{edits}"), link, folder)


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("name", SETS)
def test_sample_captures_draw_no_false_claim(name: str, edit: str, tmp_path: Path) -> None:
    assert judged(ROOT / "sample_sets" / name, (edit,), tmp_path) == []


@pytest.mark.real
@pytest.mark.parametrize("edits", [*((edit,) for edit in EDITS), *PAIRS], ids="+".join)
@pytest.mark.parametrize("name", REAL)
def test_real_captures_draw_no_false_claim(name: str, edits: tuple[str, ...], tmp_path: Path) -> None:
    if not (CAPTURES / name).exists():
        pytest.skip("the public captures are not beside the checkout")
    assert judged(CAPTURES / name, edits, tmp_path) == []


def test_a_corrupted_byte_a_rewritten_one_and_a_forged_reset_are_told(tmp_path: Path) -> None:
    """The judge would be silent about a tool that says nothing."""
    from correlate import correlate
    from tests.transforms.frames import write

    link, packets = read(ROOT / "sample_sets" / "clean-nat" / "lan.pcap")
    told = set()
    for edit in ("a byte corrupted", "a byte rewritten", "forged reset", "MSS", "DSCP"):
        world = build(packets, (edit,), edit)
        write(tmp_path / "near.pcap", link, world.near)
        write(tmp_path / "far.pcap", link, world.far)
        told |= {
            one.code
            for one in correlate({"near": str(tmp_path / "near.pcap"), "far": str(tmp_path / "far.pcap")}).findings
        }
    assert told >= {"checksum-corrupt", "payload-altered", "rst-injected", "mss-clamped", "dscp-changed"}
