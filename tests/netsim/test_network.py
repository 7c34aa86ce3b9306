"""Laws of the simulated network itself: a wrong truth would make every later figure worthless."""

from __future__ import annotations

import importlib
from typing import Any

import attrs
import numpy as np
import pytest

from tests.netsim import (
    HOUR,
    MILLISECOND,
    NOT_LOST,
    SECOND,
    Clock,
    DnsLoad,
    Lanes,
    PingLoad,
    ProbeLoad,
    Seen,
    StreamLoad,
    TcpLoad,
    World,
    chain,
    simulate,
)
from tests.netsim.boxes import (
    AckCheck,
    Alg,
    Enter,
    Forwarding,
    IpIdRewrite,
    IsnRewrite,
    Leave,
    MssClamp,
    Nat,
    Nat64,
    OptionStrip,
    OuterNat,
    PayloadEdit,
    PortBlock,
    RstInject,
    SetField,
    SynAckPad,
    TimestampRewrite,
    WindowClamp,
)
from tests.netsim.drawn import draw
from tests.netsim.packet import TIMESTAMPS

SMALL = (TcpLoad(flows=12, response_bytes=(100, 9000)), DnsLoad(flows=6), PingLoad(flows=1, count=5))
SIX = (TcpLoad(flows=6, version=6), DnsLoad(flows=4, version=6), PingLoad(flows=1, count=5, version=6))

WORLDS: dict[str, World] = {
    "plain": chain(2, loads=SMALL),
    "six": chain(3, loads=SIX),
    "lossy": chain(4, loads=SMALL).with_hop(1, both={"loss": 0.05}, boxes=[Nat()]),
    "bursts": chain(2, loads=SMALL).with_hop(0, forward={"loss": 0.05, "burst": 4.0}),
    "duplicates": chain(3, loads=SMALL).with_hop(0, both={"duplicate": 0.1}).with_hop(1, both={"duplicate": 0.1}),
    "reordered": chain(2, loads=SMALL).with_hop(0, both={"reorder": 0.05}),
    "isn": chain(2, loads=SMALL).with_hop(0, both={"loss": 0.05}, boxes=[IsnRewrite(), Nat(kind="snat")]),
    "edits": chain(3, loads=SMALL).with_hop(
        1, boxes=[MssClamp(), OptionStrip(), IpIdRewrite(), SetField(value=0x28), PayloadEdit(share=1.0)]
    ),
    "padded": chain(3, loads=SMALL).with_hop(0, boxes=[SynAckPad(), AckCheck()]),
    "reset": chain(3, loads=SMALL).with_hop(1, boxes=[Nat(), RstInject()]),
    "blocked": chain(3, loads=(*SMALL, TcpLoad(flows=4, port=8443))).with_hop(1, boxes=[PortBlock()]),
    "bottleneck": chain(2, loads=SMALL).with_hop(0, reverse={"rate_bps": 2_000_000, "queue_ns": 30 * MILLISECOND}),
    "gateway": chain(3, loads=SMALL).with_hop(0, both={"loss": 0.05}, boxes=[Alg(share=1.0)]),
    "numbers": chain(2, loads=SMALL).with_hop(
        0,
        both={"loss": 0.05},
        boxes=[IsnRewrite(of_client=False, shifts_sack=False), TimestampRewrite(), WindowClamp()],
    ),
    "shorter": chain(2, loads=SMALL).with_hop(0, boxes=[OptionStrip(option=TIMESTAMPS, shortens=True)]),
    "hairpin": chain(2, loads=(*SMALL, ProbeLoad())).with_hop(0, boxes=[Forwarding(ports=((443, 8443),)), Nat()]),
    "probes": chain(3, loads=(ProbeLoad(),)).with_hop(1, boxes=[Nat(translates_quotes=False)]),
    "lanes": attrs.evolve(chain(4, loads=SMALL), lanes=Lanes(spread="packet"))
    .with_tap(1, lane=0)
    .with_tap(2, lane=1, direction="forward"),
    "drawn": draw(7),
    "tunnel": chain(4, loads=SMALL)
    .with_hop(0, boxes=[Enter(kind="vxlan"), Enter(kind="qinq")])
    .with_hop(1, both={"loss": 0.05}, boxes=[OuterNat()])
    .with_hop(2, boxes=[Leave(kind="qinq"), Leave(kind="vxlan"), Nat()]),
    "nat64": chain(3, loads=(*SIX, ProbeLoad(flows=2, version=6))).with_hop(1, both={"loss": 0.05}, boxes=[Nat64()]),
    "faulty captures": chain(2, loads=(*SMALL, StreamLoad(packets=50)))
    .with_tap(0, miss=0.05, snaplen=96, span_copies=0.1)
    .with_tap(1, start_ns=2 * SECOND, end_ns=8 * SECOND, clock={"offset_ns": -5 * HOUR, "quantum_ns": 1000}),
}


