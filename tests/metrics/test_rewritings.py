"""What each hop does to the numbers of each flow, against the boxes of simulated worlds."""

import numpy as np
import pytest

from correlate.metrics.rewritings import find_rewritings
from correlate.pipeline import correlate
from tests.netsim import TcpLoad, chain, simulate
from tests.netsim.boxes import Alg, IpIdRewrite, IsnRewrite, Nat, TimestampRewrite

LOADS = (TcpLoad(flows=8, exchanges=(3, 4), response_bytes=(100, 6000)),)


def learned(folder, *boxes):
    world = chain(3, loads=LOADS).with_hop(1, boxes=boxes)
    run = simulate(world, 3)
    result = correlate({name: str(file) for name, file in run.write(folder).items()})
    return run, result, find_rewritings(result.packets, result.path, result.trajectories)


def test_a_plain_nat_rewrites_no_numbers(tmp_path):
    assert len(learned(tmp_path, Nat())[2].hop) == 0


@pytest.mark.parametrize("of_server", [True, False])
def test_constant_shifts_are_those_that_the_box_made(of_server, tmp_path):
    """One row per flow and direction, on the box's hop."""
    run, _, rows = learned(tmp_path, IsnRewrite(of_server=of_server))
    assert set(rows.hop.tolist()) == {1}
    assert not rows.seq_steps.any()
    edits = [e for e in run.truth.edits if e.field == "tcp.seq_raw"]
    true = {(e.after - e.before) % 2**32 for e in edits if run.truth.forward[e.transmission]}
    back = {(e.before - e.after) % 2**32 for e in edits if not run.truth.forward[e.transmission]}
    assert set(rows.seq_shift[rows.is_outbound].tolist()) == true
    assert set(rows.seq_shift[~rows.is_outbound].tolist()) == back
    assert len(rows.hop) == 8 * (1 + of_server)


def test_a_gateway_shows_steps_in_one_direction(tmp_path):
    _, _, rows = learned(tmp_path, Alg(share=1.0))
    assert rows.is_outbound.all()
    assert (rows.seq_steps >= 1).all()
    assert len(rows.hop) == 8


def test_timestamps_and_identifications_have_columns_of_their_own(tmp_path):
    _, result, rows = learned(tmp_path, TimestampRewrite(), IpIdRewrite())
    assert rows.stamp_shift.all()
    assert rows.is_ident_rewritten.all()
    assert not rows.seq_shift.any()
    assert len(rows.hop) == 16
    assert np.array_equal(result.rewritings.flow, rows.flow)
