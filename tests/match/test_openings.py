"""Handshakes as each vantage saw them."""

import numpy as np

from correlate.match.lanes import Draft
from correlate.match.openings import find_openings
from correlate.model.matches import Tier
from tests.match.crafting import CLIENT, MS, SERVER, side_of, table, talk, tcp


def test_the_first_syn_and_syn_ack_count():
    frames = talk(isn=(1000, 7000), rounds=1)
    again = (3 * MS, tcp(SERVER, CLIENT, 443, 50000, seq=9999, ack=1001, flags=18, window=9))
    side = side_of(table(sorted([*frames, again], key=lambda record: record[0])))
    count = len(side)
    draft = Draft(
        rows=np.arange(count)[:, None],
        block=side.flows.of_packet.astype(np.int64) * 2 + side.flows.is_outbound,
        tier=np.full(count, int(Tier.ALONE), np.int8),
        is_ambiguous=np.zeros(count, bool),
        origin=np.arange(count),
    )
    found = find_openings(draft, [side], len(side.flows))
    assert found.isn[0, 0].tolist() == [1000, 7000]
    assert found.answered[0, 0] == MS


def test_a_flow_without_handshake_has_none():
    side = side_of(table([(0, tcp(CLIENT, SERVER, 1, 2, seq=5, data=b"x"))]))
    draft = Draft(
        *(
            np.zeros((1, 1), np.int64),
            np.ones(1, np.int64),
            np.zeros(1, np.int8),
            np.zeros(1, bool),
            np.zeros(1, np.int64),
        )
    )
    found = find_openings(draft, [side], 1)
    assert found.isn[0, 0].tolist() == [-1, -1]
    assert np.isnan(found.answered[0, 0])