@pytest.fixture(scope="module", params=list(WORLDS), name="run")
def _run(request: pytest.FixtureRequest) -> Any:
    return simulate(WORLDS[request.param], seed=5)


def test_equal_worlds_and_seeds_give_equal_captures_and_truth() -> None:
    """Determinism: a failing world can be run again."""
    world = WORLDS["lossy"]
    one, other = simulate(world, 3), simulate(world, 3)
    assert one.captures == other.captures
    assert one.truth.edits == other.truth.edits
    assert np.array_equal(one.truth.time_ns, other.truth.time_ns)
    assert simulate(world, 4).captures != one.captures


def test_every_sighting_is_in_exactly_one_state(run: Any) -> None:
    """Conservation: captured, missed, outside the window, lost before, or born beyond."""
    truth = run.truth
    assert ((truth.frame > 0) == (truth.seen == Seen.CAPTURED)).all()
    passed = np.isin(truth.seen, [Seen.CAPTURED, Seen.MISSED, Seen.WINDOW])
    assert (passed == (truth.time_ns >= 0)).all()
    places = len(run.world.taps)
    for place, tap in enumerate(run.world.taps):
        frames = run.captures[tap.name]
        held = np.count_nonzero(truth.frame[:, place]) + np.count_nonzero(truth.copies[:, 1] == place)
        assert held == len(frames) == len(truth.transmission_of[place])
    along = np.arange(places)[None, :]
    ordinal = np.where(truth.forward[:, None], along, places - 1 - along)
    lost = np.where(truth.forward, truth.lost_hop, places - 2 - truth.lost_hop)
    lost = np.where(truth.lost_hop == NOT_LOST, places, lost)
    assert ((truth.seen == Seen.NOT_REACHED) == ((ordinal > lost[:, None]) & (truth.seen != Seen.NOT_ON_WAY))).all()


def test_times_grow_along_the_way(run: Any) -> None:
    """Causality: a packet is later where it comes later."""
    for forward in (True, False):
        times = run.truth.time_ns[run.truth.forward == forward]
        times = times if forward else times[:, ::-1]
        for near, far in zip(times.T, times.T[1:], strict=False):
            both = (near >= 0) & (far >= 0)
            assert (far[both] > near[both]).all()


def test_acknowledgements_cover_only_what_the_receiver_holds() -> None:
    """RFC 9293, 3.4: with the ends' taps complete, no ACK at the server tap precedes the bytes it covers."""
    run = simulate(chain(2, loads=(TcpLoad(flows=20),)).with_hop(0, both={"loss": 0.05}), 9)
    scapy = importlib.import_module("scapy.layers.l2")
    held: dict[tuple[Any, ...], int] = {}
    for _, data, _ in run.captures["server"]:
        ip = scapy.Ether(data).payload
        tcp = ip.payload
        size = ip.len - 20 - tcp.dataofs * 4 + bool(tcp.flags & 3)
        mine, theirs = (ip.src, tcp.sport, ip.dst, tcp.dport), (ip.dst, tcp.dport, ip.src, tcp.sport)
        if ip.src.startswith("10.") is False and tcp.flags & 16 and theirs in held:
            assert (held[theirs] - tcp.ack) & 0xFFFFFFFF < 2**31
        end = (tcp.seq + size) & 0xFFFFFFFF
        if mine not in held or (end - held[mine]) & 0xFFFFFFFF < 2**31:
            held[mine] = end


def test_every_byte_and_checksum_is_what_scapy_builds(run: Any) -> None:
    """Differential: scapy parses each frame and, told to compute lengths and checksums anew, builds the same bytes."""
    scapy = importlib.import_module("scapy.layers.l2")
    importlib.import_module("scapy.layers.inet6")
    for tap in run.world.taps:
        for _, data, wire_len in run.captures[tap.name][::7]:
            if len(data) < wire_len:
                continue
            frame = scapy.Ether(data)
            ip = frame.payload
            fields = {"len": None, "chksum": None} if ip.name == "IP" else {"plen": None}
            for name, value in fields.items():
                setattr(ip, name, value)
            transport = ip.payload
            for name in ("chksum", "cksum"):
                if name in transport.fields:
                    setattr(transport, name, None)
            length = 14 + (len(ip) if ip.name == "IP" else 40 + len(transport))
            assert bytes(frame)[:length] == data[:length]


