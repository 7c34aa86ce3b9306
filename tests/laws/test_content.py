"""What else is in a capture, how much of each frame it keeps, and what a NAT calls its hosts.

Rule: style, laws: unrelated traffic changes nothing; a smaller snaplen never invents a match; algorithms section 7:
stable under NAT relabelling and added flows.
"""

from __future__ import annotations

import attrs
import pytest

from correlate.model.trajectories import Fate
from tests.laws.telling import run_frames, run_world, tell
from tests.laws.worlds import LOADS, WORLDS, world_run
from tests.netsim import TcpLoad, chain, simulate
from tests.netsim.boxes import Nat


def elsewhere(frame):
    """Return the frame with its IPv4 addresses moved to another network (checksums become those of a bad card)."""
    data = bytearray(frame)
    data[26] = data[30] = 44
    return bytes(data)


def with_strangers(run, name):
    """Add another network's traffic to one capture, within its span of time; return (captures, renumber)."""
    mine = run.captures[name]
    first, last = mine[0][0], mine[-1][0]
    quantum = next(tap for tap in run.world.taps if tap.name == name).clock.quantum_ns
    strangers = [
        (first + (stamp - run.world.epoch_ns) // quantum * quantum, elsewhere(data), wire_len)
        for stamp, data, wire_len in simulate(chain(2, loads=LOADS), 99).captures["client"]
    ]
    tagged = [(frame, number) for number, frame in enumerate(mine, 1)]
    tagged += [(frame, -1) for frame in strangers if first < frame[0] < last]
    tagged.sort(key=lambda one: one[0][0])
    numbers = [number for _, number in tagged]
    captures = {**run.captures, name: [frame for frame, _ in tagged]}
    return captures, lambda s: (s[0], s[1], numbers[s[2] - 1]) if s[0] == name else s


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_unrelated_traffic_in_one_capture_changes_nothing_about_the_rest(name, tmp_path):
    run = world_run(name)
    told = tell(run_world(tmp_path / "alone", run))
    for vantage in run.captures:
        captures, renumber = with_strangers(run, vantage)
        more = tell(run_frames(tmp_path / "more", captures), renumber)
        strange = {packet for packet in more.packets if any(sighting[2] < 0 for sighting in packet)}
        assert strange
        assert more.packets - strange == told.packets
        assert {key: fate for key, fate in more.fates.items() if key[0] not in strange} == told.fates
        assert {key: delay for key, delay in more.delays.items() if key[0] not in strange} == told.delays
        assert more.findings == told.findings


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_unrelated_traffic_is_not_called_lost(name, tmp_path):
    """Traffic of other hosts at one vantage need not pass the others (algorithms section 3, rule 0)."""
    run = world_run(name)
    for vantage in run.captures:
        captures, renumber = with_strangers(run, vantage)
        told = tell(run_frames(tmp_path / "more", captures), renumber)
        fates = {fate[0] for key, fate in told.fates.items() if any(sighting[2] < 0 for sighting in key[0])}
        assert not fates & {Fate.LOST.code, Fate.ABSORBED.code, Fate.ORIGINATED.code}


def across(pairs):
    """Keep pairs of frames of different captures: which copies one capture holds is another question."""
    return {pair for pair in pairs if len({vantage for vantage, _, _ in pair}) == 2}


@pytest.mark.parametrize("snaplen", [96, 68, 54, 40, 20])
@pytest.mark.parametrize("name", sorted(WORLDS))
def test_a_smaller_snaplen_never_invents_a_match(name, snaplen, tmp_path):
    run = world_run(name)
    whole = across(tell(run_world(tmp_path / "whole", run)).pairs)
    cut = {name: [(t, data[:snaplen], size) for t, data, size in frames] for name, frames in run.captures.items()}
    first = next(iter(cut))
    for captures in (cut, {**run.captures, first: cut[first]}):
        found = across(tell(run_frames(tmp_path / "cut", captures, snaplen=snaplen)).pairs)
        assert found <= whole
        if snaplen >= 68:
            assert found == whole


def cut_at_68(vantage, folder):
    """Return a run over a clean path, one of whose captures holds no TCP header over IPv6 (68 bytes: an old default)."""
    loads = (TcpLoad(flows=8, response_bytes=(100, 8_000), version=6), *LOADS)
    run = simulate(chain(3, loads=loads), 3)
    cut = [(stamp, data[:68], size) for stamp, data, size in run.captures[vantage]]
    return run_frames(folder, {**run.captures, vantage: cut})


@pytest.mark.parametrize("vantage", ["client", "firewall", "server"])
def test_headers_that_one_capture_cut_off_accuse_no_network(vantage, tmp_path):
    result = cut_at_68(vantage, tmp_path)
    assert not [finding.code for finding in result.findings if finding.severity == "error"]
    assert not any(fate[:2] == (Fate.LOST.code, "proven") for fate in tell(result).fates.values())


def test_headers_that_one_capture_cut_off_are_not_missing_frames(tmp_path):
    result = cut_at_68("firewall", tmp_path)
    assert "capture-loss" not in {finding.code for finding in result.findings}


@pytest.mark.parametrize("external", [bytes((198, 51, 100, 9)), bytes((10, 255, 255, 254)), bytes((1, 0, 0, 1))])
def test_the_addresses_that_a_nat_gives_out_change_nothing(external, tmp_path):
    world = WORLDS["nat and loss"]
    first, second = simulate(world, 4), simulate(_with_nat_at(world, external), 4)
    assert [len(frames) for frames in first.captures.values()] == [len(frames) for frames in second.captures.values()]
    one, other = tell(run_world(tmp_path / "one", first)), tell(run_world(tmp_path / "other", second))
    assert one.packets == other.packets
    assert one.fates == other.fates
    assert one.delays == other.delays
    assert one.findings == other.findings


def _with_nat_at(world, external):
    stretches = tuple(
        attrs.evolve(
            stretch,
            boxes=tuple(attrs.evolve(b, external=external) if isinstance(b, Nat) else b for b in stretch.boxes),
        )
        for stretch in world.stretches
    )
    return attrs.evolve(world, stretches=stretches)
