"""Numbers that hops rewrite, per flow, as JSON."""

import numpy as np

from correlate.pipeline import correlate
from correlate.report.rewritten import rewritten_json
from tests.netsim import TcpLoad, chain, simulate
from tests.netsim.boxes import IsnRewrite


def test_each_flow_names_the_hop_the_direction_and_the_shift(tmp_path):
    """One object per hop and direction whose numbers change; shifts add up to what the packets show."""
    world = chain(3, loads=(TcpLoad(flows=4),)).with_hop(0, boxes=[IsnRewrite()])
    result = correlate({name: str(file) for name, file in simulate(world, 2).write(tmp_path).items()})
    flows = list(range(len(result.joined)))
    for flow, rows in rewritten_json(result, flows).items():
        assert [row["hop"] for row in rows] == [["client", "firewall"]] * 2
        assert {row["direction"] for row in rows} == {"forward", "reverse"}
        assert not any(row["seq_steps"] or row["tsval_shift"] or row["ip_id"] for row in rows)
        mine = np.flatnonzero((result.trajectories.flow == flow) & (result.trajectories.direction == 1))
        near, far = (
            result.packets[result.path.order[k]].columns.seq[result.trajectories.rows[mine, k]] for k in (0, 1)
        )
        forward = next(row for row in rows if row["direction"] == "forward")
        assert set(((far.astype(np.int64) - near) % 2**32).tolist()) == {forward["seq_shift"]}


def test_a_flow_that_keeps_its_numbers_has_an_empty_list(tmp_path):
    world = chain(2, loads=(TcpLoad(flows=2),))
    result = correlate({name: str(file) for name, file in simulate(world, 2).write(tmp_path).items()})
    assert rewritten_json(result, [0, 1]) == {0: [], 1: []}