def test_a_lossless_world_delivers_everything() -> None:
    """Nothing is lost, repeated or edited unless asked for."""
    truth = simulate(WORLDS["plain"], 2).truth
    assert (truth.lost_hop == NOT_LOST).all()
    assert not any("again" in kind for kind in truth.kind.tolist())
    assert (truth.seen == Seen.CAPTURED).all()
    assert truth.findings() == frozenset()


def test_every_connection_ends(run: Any) -> None:
    """However bad the way, the ends recover or give up: nothing is sent in the last third of the patience."""
    truth, world = run.truth, run.world
    assert truth.time_ns.max() - world.epoch_ns < world.duration_ns + world.patience_ns


def test_losses_come_at_the_rate_asked_for() -> None:
    """Rate within four standard deviations, single and in bursts; retransmissions follow."""
    for burst in (1.0, 3.0):
        world = chain(2, loads=(StreamLoad(flows=20, packets=500, interval_ns=MILLISECOND),))
        truth = simulate(world.with_hop(0, both={"loss": 0.02, "burst": burst}), 1).truth
        lost = (truth.lost_hop == 0).mean()
        assert abs(lost - 0.02) < 4 * (0.02 * 2 * burst / len(truth)) ** 0.5


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("lossy", {"nat", "loss"}),
        ("isn", {"nat", "loss", "isn-rewritten"}),
        ("edits", {"mss-clamped", "option-stripped", "ip-id-rewritten", "dscp-changed", "payload-altered"}),
        ("padded", {"syn-ack-altered"}),
        ("reset", {"nat", "rst-injected"}),
        ("blocked", {"port-blocked"}),
        ("gateway", {"loss", "alg-rewrite"}),
        ("numbers", {"loss", "isn-rewritten", "timestamps-rewritten"}),
        ("hairpin", {"nat"}),
        ("bottleneck", {"loss"}),
    ],
)
def test_boxes_do_what_they_are_named_for(name: str, codes: set[str]) -> None:
    """The truth lists what boxes did, so worlds can state the expected findings."""
    assert simulate(WORLDS[name], 5).truth.findings() == codes


def test_a_rejected_acknowledgement_is_the_consequence_of_a_padded_syn_ack() -> None:
    """Case 1: the client acknowledges two bytes that the server never sent, and the firewall drops it."""
    truth = simulate(WORLDS["padded"], 5).truth
    rejected = truth.lost_by == "AckCheck"
    assert rejected.any()
    assert (truth.lost_hop[rejected] == 0).all()
    assert truth.forward[rejected].all()


def test_a_gateway_moves_numbers_so_that_the_ends_agree() -> None:
    """Every request arrives longer, and nothing but the losses makes anybody send again."""
    world = chain(2, loads=(TcpLoad(flows=20, exchanges=(2, 4)),)).with_hop(0, boxes=[Alg(share=1.0)])
    truth = simulate(world, 3).truth
    assert not any("again" in kind for kind in truth.kind.tolist())
    grown = [edit for edit in truth.edits if edit.field == "tcp.payload"]
    assert len(grown) >= 40
    assert all(edit.after.startswith(edit.before) for edit in grown)
    moved = {edit.transmission for edit in truth.edits if edit.field == "tcp.seq_raw"}
    assert np.isin(truth.kind[list(moved)], ["data", "ack", "fin", "rst"]).all()


def test_errors_quote_what_their_receiver_sent() -> None:
    """RFC 5508: behind a NAT the quoted header is the inner one, unless the NAT forgets it."""
    scapy = importlib.import_module("scapy.layers.l2")
    for translates in (True, False):
        world = chain(2, loads=(ProbeLoad(),)).with_hop(0, boxes=[Nat(translates_quotes=translates)])
        run = simulate(world, 1)
        frames = [scapy.Ether(data) for _, data, _ in run.captures["client"]]
        quoted = {frame["IPerror"].src for frame in frames if frame.haslayer("IPerror")}
        assert quoted
        assert quoted.issubset({frame["IP"].src for frame in frames}) == translates


