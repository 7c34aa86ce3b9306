"""Rules of ``termination.py``: two connections are not one altered connection."""

from __future__ import annotations

from pathlib import Path

import pytest

from correlate.pipeline import correlate
from tests.netsim import chain, simulate
from tests.netsim.boxes import IsnRewrite

REAL = Path(__file__).resolve().parents[3] / "shared" / "captures" / "vantages" / "proxydetection"


@pytest.mark.real
@pytest.mark.skipif(not REAL.exists(), reason="the public captures are not beside the checkout")
def test_a_nat_that_runs_tcp_itself_is_not_said_to_alter_a_handshake():
    """captures README: the client's NAT ends TCP, so both handshakes are real (findings: never on a proxy's own)."""
    folder = REAL / "3proxy-httpproxy_http1"
    result = correlate({name: folder / f"{name}.pcap" for name in ("client", "relay", "server")})
    codes = {finding.code for finding in result.findings}
    assert "tcp-proxy" in codes
    assert not codes & {"syn-ack-altered", "option-stripped", "isn-rewritten", "timestamps-rewritten", "loss"}


def test_a_box_that_only_renumbers_is_no_proxy(tmp_path):
    """It keeps the window."""
    world = chain(2).with_hop(0, boxes=(IsnRewrite(),))
    result = correlate(simulate(world, 5).write(tmp_path))
    codes = {finding.code for finding in result.findings}
    assert "tcp-proxy" not in codes
    assert "isn-rewritten" in codes
