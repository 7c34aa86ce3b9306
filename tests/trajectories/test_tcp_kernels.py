"""Kernels over a flow's segments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from correlate.model.arrays import frozen
from correlate.trajectories import tcp_kernels as k
from tests.trajectories import naive_tcp

BASE = 2**32 - 40
"""Sequence numbers wrap inside the little flows."""


def _segment(out: bool = True, at: int = 0, length: int = 0, ack: int = 0, **more: Any) -> dict[str, Any]:
    seq = (BASE + at) % 2**32
    default = {"tcp_flags": k.ACK, "ts": False, "sack": None, "tsval": 0, "tsecr": 0}
    return {"out": out, "seq": seq, "end": seq + length, "ack": (BASE + ack) % 2**32, **default, **more}


def _run(flow: list[dict[str, Any]], limit: int = 10_000) -> tuple[Any, ...]:
    """Return what both kernels say of one flow."""
    n = len(flow)

    def column(values: Any, dtype: Any) -> Any:
        return frozen(list(values), dtype)

    sacks = [s["sack"] or (0, 0) for s in flow]
    flags = [k.HAS_TRANSPORT | (k.HAS_TS if s["ts"] else 0) | (k.HAS_SACK if s["sack"] else 0) for s in flow]
    seq, ack = column((s["seq"] for s in flow), np.uint32), column((s["ack"] for s in flow), np.uint32)
    tcp_flags = column((s["tcp_flags"] for s in flow), np.uint16)
    taken = [s["end"] - s["seq"] - bool(s["tcp_flags"] & k.SYN) - bool(s["tcp_flags"] & k.FIN) for s in flow]
    payload_len, nothing = column(taken, np.int32), np.full(n, -1, np.int32)
    previous, following, resent_by = nothing.copy(), nothing.copy(), nothing.copy()
    traits = np.zeros(n, np.uint8)
    k.chain_segments(
        column([0] * n, np.int32),
        column([0], np.int32),
        column((s["out"] for s in flow), np.bool_),
        column([False], np.bool_),
        column([k.TCP] * n, np.uint8),
        column(flags, np.uint32),
        seq,
        ack,
        payload_len,
        tcp_flags,
        np.zeros(n, np.bool_),
        limit,
        np.full((1, 3), -1, np.int64),
        previous,
        following,
        traits,
        resent_by,
    )
    bits, acks, resends = np.zeros(n, np.int16), np.zeros(n, np.int64), np.zeros(n, np.int64)
    k.gather_evidence(
        np.arange(n),
        following,
        traits,
        seq,
        payload_len,
        ack,
        tcp_flags,
        column(flags, np.uint32),
        column((s["tsval"] for s in flow), np.uint32),
        column((s["tsecr"] for s in flow), np.uint32),
        column(((BASE + p[0]) % 2**32 if any(p) else 0 for p in sacks), np.uint32),
        column(((BASE + p[1]) % 2**32 if any(p) else 0 for p in sacks), np.uint32),
        limit,
        bits,
        acks,
        resends,
    )
    is_copy = (traits & k.COPY) != 0
    return resent_by, is_copy, bits, acks, resends


segments = st.builds(
    _segment,
    out=st.booleans(),
    at=st.integers(0, 60),
    length=st.sampled_from([0, 0, 1, 10, 20]),
    ack=st.integers(0, 80),
    tcp_flags=st.sampled_from([k.ACK, k.ACK, k.ACK | k.FIN, k.SYN, k.ACK | k.RST]),
    ts=st.booleans(),
    tsval=st.integers(0, 3),
    tsecr=st.integers(0, 3),
    sack=st.one_of(st.none(), st.tuples(st.integers(1, 40), st.integers(41, 80))),
)


@pytest.mark.jit_off
@given(st.lists(segments, max_size=14))
@settings(max_examples=120, deadline=None)
@example(
    [_segment(length=20), _segment(at=20, length=20), _segment(out=False), _segment(out=False), _segment(length=20)]
)
def test_kernels_agree_with_their_naive_twins(flow: list[dict[str, Any]]) -> None:
    """Compiled, interpreted and naive say the same (style: kernels)."""
    resent_by, is_copy, bits, acks, resends = _run(flow)
    absolute = [{**s, "sack": tuple((BASE + a) % 2**32 for a in s["sack"]) if s["sack"] else None} for s in flow]
    expected = naive_tcp.resends(absolute)
    assert (resent_by.tolist(), is_copy.tolist()) == expected
    for i in range(len(flow)):
        found = (int(bits[i]), int(acks[i]), int(resends[i]))
        assert found == naive_tcp.evidence(absolute, i, is_copy=expected[1][i]), i


def test_a_segment_is_resent_only_while_unacknowledged() -> None:
    """A resend after the acknowledgement is spurious and proves no loss (RFC 3522)."""
    lost = [_segment(length=20), _segment(length=20)]
    assert _run(lost)[0].tolist() == [1, -1]
    acked = [_segment(length=20), _segment(out=False, ack=20), _segment(length=20)]
    assert _run(acked)[0].tolist() == [-1, -1, -1]
    assert _run(acked)[2][0] == k.ACKED | k.COVERED


def test_keep_alives_are_not_resends() -> None:
    """A keep-alive repeats the last byte (RFC 9293 section 3.8.4)."""
    assert _run([_segment(length=20), _segment(at=19, length=1)])[0].tolist() == [-1, -1]


def test_a_syn_sent_again_is_a_resend() -> None:
    """SYN takes one sequence number (RFC 9293 section 3.4) and is not a keep-alive."""
    assert _run([_segment(length=1, tcp_flags=k.SYN)] * 2)[0].tolist() == [1, -1]


def test_the_echoed_time_stamp_tells_which_sending_arrived() -> None:
    """Eifel detection (RFC 3522): the echo is that of the segment that advanced the left edge (RFC 7323)."""
    flow = [_segment(length=20, ts=True, tsval=5), _segment(length=20, ts=True, tsval=9)]
    first = _run([*flow, _segment(out=False, ack=20, ts=True, tsecr=5)])[2][0]
    second = _run([*flow, _segment(out=False, ack=20, ts=True, tsecr=9)])[2][0]
    assert first == k.RESENT | k.ARRIVED | k.COVERED
    assert second == k.RESENT | k.ECHO_HOLE | k.COVERED


def test_a_dsack_says_that_it_arrived_twice() -> None:
    """A block at or below the acknowledgement is a duplicate report (RFC 2883)."""
    flow = [_segment(length=20), _segment(length=20), _segment(out=False, ack=20)]
    flow[2]["sack"] = (1, 20)
    assert _run(flow)[2][0] == k.RESENT | k.ARRIVED | k.COVERED


def test_the_scan_is_bounded() -> None:
    """Past the limit nothing is known, and it says so."""
    flow = [_segment(length=20), *[_segment(at=20 + n, length=1) for n in range(6)], _segment(out=False, ack=20)]
    assert _run(flow, limit=3)[2][0] == k.UNFINISHED