def test_a_tap_on_one_lane_sees_what_takes_it() -> None:
    """Bundle members: every packet is seen by exactly one of two parallel taps."""
    for spread in ("flow", "packet", "direction", "failover"):
        world = attrs.evolve(chain(4, loads=SMALL), lanes=Lanes(spread=spread)).with_tap(1, lane=0).with_tap(2, lane=1)
        truth = simulate(world, 1).truth
        here, there = (truth.frame[:, 1:3] > 0).T
        assert (here != there).all()
        assert here.any()
        assert there.any()
        if spread == "direction":
            assert (here == truth.forward).all()
        if spread == "flow":
            assert not set(truth.flow[here].tolist()) & set(truth.flow[there].tolist())


def test_clock_truth_is_the_difference_of_the_stamps() -> None:
    """Offset at a frame = own stamp minus the reference's stamp of the same instant."""
    world = chain(2, loads=SMALL).with_tap(1, clock={"offset_ns": 3 * HOUR, "skew_ppm": 50.0, "steps": ((SECOND, 7),)})
    run = simulate(world, 1)
    frames = np.arange(1, len(run.captures["server"]) + 1)
    true = run.truth.time_ns[run.truth.transmission_of[1], 1]
    assert np.array_equal(run.truth.offset_ns(1, frames, 0), run.truth.stamp_ns[1] - true)
    assert not run.truth.offset_ns(1, frames, 1).any()


RESTLESS = Clock(
    offset_ns=HOUR,
    skew_ppm=-40.0,
    steps=((3 * SECOND, -SECOND),),
    slews=((SECOND, 2 * SECOND, 83_333.0), (4 * SECOND, 400 * SECOND, -500.0)),
    wander=((2.0, 60.0, 1.0),),
)


@pytest.mark.parametrize(
    ("second", "expected_ppm"),
    [(0.5, 0.0), (1.5, 83_333.0), (2.5, 0.0), (100.0, -500.0), (401.0, 0.0)],
)
def test_a_slew_changes_the_rate_while_it_lasts(second: float, expected_ppm: float) -> None:
    """ntpd slews at 500 ppm, chrony at up to 83,333; wander adds at most its 2 ppm to the skew."""
    at, epoch = int(second * SECOND), 1_700_000_000 * SECOND
    gained = RESTLESS.local(epoch + at + MILLISECOND, epoch) - RESTLESS.local(epoch + at, epoch) - MILLISECOND
    assert gained / MILLISECOND * 1e6 == pytest.approx(expected_ppm - 40, abs=3.1)


def test_a_slew_keeps_what_it_gained() -> None:
    """The integral of the rate, not the rate, is the offset: 83,333 us, then -500 ppm of 396 s, and the step."""
    epoch = 1_700_000_000 * SECOND
    offset = RESTLESS.local(epoch + 600 * SECOND, epoch) - (epoch + 600 * SECOND)
    drifted = 83_333_000 - 198_000_000 - 24_000_000
    assert offset - HOUR + SECOND == pytest.approx(drifted, abs=2 * 20_000)


def test_clock_truth_follows_slews_and_wander() -> None:
    """Every consumer asks ``Clock.local``: stamps and truth agree at every frame."""
    run = simulate(chain(2, loads=SMALL).with_tap(1, clock=attrs.asdict(RESTLESS)), 1)
    frames = np.arange(1, len(run.captures["server"]) + 1)
    true = run.truth.time_ns[run.truth.transmission_of[1], 1]
    assert np.array_equal(run.truth.offset_ns(1, frames, 0), run.truth.stamp_ns[1] - true)


def test_files_hold_the_captures_in_every_format(tmp_path: Any) -> None:
    """Frames read back by scapy equal those simulated, stamps included to the format's resolution."""
    utils = importlib.import_module("scapy.utils")
    run = simulate(attrs.evolve(WORLDS["faulty captures"], loads=SMALL[1:]), 1)
    for form, unit in (("pcap", 1), ("pcap-us", 1000), ("pcapng", 1)):
        for name, path in run.write(tmp_path / form, form).items():
            with utils.RawPcapNgReader(str(path)) if form == "pcapng" else utils.RawPcapReader(str(path)) as reader:
                read = list(reader)
            assert [data for data, _ in read] == [data for _, data, _ in run.captures[name]]
            for (_, meta), (stamp, _, wire_len) in zip(read, run.captures[name], strict=True):
                assert meta.wirelen == wire_len
                if form == "pcapng":
                    assert (meta.tshigh << 32 | meta.tslow) == stamp
                else:
                    assert meta.sec * 10**9 + meta.usec * unit == stamp // unit * unit
