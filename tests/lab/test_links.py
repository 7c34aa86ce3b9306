"""The truth of one step is right, and says nothing where nothing passed."""

from __future__ import annotations

from tests.lab.frames import Frame
from tests.lab.links import LATEST_NS, box_links, wire_links
from tests.lab.tracking import Tracked, tracked

IN = (6, b"in", 1000, b"far", 80)
OUT = (6, b"out", 2000, b"far", 80)


def frame(
    at: int, ends=IN, *, mark: int = 0, begin: int = 0, size: int = 100, text: str = "x", name: str = ""
) -> Frame:
    identity = (mark, 16, text, size)
    whole = ("stream",) if size else ()
    return Frame(
        number=at + 1, time_ns=at * 1000, is_outgoing=False, digest=name or f"{ends}{identity}{begin}", ends=ends,
        identity=identity, numbers=(begin, 7), begin=begin, size=size, whole=whole,
    )  # fmt: skip


def test_a_translated_packet_is_found_by_the_kernels_own_table() -> None:
    table = Tracked({IN: (0, "original"), OUT: (0, "original")})
    ins = [frame(0, mark=5), frame(1, mark=6, begin=100)]
    outs = [frame(2, OUT, mark=6, begin=100), frame(3, OUT, mark=5)]
    assert sorted(box_links(ins, outs, table)) == [(0, 1), (1, 0)]
    assert box_links(ins, outs, Tracked()) == []


def test_nothing_leaves_before_it_came_or_long_after() -> None:
    assert box_links([frame(100)], [frame(0)], Tracked()) == []
    assert box_links([frame(0)], [frame(2 * LATEST_NS // 1000)], Tracked()) == []


def test_a_large_frame_is_all_of_its_pieces() -> None:
    whole = [frame(0, size=300, text="all")]
    parts = [frame(1 + k, begin=100 * k, text=f"{k}") for k in range(3)]
    assert sorted(box_links(whole, parts, Tracked())) == [(0, 0), (0, 1), (0, 2)]
    assert sorted(box_links(parts, [frame(9, size=300, text="all")], Tracked())) == [(0, 0), (1, 0), (2, 0)]


def test_edited_payload_is_paired_by_order_only_where_a_box_edits() -> None:
    table = Tracked({IN: (0, "original"), OUT: (0, "original")})
    ins, outs = [frame(0, text="PORT a", size=20)], [frame(1, OUT, text="PORT bb", size=22, begin=500)]
    assert box_links(ins, outs, table) == []
    assert box_links(ins, outs, table, edits=True) == [(0, 0)]


def test_a_wire_is_believed_to_the_letter() -> None:
    ins = [frame(0, name="a"), frame(1, name="b"), frame(2, name="c"), frame(3, name="d")]
    outs = [frame(4, name="a"), frame(5, name="a"), frame(6, name="changed")]
    log = [[0, 1, "a", [[2, "a"], [3, "a"]]], [0, 2, "b", []], [0, 3, "c", [[4, "changed"]]]]
    # The last frame is not in the log: the device's queue was full.
    assert wire_links(ins, outs, log) == [(0, 0), (0, 1), (2, 2)]


def test_events_of_the_kernel_name_both_sides() -> None:
    line = (
        "    [NEW] tcp      6 120 SYN_SENT src=10.0.0.1 dst=10.2.0.2 sport=1000 dport=80 [UNREPLIED] "
        "src=10.2.0.2 dst=10.1.0.1 sport=80 dport=2000 id=77"
    )
    table = tracked([line])
    inner = (6, bytes([10, 0, 0, 1]), 1000, bytes([10, 2, 0, 2]), 80)
    outer = (6, bytes([10, 1, 0, 1]), 2000, bytes([10, 2, 0, 2]), 80)
    assert table.flow(inner) == table.flow(outer) == (0, "original")
    assert not table.knows((6, bytes(4), 1, bytes(4), 2))
