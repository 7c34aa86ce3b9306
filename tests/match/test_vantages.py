"""Laws of matching as a whole, and its figures in simulated worlds and on public captures."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.model.arrays import freeze
from correlate.model.matches import Tier
from tests.match.crafting import CLIENT, MS, NAT, SERVER, later, table, talk, udp
from tests.match.loading import load, load_real, match
from tests.match.scoring import score
from tests.netsim import HOUR, DnsLoad, PingLoad, StreamLoad, TcpLoad, chain, simulate
from tests.netsim.boxes import IpIdRewrite, IsnRewrite, Nat, PayloadEdit, SynAckPad

LOADS = (TcpLoad(flows=15), DnsLoad(flows=15), PingLoad(flows=2, count=8), StreamLoad(flows=1, packets=60))


def hard_world(taps, **changes):
    """PAT, 1 % loss each way, 2 % capture misses, offsets of hours, 30 ppm."""
    world = chain(taps, loads=changes.pop("loads", LOADS), **changes)
    world = world.with_hop(taps // 2 - 1, both={"loss": 0.01}, boxes=[Nat()])
    for place in range(taps):
        world = world.with_tap(
            place, miss=0.02, clock={"offset_ns": (place * 7 - 9) * HOUR, "skew_ppm": 30.0 * (place % 2)}
        )
    return world


def pairs_of(found, tables):
    """Set of matched packets as tuples of frame numbers, 0 = not observed."""
    return {
        tuple(int(t.columns.frame[row]) if row >= 0 else 0 for t, row in zip(tables, rows, strict=True))
        for rows in found.rows
    }


@pytest.fixture(scope="module")
def captures(tmp_path_factory):
    """Four vantages of a hard world."""
    run = simulate(hard_world(4), seed=3)
    return [load(path) for path in run.write(tmp_path_factory.mktemp("world")).values()]


@pytest.mark.parametrize("taps", [2, 4])
def test_precision_and_recall_hold_behind_pat_with_loss_misses_and_hours_of_offset(taps, tmp_path):
    """Issue: pair precision >= 0.999, recall >= 0.99."""
    figures = score(hard_world(taps), 5, tmp_path)
    assert figures.precision >= 0.999, figures
    assert figures.recall >= 0.99, figures


@pytest.mark.parametrize(
    ("boxes", "recall"),
    [
        ((Nat(), IsnRewrite()), 0.99),
        ((Nat(), IpIdRewrite()), 0.99),
        ((SynAckPad(),), 0.99),
        # Altered datagrams without IP ID stay apart where others of their flow could be meant.
        ((PayloadEdit(share=1.0),), 0.98),
    ],
)
def test_what_a_middlebox_rewrites_is_still_the_same_packet(boxes, recall, tmp_path):
    """Algorithms section 2: drop one component at a time."""
    world = chain(2, loads=LOADS).with_hop(0, both={"loss": 0.01}, boxes=list(boxes))
    figures = score(world, 6, tmp_path)
    assert figures.precision >= 0.999, figures
    assert figures.recall >= recall, figures


@pytest.mark.parametrize("ip_id", ["zero", "random", "global"])
def test_ip_ids_of_any_habit_do(ip_id, tmp_path):
    """IP IDs may be constant, random or shared by all flows of a host."""
    figures = score(hard_world(2, ip_id=ip_id), 7, tmp_path)
    assert figures.precision >= 0.999, figures
    assert figures.recall >= 0.99, figures


def test_ipv6_without_any_ip_id_does(tmp_path):
    """RFC 8200 has no identification in unfragmented packets."""
    six = tuple(attrs.evolve(load_, version=6) for load_ in LOADS)
    world = chain(2, loads=six).with_hop(0, both={"loss": 0.01}).with_tap(1, miss=0.02)
    figures = score(world, 8, tmp_path)
    assert figures.precision >= 0.999, figures
    assert figures.recall >= 0.99, figures


def test_network_duplicates_and_tap_copies_are_told_apart(tmp_path):
    """RFC 5560: the network duplicated; a mirror port only shows twice."""
    figures = score(chain(2, loads=LOADS).with_hop(0, both={"duplicate": 0.05}), 9, tmp_path / "a")
    assert figures.duplicates[0] == figures.duplicates[1]
    assert figures.copies == (0, 0)
    figures = score(chain(2, loads=LOADS).with_tap(1, span_copies=1.0), 9, tmp_path / "b")
    assert figures.duplicates == (0, 0)
    assert figures.copies[0] == figures.copies[1]


@given(st.permutations(range(4)))
@settings(max_examples=4, deadline=None)
def test_the_order_of_arguments_changes_nothing(captures, order):
    """Law."""
    straight = pairs_of(match(captures)[0], captures)
    turned = [captures[k] for k in order]
    back = np.argsort(order)
    assert {tuple(packet[k] for k in back) for packet in pairs_of(match(turned)[0], turned)} == straight


@given(st.integers(-(10**17), 10**17), st.integers(0, 3))
@settings(max_examples=4, deadline=None)
def test_shifting_one_clock_changes_nothing(captures, shift, place):
    """Law: clocks are never compared."""
    moved = list(captures)
    columns = moved[place].columns
    moved[place] = attrs.evolve(moved[place], columns=freeze(columns._replace(ts_ns=columns.ts_ns + shift)))
    assert np.array_equal(match(moved)[0].rows, match(captures)[0].rows)


@given(st.integers(0, 2**32), st.integers(0, 3))
@settings(max_examples=4, deadline=None)
def test_relabelling_addresses_and_ports_changes_nothing(captures, seed, place):
    """Law: NAT is learned, not assumed."""
    rng = np.random.default_rng(seed)
    tuples = captures[place].tuples
    mask = rng.integers(0, 256, 16, np.uint8)
    port = int(rng.integers(1, 60_000))
    has_port = tuples.sport >= 0
    relabelled = tuples._replace(
        src=tuples.src ^ mask,
        dst=tuples.dst ^ mask,
        sport=np.where(has_port, (tuples.sport + port) % 65536, -1).astype(np.int32),
        dport=np.where(has_port, (tuples.dport + port) % 65536, -1).astype(np.int32),
    )
    moved = list(captures)
    moved[place] = attrs.evolve(moved[place], tuples=freeze(relabelled))
    assert pairs_of(match(moved)[0], moved) == pairs_of(match(captures)[0], captures)


def test_each_row_stands_once_unless_it_is_a_super_segment(captures):
    """Law: one-to-one per vantage, copies apart."""
    found, _ = match(captures)
    for vantage, packets in enumerate(captures):
        single = found.rows[found.tier != Tier.RANGE, vantage]
        counts = np.bincount(single[single >= 0], minlength=len(packets))
        counts[found.copies.row[found.copies.vantage == vantage]] += 1
        assert counts.max() == 1
        ranged = found.rows[found.tier == Tier.RANGE, vantage]
        counts[ranged[ranged >= 0]] += 1
        assert counts.min() >= 1


@pytest.mark.parametrize("snaplen", [60, 68, 96, 128])
def test_a_smaller_snaplen_never_invents_a_match(snaplen, tmp_path):
    """Law."""
    world = hard_world(2)
    cut = world.with_tap(0, snaplen=snaplen)
    figures = score(cut, 5, tmp_path)
    assert figures.wrong == 0, figures


def test_unrelated_traffic_changes_nothing(tmp_path):
    """Law: flows that only one capture holds touch no other pair."""
    run = simulate(hard_world(2), seed=4)
    names = [tap.name for tap in run.world.taps]
    plain = [load(path) for path in run.write(tmp_path / "plain").values()]
    start = run.captures[names[0]][20][0]
    stranger = [
        (start + t, f, len(f)) for t, f in talk("172.16.0.1", "172.16.0.2", isn=(5_000_000, 9_000_000), rounds=80)
    ]
    mixed = attrs.evolve(run, captures={**run.captures, names[0]: sorted([*run.captures[names[0]], *stranger])})
    more = [load(path) for path in mixed.write(tmp_path / "mixed").values()]

    def by_stamp(tables):
        found = match(tables)[0].rows
        both = found[(found >= 0).all(axis=1)]
        return sorted(zip(*(t.columns.ts_ns[both[:, v]].tolist() for v, t in enumerate(tables)), strict=True))

    assert by_stamp(plain) == by_stamp(more)


def test_a_stranger_among_vantages_is_matched_with_nobody(captures):
    """Contract: a single unrelated vantage is a problem entry, not a match."""
    stranger = table(talk("172.16.0.1", "172.16.0.2", isn=(5_000_000, 9_000_000), rounds=8))
    found, _ = match([captures[0], stranger, captures[1]])
    alone = found.rows[found.rows[:, 1] >= 0]
    assert np.all(alone[:, [0, 2]] == -1)
    known = {(a, c) for a, _, c in pairs_of(found, [captures[0], stranger, captures[1]]) if a or c}
    assert known == pairs_of(match(captures[:2])[0], captures[:2])


def test_a_nat_that_changes_address_and_port_is_learned():
    """RFC 4787: only addresses, ports and checksums differ."""
    inside, outside = (
        talk(isn=(900_000_000, 77_000_000)),
        talk(NAT, SERVER, 61000, isn=(900_000_000, 77_000_000), ttl=63, at=MS),
    )
    tables = [table(inside), table(later(outside, 10**15))]
    found, joined = match(tables)
    assert (found.rows >= 0).all()
    assert len(joined) == 1
    assert joined.member.tolist() == [[0, 0]]
    assert found.is_outbound.sum() == 5


def test_a_retransmission_is_not_its_original():
    """The original was lost on the way; the copy has a new IP ID, so the original stays alone."""
    frames = talk(isn=(900_000_000, 77_000_000))
    stamp, request = frames[3]
    again = (stamp + 2 * MS, udp_free_resend(request, ident=9999))
    up = table([*frames[:4], again, *frames[4:]])
    down = table([*frames[:3], again, *frames[4:]])
    found, _ = match([up, down])
    assert (4, 0) in pairs_of(found, [up, down])
    assert (5, 4) in pairs_of(found, [up, down])


def udp_free_resend(frame: bytes, *, ident: int) -> bytes:
    """The same packet with another IP ID."""
    from tests.match.crafting import ip4

    return ip4(CLIENT, SERVER, frame[23], frame[34:], ident=ident)


def test_empty_and_single_captures_are_fine():
    """Contract: one vantage is allowed."""
    one = table(talk())
    found, joined = match([one])
    assert found.rows.ravel().tolist() == sorted(found.rows.ravel().tolist()) or len(found) == len(one)
    assert len(joined) == 1
    nothing = table([])
    found, joined = match([one, nothing])
    assert len(found) == len(one)
    assert match([nothing, nothing])[0].rows.shape == (0, 2)


def test_identical_queries_of_different_clients_go_by_time():
    """DNS retries have no bits of their own (algorithms section 2): only time tells them apart."""
    sure = talk(isn=(900_000_000, 77_000_000))
    query = b"\0\1same question everywhere"
    asked = [(k * 50 * MS + MS, udp(CLIENT, SERVER, 40000 + k, 53, query)) for k in range(4)]
    seen = [
        (stamp + MS, udp(NAT, SERVER, 60009 - k, 53, query, ttl=63)) for k, (stamp, _) in enumerate(asked) if k != 1
    ]
    up = table(sorted([*sure, *asked]))
    down = table(sorted([*later(sure, MS), *seen]))
    found, _ = match([up, down])
    ports = {
        (int(up.tuples.sport[up.columns.tuple_id[a]]), int(down.tuples.sport[down.columns.tuple_id[b]]))
        for a, b in found.rows
        if a >= 0 and b >= 0 and up.columns.proto[a] == 17
    }
    assert ports == {(40000, 60009), (40002, 60007), (40003, 60006)}


@pytest.mark.real
def test_home_router_131_of_132():
    """Captures' README: the missing one precedes the ISP capture; the ICMP error's quote is translated too."""
    tables = load_real("kurose-nat/NAT_home_side.pcap", "kurose-nat/NAT_ISP_side.pcap")
    found, _ = match(tables)
    pairs = pairs_of(found, tables)
    assert sum(0 not in packet for packet in pairs) == 131
    assert (49, 53) in pairs
    assert (1, 0) in pairs


@pytest.mark.real
def test_simulated_pat_34_of_34_at_four_points():
    """Captures' README: every packet at all four points, ports changed."""
    tables = load_real(*(f"ns3-pat/ipv4-nat-{point}.pcap" for point in ("0-0", "1-0", "1-1", "2-0")))
    found, joined = match(tables)
    assert found.rows.shape == (34, 4)
    assert (found.rows >= 0).all()
    assert len(joined) == 1


