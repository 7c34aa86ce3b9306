"""Rule (``model/part.py``): the recorded stamp at the first vantage that holds a packet decides whose it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.load import load_vantage
from correlate.model.part import Part
from tests.read import captures
from tests.read.captures import Record
from tests.test_split import packet

STAMPS_NS = (10, 20, 30, 40)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Two vantages of four packets each, stamped alike."""
    frame = bytes(12) + b"\x08\0" + packet(1, 64)
    path = tmp_path_factory.mktemp("part") / "four.pcap"
    path.write_bytes(captures.pcap([Record(1000 * stamp, frame, len(frame)) for stamp in STAMPS_NS]))
    table = load_vantage("a", [str(path)]).packets
    return [table, table]


ROWS = st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3)), max_size=12)


@given(rows=ROWS, cut=st.integers(0, 50), other_cut=st.integers(0, 50))
@settings(deadline=None)
def test_neighbouring_parts_tell_of_every_packet_once(tables, rows, cut, other_cut) -> None:
    """But for what nobody holds, which is no packet of any part."""
    least, most = -(2**63), 2**63 - 1
    ends = {"a": 1000 * cut, "b": 1000 * other_cut}
    before = Part(stretches={}, owned={name: (least, end) for name, end in ends.items()})
    behind = Part(stretches={}, owned={name: (end, most) for name, end in ends.items()})
    array = np.array(rows, np.int64).reshape(-1, 2)
    told = [part.owns(["a", "b"], tables, array) for part in (before, behind)]
    held = (array >= 0).any(axis=1)
    assert (told[0] != told[1])[held].all()
    assert (told[0] & told[1])[~held].all()


def test_the_first_vantage_that_holds_a_packet_decides(tables) -> None:
    part = Part(stretches={}, owned={"a": (0, 25_000), "b": (25_000, 50_000)})
    rows = np.array([[0, 0], [3, 3], [-1, 3], [-1, 0]], np.int64)
    assert part.owns(["a", "b"], tables, rows).tolist() == [True, False, True, False]


def test_whose_clock_is_trusted_most_decides_whatever_the_order_of_the_captures(tables) -> None:
    """``owned`` names that vantage first: a clock that was set back shows some times twice."""
    part = Part(stretches={}, owned={"b": (25_000, 50_000), "a": (0, 25_000)})
    rows = np.array([[0, 0], [3, 3], [0, -1], [3, -1]], np.int64)
    assert part.owns(["a", "b"], tables, rows).tolist() == [False, True, True, False]


def test_the_time_of_a_part_ends_before_its_last_stamp(tables) -> None:
    part = Part(stretches={}, owned={"a": (20_000, 30_000), "b": (0, 0)})
    rows = np.array([[0, -1], [1, -1], [2, -1]], np.int64)
    assert part.owns(["a", "b"], tables, rows).tolist() == [False, True, False]
