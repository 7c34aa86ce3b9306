"""Nothing is lost by us: every frame, packet and fate is accounted for once.

Rule: style, laws: conservation; contract: ``sent = delivered + lost + not_captured + absorbed + ambiguous``.
"""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from correlate.model.trajectories import NO_DELAY, Fate
from tests.laws.telling import run_world
from tests.laws.worlds import WORLDS, world_run


@pytest.fixture(scope="module", params=sorted(WORLDS))
def result(request, tmp_path_factory):
    return run_world(tmp_path_factory.mktemp("world"), world_run(request.param))


def test_every_frame_ends_in_one_bucket_of_the_ledger(result):
    for vantage, table, ledger in zip(result.vantages, result.packets, result.ledgers, strict=True):
        ledger.check()
        assert ledger.read == vantage.frames == len(table)


def test_every_row_of_every_capture_is_sighted_exactly_once(result):
    """These worlds have no super-segments: no frame stands for two packets, none is forgotten."""
    for place, index in enumerate(result.path.order):
        rows = result.trajectories.rows[:, place]
        copies = result.trajectories.copies[2][result.trajectories.copies[1] == place]
        sighted = np.sort(np.concatenate([rows[rows >= 0], copies]))
        assert np.array_equal(sighted, np.arange(len(result.packets[index])))


def test_what_was_sent_over_a_hop_is_delivered_or_accounted_for(result):
    """The figures are the counts of fates, and what reached a hop is what was seen or passed before it."""
    table, fates = result.trajectories, result.fates
    for hop in result.metrics.hops:
        for sign, figures in ((1, hop.forward), (-1, hop.reverse)):
            mine = (fates.hop == hop.hop) & (table.direction[fates.packet] == sign)
            counts = np.bincount(fates.fate[mine], minlength=len(Fate))
            told = (figures.delivered, figures.lost, figures.not_captured, figures.absorbed, figures.originated)
            assert told == tuple(int(counts[fate]) for fate in (0, 1, 2, 3, 4))
            assert figures.ambiguous == counts[Fate.AMBIGUOUS]
            upstream = table.rows[:, hop.hop + (sign < 0)] >= 0
            came = np.flatnonzero(upstream & (table.direction == sign))
            assert np.isin(came, fates.packet[mine & (fates.fate != Fate.ORIGINATED)]).all()


def test_nothing_follows_a_loss(result):
    """Contract: no row after ``lost`` or ``absorbed``; one row per packet and hop."""
    table, fates = result.trajectories, result.fates
    keys = np.stack([fates.packet, fates.hop])
    assert len(np.unique(keys, axis=1).T) == len(fates.packet)
    ended = np.isin(fates.fate, (Fate.LOST, Fate.ABSORBED))
    for packet, hop in zip(fates.packet[ended].tolist(), fates.hop[ended].tolist(), strict=True):
        mine = fates.hop[fates.packet == packet]
        assert (mine * table.direction[packet] <= hop * table.direction[packet]).all()


def test_no_delivered_packet_arrived_before_it_left(result):
    """A delay whose upper bound is negative contradicts causality."""
    timed = (result.fates.fate == Fate.DELIVERED) & (result.fates.owd_ns != NO_DELAY)
    assert timed.any()
    assert (result.fates.owd_hi_ns[timed] >= 0).all()
    assert (result.fates.owd_lo_ns[timed] <= result.fates.owd_ns[timed]).all()
    assert (result.fates.owd_ns[timed] <= result.fates.owd_hi_ns[timed]).all()


def test_only_delivered_packets_have_a_delay(result):
    assert (result.fates.owd_ns[result.fates.fate != Fate.DELIVERED] == NO_DELAY).all()


def test_findings_cite_frames_that_exist(result):
    sizes = {(v.name, file.path): file.frames for v in result.vantages for file in v.files}
    for finding in result.findings:
        for frame in finding.evidence:
            assert 1 <= frame.frame <= sizes[frame.vantage, frame.file], attrs.asdict(finding)
