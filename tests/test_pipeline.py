"""The whole job in one call: what it takes, what it refuses, and odd captures that must not confuse it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.utils import RawPcapWriter

from correlate.errors import UnreadableCapture
from correlate.jit import IS_COMPILED
from correlate.model.correlation import Correlation
from correlate.model.trajectories import Fate
from correlate.options import Options
from correlate.pipeline import STAGES, correlate
from correlate.report import has_nothing_in_common, report_json
from tests.netsim import DnsLoad, PingLoad, TcpLoad, chain, simulate
from tests.netsim.boxes import Nat
from tests.netsim.files import write_capture
from tests.test_load import ARP, without_stamps

ROOT = Path(__file__).resolve().parents[1]
LOADS = (TcpLoad(flows=4, response_bytes=(100, 4_000)), DnsLoad(flows=3), PingLoad(flows=1, count=4))
WORLD = chain(3, loads=LOADS).with_hop(1, boxes=(Nat(),))
FLAGSHIP = {
    name: str(ROOT / "sample_sets" / "syn-ack-altered" / f"{name}.pcap")
    for name in ("client", "fw-int", "fw-ext", "server")
}


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("captures")
    return {name: str(path) for name, path in simulate(WORLD, 3).write(folder).items()}


def frames_of(name, seed=3):
    return simulate(WORLD, seed).captures[name]


def written(path, frames):
    write_capture(path, frames, 0)
    return str(path)


def accused(result: Correlation) -> set[str]:
    return {finding.code for finding in result.findings if finding.severity == "error"}


def test_a_missing_file_is_an_unreadable_capture(paths, tmp_path):
    with pytest.raises(UnreadableCapture, match="gone"):
        correlate({**paths, "server": tmp_path / "gone.pcap"})


def test_options_and_kinds_are_part_of_the_result(paths):
    result = correlate(paths, options=Options(reference="server", kinds={"client": "end-host"}))
    assert result.options["reference"] == "server"
    assert [vantage.kind for vantage in result.vantages] == ["end-host", "unknown", "unknown"]
    assert result.vantages[result.clocks.reference].name == "server"


def test_progress_names_every_stage_in_order(paths):
    told = []
    correlate(paths, progress=lambda stage, done, total: told.append((stage, done, total)))
    assert list(dict.fromkeys(stage for stage, _, _ in told)) == list(STAGES)
    read = [(done, total) for stage, done, total in told if stage == "read"]
    size = sum(Path(path).stat().st_size for path in paths.values())
    assert sorted(read) == read
    assert read[-1] == (size, size)


def test_one_vantage_has_no_hops_and_accuses_nobody(paths):
    """Contract: one vantage is allowed: host times and one-sided findings only."""
    result = correlate({"client": paths["client"]})
    assert result.path.order == (0,)
    assert result.metrics.hops == ()
    assert len(result.metrics.hosts) == 2
    assert not accused(result)


def test_the_same_file_twice_is_one_place_seen_twice(paths):
    result = correlate({"one": paths["client"], "other": paths["client"]})
    rows = result.trajectories.rows
    assert np.array_equal(rows[:, 0], rows[:, 1])
    assert not accused(result)
    assert not np.isin(result.fates.fate, (Fate.LOST, Fate.ORIGINATED)).any()


def test_strangers_share_nothing_and_blame_nobody(paths, tmp_path):
    """Contract: exit 3; a single unrelated vantage among several is no reason for it."""
    other = simulate(chain(2, loads=LOADS), 77).write(tmp_path)["server"]
    result = correlate({"client": paths["client"], "elsewhere": other})
    assert has_nothing_in_common(result)
    assert not accused(result)
    three = correlate({**paths, "elsewhere": other})
    assert not has_nothing_in_common(three)
    assert [three.vantages[index].name for index in three.path.unplaced] == ["elsewhere"]
    assert [three.vantages[index].name for index in three.path.order] == ["client", "firewall", "server"]


@pytest.mark.parametrize("frames", [[], [(10**18, ARP, 60)] * 5, frames_of("server")[:1]], ids=["empty", "arp", "one"])
@pytest.mark.parametrize("place", [0, 1])
def test_a_capture_with_next_to_nothing_accuses_nobody(paths, tmp_path, frames, place):
    """An empty capture, or one without IP packets, is a capture that was stopped or filtered: no loss."""
    captures = [("little", written(tmp_path / "little.pcap", frames)), ("client", paths["client"])]
    result = correlate(dict(captures if place == 0 else captures[::-1]))
    assert not accused(result)
    assert not (result.fates.fate == Fate.LOST).any()
    report_json(result)


def test_two_captures_of_nothing_have_nothing_in_common(tmp_path):
    empty = [written(tmp_path / f"{n}.pcap", []) for n in range(2)]
    result = correlate({"a": empty[0], "b": empty[1]})
    assert has_nothing_in_common(result)
    assert len(result.trajectories) == 0


@pytest.mark.parametrize("constant", ["one", "all"])
def test_stamps_that_are_all_equal_prove_no_delay(tmp_path, constant):
    captures = {}
    for name in ("client", "server"):
        frames = frames_of(name)
        if constant == "all" or name == "server":
            frames = [(frames[0][0], data, size) for _, data, size in frames]
        captures[name] = written(tmp_path / f"{name}.pcap", frames)
    result = correlate(captures)
    assert not accused(result)
    assert not [finding for finding in result.findings if finding.unit == "ns" and finding.grade == "proven"]
    assert len(result.trajectories) == len(result.packets[0])


def test_frames_without_stamps_are_matched_and_not_timed(tmp_path):
    captures = {
        "client": written(tmp_path / "client.pcap", frames_of("client")),
        "server": without_stamps(tmp_path / "server.pcapng", frames_of("server")),
    }
    result = correlate(captures)
    assert (result.trajectories.rows >= 0).all(axis=1).mean() > 0.9
    assert not accused(result)
    assert not (result.fates.owd_ns[result.fates.fate != Fate.DELIVERED] != -(2**63)).any()
    report = report_json(result)
    assert {
        hop[way]["owd_ns"]["p50"] if hop[way]["owd_ns"] else None
        for hop in report["hops"]
        for way in ("forward", "reverse")
    } == {None}


DIGEST = """
import hashlib, json, sys
import numpy as np
from correlate.pipeline import correlate
r = correlate(json.loads(sys.argv[1]))
h = hashlib.sha256()
for table in (r.trajectories.rows, *r.fates, *r.mutations.columns, *r.match.copies, *(c for p in r.packets for c in p.columns)):
    h.update(np.ascontiguousarray(table).tobytes())
