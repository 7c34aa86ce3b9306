"""``metrics.reordering``: RFC 4737, and silence where a capture's own order is doubtful."""

from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.metrics.reordering import find_reordered
from tests.metrics.scenes import MS, Seen, scene, tcp


def _late(arrival: list[int], *, stamps: list[int] | None = None, flows: list[int] | None = None, **how) -> list[int]:
    """Packets found reordered when packet ``arrival[i]`` arrives as the i-th."""
    size = len(arrival)
    sent = [(at * MS, tcp(seq=at)) for at in range(size)]
    came = [(stamps[at] if stamps else at * MS, tcp(seq=number)) for at, number in enumerate(arrival)]
    row = {number: at for at, number in enumerate(arrival)}
    seen = [Seen(rows=(at, row[at]), flow=flows[at] if flows else 0, **how) for at in range(size)]
    world = scene([sent, came], seen)
    return sorted(find_reordered(world.packets, world.path, world.trajectories)[0].tolist())


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(8)), st.lists(st.integers(0, 2), min_size=8, max_size=8))
def test_a_packet_is_reordered_if_one_sent_later_came_before_it(arrival: list[int], flows: list[int]) -> None:
    """RFC 4737 section 3.3: s < NextExp, within one flow, against the plain definition."""
    naive = []
    for flow in set(flows):
        greatest = -1
        for number in (n for n in arrival if flows[n] == flow):
            naive += [number] if number < greatest else []
            greatest = max(greatest, number)
    assert _late(arrival, flows=flows) == sorted(naive)


def test_order_within_one_tick_proves_nothing() -> None:
    """Equal stamps downstream: record order is the capture's, not the network's."""
    assert _late([1, 0], stamps=[5, 5]) == []
    assert _late([1, 0], stamps=[5, 6]) == [0]


def test_stamps_that_contradict_the_record_order_prove_nothing() -> None:
    """Files merged from several queues."""
    assert _late([1, 0], stamps=[9, 6]) == []


def test_ambiguous_packets_and_network_copies_have_no_order() -> None:
    """Their order is not theirs."""
    assert _late([1, 0], is_ambiguous=True) == []
    assert _late([1, 0], duplicate_of=0) == []


def test_the_way_back_is_judged_by_its_own_upstream() -> None:
    """Reverse packets start at the second vantage."""
    sent = [(at * MS, tcp(seq=at)) for at in (0, 1)]
    came = [(at * MS, tcp(seq=at)) for at in (1, 0)]
    came.sort()
    world = scene(
        [[(0, tcp(seq=1)), (MS, tcp(seq=0))], sent], [Seen(rows=(1, 0), direction=-1), Seen(rows=(0, 1), direction=-1)]
    )
    packet, hop = find_reordered(world.packets, world.path, world.trajectories)
    assert (packet.tolist(), hop.tolist()) == ([0], [0])


def test_pieces_of_one_frame_are_not_reordered() -> None:
    """Offload: equal upstream rows."""
    world = scene([[(0, tcp(seq=0))], [(0, tcp(seq=0)), (MS, tcp(seq=1))]], [Seen(rows=(0, 1)), Seen(rows=(0, 0))])
    assert len(find_reordered(world.packets, world.path, world.trajectories)[0]) == 0
