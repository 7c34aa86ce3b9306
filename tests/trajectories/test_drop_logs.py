"""Rule (algorithms, taps): a drop log is no point of the path; a frame in it proves a loss where only one hop is left."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.model.matches import CopyColumns, MatchTable
from correlate.model.packets import PacketFlag
from correlate.model.trajectories import Fate, FateGrade, Reason
from correlate.options import Options
from correlate.pipeline import correlate
from correlate.trajectories.drop_logs import drop_logs_of
from tests.netsim import TcpLoad, chain, simulate
from tests.netsim.files import write_capture


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Client, middle, server; packets to the client are lost on the last of their hops."""
    folder = tmp_path_factory.mktemp("drops")
    world = chain(3, loads=(TcpLoad(flows=12, response_bytes=(20_000, 40_000)),)).with_hop(0, reverse={"loss": 0.04})
    simulated = simulate(world, 11)
    paths = {name: str(path) for name, path in simulated.write(folder).items()}
    return folder, simulated, paths


def logged(run, count: int = 3):
    """Return the captures with a log, its frames being packets that the server's capture lacks."""
    folder, simulated, paths = run
    plain = correlate(paths)
    fates = plain.fates
    is_gone = (fates.hop == 0) & (fates.fate == Fate.LOST) & (plain.trajectories.direction[fates.packet] < 0)
    packets = fates.packet[is_gone][:count]
    rows = plain.trajectories.rows[packets, 1]
    frames = plain.packets[1].columns.frame[rows] - 1
    kept = [simulated.captures[list(paths)[1]][int(frame)] for frame in frames]
    write_capture(folder / "drops.pcap", [(stamp + 40_000, data, size) for stamp, data, size in kept], 0)
    return plain, packets, {**paths, "drops": str(folder / "drops.pcap")}


def test_what_the_log_holds_is_proven_lost_and_the_log_is_no_place(run) -> None:
    plain, packets, captures = logged(run)
    assert len(packets) == 3
    result = correlate(captures, options=Options(kinds={"drops": "drop-log"}))
    assert result.path.order == plain.path.order
    assert result.path.unplaced == (3,)
    matched = {int(row) for row in result.match.rows[:, 3] if row >= 0}
    assert matched == {0, 1, 2}
    for packet in packets:
        mine = result.fates.packet == packet
        last = np.flatnonzero(mine)[-1]
        assert (result.fates.fate[last], result.fates.reason[last]) == (Fate.LOST, Reason.DROP_LOG)
        assert result.fates.grade[last] == FateGrade.PROVEN
    others = ~np.isin(result.fates.packet, packets)
    assert np.array_equal(result.fates.fate[others], plain.fates.fate[~np.isin(plain.fates.packet, packets)])
    assert not {finding.code for finding in result.findings} & {"cannot-tell"} - {f.code for f in plain.findings}
    assert any("drop log drops holds 3 packets" in finding.explanation for finding in result.findings)
    assert result.ledgers[3].matched == 3


def test_without_the_word_the_log_is_a_vantage(run) -> None:
    _plain, _packets, captures = logged(run)
    assert 3 in correlate(captures).path.order


def test_a_packet_that_arrived_is_not_lost_whatever_a_log_says(run) -> None:
    folder, simulated, paths = run
    middle = simulated.captures[list(paths)[1]]
    write_capture(folder / "liar.pcap", [(stamp + 9, data, size) for stamp, data, size in middle[40:60]], 0)
    plain = correlate(paths)
    result = correlate({**paths, "liar": str(folder / "liar.pcap")}, options=Options(kinds={"liar": "drop-log"}))
    delivered = plain.fates.fate == Fate.DELIVERED
    assert (result.fates.fate[delivered] == Fate.DELIVERED).all()


def test_one_capture_and_a_log_still_tell_nothing_about_a_hop(run) -> None:
    _plain, _packets, captures = logged(run)
    name = list(captures)[1]
    two = {name: captures[name], "drops": captures["drops"]}
    result = correlate(two, options=Options(kinds={"drops": "drop-log"}))
    assert result.path.hop_count == 0
    assert {finding.code for finding in result.findings} >= {"cannot-tell"}


def test_logs_are_told_by_their_kind(run) -> None:
    _plain, _packets, captures = logged(run)
    result = correlate(captures, options=Options(kinds={"drops": "drop-log"}))
    assert drop_logs_of(result.vantages) == [3]
    assert not (result.packets[3].columns.flags & PacketFlag.NO_TIME).any()
    assert isinstance(result.match, MatchTable)
    assert isinstance(result.match.copies, CopyColumns)