h.update(repr([(f.code, f.grade, f.hop, f.quantity) for f in r.findings]).encode())
h.update(repr(r.metrics.hops).encode())
print(h.hexdigest())
"""


def digest(captures, jit):
    environment = {**os.environ, "CORRELATE_JIT": jit}
    command = [sys.executable, "-W", "error", "-c", DIGEST, json.dumps(captures)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.jit_off
@pytest.mark.parametrize("name", ["flagship", "simulated"])
def test_kernels_as_plain_python_say_the_same(name, paths):
    """Style: kernels run compiled and interpreted; here the whole pipeline, every table bit by bit."""
    captures = FLAGSHIP if name == "flagship" else paths
    plain = digest(captures, "0")
    assert len(plain) == hashlib.sha256().digest_size * 2
    assert plain == digest(captures, "1")


@pytest.mark.jit_off
def test_the_flagship_is_solved():
    result = correlate(FLAGSHIP)
    assert {"syn-ack-altered", "payload-altered", "loss", "nat"} <= {finding.code for finding in result.findings}


@pytest.mark.jit_off
def test_a_small_network_is_followed_through_its_nat(paths):
    result = correlate(paths)
    assert (result.trajectories.rows >= 0).all()
    assert (result.fates.fate == Fate.DELIVERED).all()
    wants_compiled = os.environ.get("CORRELATE_JIT", "1") != "0"
    assert wants_compiled == IS_COMPILED


def one_way(folder: Path, *, offset_ns: int, is_routed: bool = False) -> dict[str, str]:
    """A stream that goes one way past two taps of one segment; every hundredth packet is lost between them."""
    start = 1_700_000_000 * 10**9
    frames = []
    for number in range(600):
        ip = IP(src="10.0.0.1", dst="239.1.2.3", ttl=16, id=number + 1)
        frames.append(
            (start + number * 4_000_000, bytes(Ether() / ip / UDP(sport=5004, dport=5004) / f"{number:0200}"))
        )
    far = [(stamp + 500_000 + offset_ns, data) for at, (stamp, data) in enumerate(frames) if at % 100 != 50]
    paths = {name: folder / f"{name}.pcap" for name in ("sender", "receiver")}
    for path, rows in zip(paths.values(), (frames, far), strict=True):
        writer = RawPcapWriter(str(path), linktype=1, nano=True)
        writer.write_header(None)
        for stamp, data in rows:
            writer.write_packet(bytes(data), sec=stamp // 10**9, usec=stamp % 10**9)
        writer.close()
    return {name: str(path) for name, path in paths.items()}


def test_no_clock_and_no_verdict_rests_on_a_guessed_direction(tmp_path):
    """Found by giving a receiver first: the clock was bounded to a wrong side."""
    paths = one_way(tmp_path, offset_ns=1_700_000_000)
    for names in (("sender", "receiver"), ("receiver", "sender")):
        found = correlate({name: paths[name] for name in names})
        assert found.path.is_guessed
        (clock,) = found.clocks.hops
        assert not (np.isfinite(clock.curve.lo) | np.isfinite(clock.curve.hi)).any()
        assert not accused(found)
        assert found.path.evidence == ()
        titles = [one.title for one in found.findings if one.code == "cannot-tell"]
        assert titles[-1].startswith("Which way packets travel between")
    said = correlate(paths, options=Options(order="given"))
    assert not said.path.is_guessed
    assert said.clocks.hops[0].samples_forward == 594


def test_ticks_leave_one_sided_bounds_as_narrow_as_they_are(tmp_path):
    """Stamps that advance in ticks moved the mark of the unknown side, and 0.1 % of it was added to the known one."""
    (clock,) = correlate(one_way(tmp_path, offset_ns=1_700_000_000, is_routed=True)).clocks.hops
    assert np.isneginf(clock.curve.lo).all()
    highest = (
        clock.base_ns
        + clock.curve.hi[(clock.curve.at_ns > 17 * 10**17) & (clock.curve.at_ns < 17 * 10**17 + 2 * 10**9)]
    )
    assert (highest >= 1_700_000_000).all()
    assert (highest <= 1_710_000_000).all()