@pytest.mark.real
def test_bulk_transfer_286_of_286():
    """Captures' README."""
    tables = load_real("ns3-pat/tcp-bulk-send-0-0.pcap", "ns3-pat/tcp-bulk-send-1-0.pcap")
    assert (match(tables)[0].rows >= 0).all(axis=1).sum() == 286


@pytest.mark.real
def test_multipath_two_hosts_share_2760_to_2774():
    """Captures' README: 2,760 to 2,774 common packets."""
    tables = load_real("mptcp-two-hosts/client_1_tcp_only.pcap.gz", "mptcp-two-hosts/server_1_tcp_only.pcap.gz")
    assert 2760 <= (match(tables)[0].rows >= 0).all(axis=1).sum() <= 2774


@pytest.mark.real
@pytest.mark.parametrize(
    "name",
    [
        "1ttl",
        "pnat",
        "seed",
        "portmap",
        "range_portmap",
        "sequence",
        "tos",
        "vlan802.1ad",
        "mac",
        "fixcsum",
        "endpoint",
        "pad",
    ],
)
def test_rewritten_captures_match_packet_by_packet(name):
    """Each file is the same 176 packets with one known change; equal frames inside may be copies or duplicates."""
    tables = load_real("rewrites/test.pcap", f"rewrites/test.rewrite_{name}")
    found, _ = match(tables)
    both = (found.rows >= 0).all(axis=1)
    assert both.sum() == 176
    frames = [t.columns.frame[found.rows[both, v]] for v, t in enumerate(tables)]
    assert np.array_equal(frames[0], frames[1])


@pytest.mark.real
@pytest.mark.parametrize("name", ["3proxy-httpproxy_http1", "squid-httpproxy-http1", "tinc-tinc_http1"])
def test_relay_and_server_share_their_connection(name):
    """1:1 NAT between relay and server: the ten packets of the relayed request."""
    tables = load_real(f"proxydetection/{name}/relay.pcap", f"proxydetection/{name}/server.pcap")
    assert (match(tables)[0].rows >= 0).all(axis=1).sum() == 10
