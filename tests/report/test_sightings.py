"""Every frame of every packet."""

import pytest

from correlate.report.sightings import sightings_of
from tests.report.builder import alone, flagship, strangers


def naive(run):
    """(packet, vantage, frame, is a copy), slow and obvious."""
    table = run.trajectories
    numbers = {int(m): n for n, m in enumerate(table.match_packet)}
    for row in range(len(run.match)):
        numbers.setdefault(row, len(numbers))
    out = set()
    for row in range(len(run.match)):
        for vantage in range(len(run.vantages)):
            at = int(run.match.rows[row, vantage])
            if at >= 0:
                out.add((numbers[row], vantage, int(run.packets[vantage].columns.frame[at]), False))
    for packet, vantage, at in zip(*run.match.copies, strict=True):
        out.add((numbers[int(packet)], int(vantage), int(run.packets[vantage].columns.frame[at]), True))
    return out


@pytest.mark.parametrize("build", [flagship, strangers, alone])
@pytest.mark.parametrize("size", [1, 2, 100])
def test_blocks_of_any_size_hold_every_sighting_once(build, size):
    run = build()
    found = [
        row
        for block in sightings_of(run, size)
        for row in zip(
            block.packet.tolist(), block.vantage.tolist(), block.frame.tolist(), block.is_copy.tolist(), strict=True
        )
    ]
    assert len(found) == len(set(found))
    assert set(found) == naive(run)


def test_rows_stand_by_packet_then_along_the_path_then_copies():
    (block,) = sightings_of(flagship(), 100)
    keys = list(zip(block.packet.tolist(), block.rank.tolist(), block.is_copy.tolist(), strict=True))
    assert keys == sorted(keys)


def test_a_vantage_without_place_has_no_time():
    """Contract: time_ns is null only if the vantage cannot be placed."""
    (block,) = sightings_of(strangers(), 100)
    assert block.is_placed.tolist() == [True, False]


def test_copies_lie_inside_their_clocks_bounds():
    (block,) = sightings_of(flagship(), 100)
    assert (block.lo_ns <= block.time_ns).all()
    assert (block.time_ns <= block.hi_ns).all()
