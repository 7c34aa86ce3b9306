"""Votes in one pass, against counting them."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.match.votes_kernel import Voters, cast_votes
from correlate.model.arrays import frozen

FLOWS = 3
PACKET = st.tuples(st.integers(6, 12), st.integers(0, FLOWS - 1), st.booleans(), st.booleans(), st.integers(0, 1))
SIDE = st.tuples(st.lists(PACKET, min_size=1, max_size=20), st.lists(st.booleans(), min_size=FLOWS, max_size=FLOWS))


def voters(packets, taken):
    bits, flow, is_out, tells, ident = zip(*packets, strict=True)
    columns = (bits, np.uint8), (flow, np.int32), (is_out, np.bool_), (tells, np.bool_), (ident, np.uint32)
    columns = *columns, (taken, np.bool_)
    return Voters(*(frozen(np.array(values, dtype)) for values, dtype in columns))


@pytest.mark.jit_off
@settings(deadline=None, max_examples=80)
@given(SIDE, SIDE, st.integers(0, 5))
def test_kernel_equals_its_plain_twin(one, two, skip):
    """Kernel and twin law; packet ``k`` of A stands at ``k - skip`` of B."""
    a, b = voters(*one), voters(*two)
    partner = np.array([k - skip if 0 <= k - skip < len(b.bits) else -1 for k in range(len(a.bits))], np.int32)
    named, votes, best = np.full(FLOWS, -1, np.int64), np.zeros(FLOWS, np.int64), np.zeros(FLOWS, np.int64)
    is_numbered, is_other = np.zeros(FLOWS, np.bool_), np.zeros(len(partner), np.bool_)
    proto = np.where(np.arange(len(partner)) % 2 == 0, 6, 17).astype(np.uint8)
    flags, seq = np.full(len(partner), 1 << 9, np.uint32), (np.arange(len(partner)) % 3).astype(np.uint32)
    told = frozen(proto), frozen(flags), frozen(seq)
    others = cast_votes(frozen(partner), a, b, *told, 8, named, votes, best, is_numbered, is_other)
    counted, worth, first, numbered, rest = Counter(), {}, {}, set(), []
    for k, j in enumerate(partner.tolist()):
        if j < 0 or min(a.bits[k], b.bits[j]) < 8 or a.is_taken[a.flow[k]] or b.is_taken[b.flow[j]]:
            continue
        flow, pair = int(a.flow[k]), int(b.flow[j]) * 2 + int(a.is_outbound[k] != b.is_outbound[j])
        if first.setdefault(flow, pair) != pair:
            rest.append(k)
            continue
        counted[flow] += 1
        worth[flow] = max(worth.get(flow, 0), int(min(a.bits[k], b.bits[j])))
        if (proto[k] == 6 and seq[k]) or (a.is_telling[k] and b.is_telling[j] and a.ip_id[k] == b.ip_id[j]):
            numbered.add(flow)
    assert named.tolist() == [first.get(flow, -1) for flow in range(FLOWS)]
    assert votes.tolist() == [counted[flow] for flow in range(FLOWS)]
    assert best.tolist() == [worth.get(flow, 0) for flow in range(FLOWS)]
    assert np.flatnonzero(is_numbered).tolist() == sorted(numbered)
    assert np.flatnonzero(is_other).tolist() == rest
    assert others == len(rest)
