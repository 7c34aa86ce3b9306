"""What is matched depends on the packets alone: not on names, order, company, or how the captures are stored.

Rule: issue "The same packet, whatever the path did to it", laws: one-to-one; stable under relabelling of addresses,
argument order, split of files, added unrelated traffic; cutting the snaplen never invents a match. Worlds are drawn by
seed (``tests/netsim/drawn.py``): boxes that translate, renumber and rewrite, clocks hours apart, loss, misses, copies.
"""

from __future__ import annotations

import functools
import pathlib
import tempfile

import attrs
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from correlate.fingerprint import fingerprint
from correlate.flows import group_flows
from correlate.load import load_vantage
from correlate.match import match_vantages
from correlate.model.matches import Tier
from tests.netsim import TcpLoad, simulate
from tests.netsim.drawn import draw
from tests.netsim.files import write_capture

SEEDS = st.integers(1000, 1400)
LAW = settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@functools.cache
def captures(seed):
    """Return the captures of a drawn world of few flows, as (stamp, frame, wire length) lists in path order."""
    world = draw(seed)
    loads = tuple(
        attrs.evolve(load, flows=min(load.flows, 6)) if hasattr(load, "flows") else load for load in world.loads
    )
    loads = tuple(
        attrs.evolve(load, response_bytes=(100, 2_000)) if isinstance(load, TcpLoad) else load for load in loads
    )
    run = simulate(attrs.evolve(world, loads=loads), seed)
    snaplen = {tap.name: tap.snaplen for tap in world.taps}
    return tuple(
        tuple((t, data[: snaplen[name] or None], size) for t, data, size in frames)
        for name, frames in run.captures.items()
    )


def tables_of(frames, splits=()):
    """Load captures, each split into files at the given shares of its frames."""
    tables = []
    with tempfile.TemporaryDirectory() as name:
        for index, mine in enumerate(frames):
            edges = [0, *(int(share * len(mine)) for share in splits), len(mine)]
            paths = []
            for part in range(len(edges) - 1):
                paths.append(str(pathlib.Path(name) / f"{index}-{part}.pcap"))
                write_capture(pathlib.Path(paths[-1]), list(mine[edges[part] : edges[part + 1]]), 0, "pcap")
            tables.append(load_vantage(f"v{index}", paths).packets)
    return tables


def matched(tables):
    """Return the match table of vantages in input order."""
    return match_vantages(tables, [group_flows(t) for t in tables], [fingerprint(t) for t in tables])[0]


def pairs(match, *, sure=False):
    """Return every two rows of different vantages that are said to be one packet."""
    keep = ~match.is_ambiguous if sure else np.ones(len(match), np.bool_)
    rows = match.rows[keep]
    return {
        (one, int(a), other, int(b))
        for one in range(rows.shape[1])
        for other in range(one + 1, rows.shape[1])
        for a, b in rows[(rows[:, one] >= 0) & (rows[:, other] >= 0)][:, [one, other]].tolist()
    }


@LAW
@given(seed=SEEDS)
def test_packets_are_one_to_one_and_pieces_share_no_byte(seed):
    """A row stands once, as a sighting or as a copy; in several packets only as their byte ranges."""
    tables = tables_of(captures(seed))
    match = matched(tables)
    for vantage, table in enumerate(tables):
        rows = match.rows[:, vantage]
        held = rows[rows >= 0]
        copies = match.copies.row[match.copies.vantage == vantage]
        assert np.array_equal(np.union1d(held, copies), np.arange(len(table)))
        assert not len(np.intersect1d(held, copies))
        again = np.flatnonzero(np.bincount(held, minlength=len(table)) > 1)
        of_cut = rows[(rows >= 0) & (match.tier == Tier.RANGE)]
        assert np.isin(again, of_cut).all()


@LAW
@given(seed=SEEDS, key=st.integers(1, 2**31))
def test_other_names_for_all_hosts_change_nothing(seed, key):
    """Every vantage calls its hosts otherwise, as one more NAT would: no address is compared."""
    tables = tables_of(captures(seed))
    assert pairs(matched([_renamed(table, key + k) for k, table in enumerate(tables)])) == pairs(matched(tables))


def _renamed(table, key):
    """Return the packets with every IPv4 address exclusive-ored with a key, its first byte kept."""
    tuples = table.tuples
    mask = np.zeros(16, np.uint8)
    mask[13:] = np.frombuffer(key.to_bytes(4, "big"), np.uint8)[1:]
    is_v4 = (tuples.version == 4)[:, None]
    moved = tuples._replace(
        src=np.where(is_v4, tuples.src ^ mask, tuples.src), dst=np.where(is_v4, tuples.dst ^ mask, tuples.dst)
    )
    return attrs.evolve(table, tuples=moved)


@LAW
@given(seed=SEEDS, draw_order=st.randoms(use_true_random=False))
def test_the_order_of_the_vantages_changes_nothing(seed, draw_order):
    tables = tables_of(captures(seed))
    order = list(range(len(tables)))
    draw_order.shuffle(order)
    turned = {
        (one, a, other, b) if one < other else (other, b, one, a)
        for one, a, other, b in (
            (order[i], a, order[j], b) for i, a, j, b in pairs(matched([tables[k] for k in order]))
        )
    }
    assert turned == pairs(matched(tables))


@LAW
@given(seed=SEEDS, share=st.floats(0.05, 0.95))
def test_where_a_capture_is_split_into_files_changes_nothing(seed, share):
    frames = captures(seed)
    assert pairs(matched(tables_of(frames, (share,)))) == pairs(matched(tables_of(frames)))


@LAW
@given(seed=SEEDS, data=st.data())
def test_unrelated_traffic_changes_nothing_about_the_rest(seed, data):
    """Another world's packets in one capture: they match nothing, and nothing else changes."""
    frames = list(captures(seed))
    place = data.draw(st.integers(0, len(frames) - 1))
    strangers = captures(data.draw(SEEDS.filter(lambda other: other != seed)))[0]
    shift = frames[place][0][0] - strangers[0][0]
    tagged = [(frame, row) for row, frame in enumerate(frames[place])]
    tagged += [((t + shift, _elsewhere(raw), size), -1) for t, raw, size in strangers]
    tagged.sort(key=lambda one: one[0][0])
    number = [row for _, row in tagged]
    mixed = [*frames[:place], [frame for frame, _ in tagged], *frames[place + 1 :]]
    before, after = pairs(matched(tables_of(frames))), pairs(matched(tables_of(mixed)))
    told = {(i, number[a] if i == place else a, j, number[b] if j == place else b) for i, a, j, b in after}
    assert told == before


def _elsewhere(raw):
    """Return an IPv4 frame of another network."""
    moved = bytearray(raw)
    if moved[12:14] == b"\x08\x00":
        moved[26] = moved[30] = 44
    return bytes(moved)


@LAW
@given(seed=SEEDS, snaplen=st.integers(20, 200), data=st.data())
def test_a_smaller_snaplen_never_invents_a_match(seed, snaplen, data):
    """What is sure with less of each frame is matched so with all of it."""
    frames = list(captures(seed))
    places = data.draw(st.sets(st.integers(0, len(frames) - 1), min_size=1))
    cut = [
        [(t, raw[:snaplen], size) for t, raw, size in mine] if place in places else mine
        for place, mine in enumerate(frames)
    ]
    assert pairs(matched(tables_of(cut)), sure=True) <= pairs(matched(tables_of(frames)))
