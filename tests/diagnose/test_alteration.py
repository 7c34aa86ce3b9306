"""``diagnose.alteration``: what a hop changed, and what only looks changed."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from correlate.diagnose.alteration import changed_fields, find_alterations, padding_sentence
from tests.diagnose.boxes import ClearDf, Corrupt, Ecn, Options, SynPad
from tests.diagnose.worlds import BULK, SMALL, Outcome, outcome
from tests.netsim import DnsLoad, StreamLoad, TcpLoad, World, chain
from tests.netsim.boxes import IpIdRewrite, IsnRewrite, MssClamp, Nat, OptionStrip, PayloadEdit, SetField, SynAckPad
from tests.netsim.packet import SACK_PERMITTED, WSCALE

HOP = ("firewall", "server")


def with_boxes(*boxes: object, **link: object) -> World:
    return chain(3, loads=SMALL).with_hop(1, boxes=boxes, **link)


def ecn(*boxes: object) -> World:
    """All packets leave their hosts ECN-capable."""
    capable = SetField(value=2, finding=None)
    return with_boxes(*boxes).with_hop(-1, boxes=[capable]).with_hop(2, boxes=[capable])


POSITIVE: dict[str, tuple[World, set[str]]] = {
    "syn-ack-altered": (with_boxes(SynAckPad()), {"syn-ack-altered"}),
    "syn-altered": (with_boxes(SynPad()), {"syn-altered"}),
    "payload-altered": (with_boxes(PayloadEdit(share=0.5)), {"payload-altered"}),
    "payload-altered through NAT": (with_boxes(Nat(), PayloadEdit(share=0.5)), {"payload-altered", "nat"}),
    "checksum-corrupt": (with_boxes(Corrupt()), {"checksum-corrupt"}),
    "mss-clamped": (with_boxes(MssClamp()), {"mss-clamped"}),
    "option-stripped": (with_boxes(OptionStrip(option=SACK_PERMITTED)), {"option-stripped"}),
    "window scale stripped": (with_boxes(OptionStrip(option=WSCALE)), {"option-stripped"}),
    "window-scale-altered": (with_boxes(Options(wscale=2)), {"window-scale-altered"}),
    "timestamps-rewritten": (with_boxes(Options(stamp_shift=12345)), {"timestamps-rewritten"}),
    "isn-rewritten": (with_boxes(IsnRewrite()), {"isn-rewritten"}),
    "isn-rewritten through NAT": (with_boxes(IsnRewrite(), Nat()), {"isn-rewritten", "nat"}),
    "ip-id-rewritten": (with_boxes(IpIdRewrite()), {"ip-id-rewritten"}),
    "df-cleared": (with_boxes(ClearDf()), {"df-cleared"}),
    "dscp-changed": (with_boxes(SetField(value=0x28)), {"dscp-changed"}),
    "ecn-bleached": (ecn(Ecn()), {"ecn-bleached"}),
    "ecn-marked": (ecn(Ecn(before=(2,), after=3, share=0.2)), {"ecn-marked"}),
}


@pytest.mark.parametrize("name", POSITIVE)
def test_a_change_is_named_and_nothing_else_is(name: str) -> None:
    """findings.md: both frames are cited, the other hop is clean, no second code is made of one change."""
    world, codes = POSITIVE[name]
    done = outcome(world)
    told = {one.code for one in done.findings if one.code not in ("clean", "cannot-tell", "capture-window")}
    if name in ("syn-ack-altered", "syn-altered"):
        told -= {"loss"}  # hosts refuse what they never sent; only the change is asked for here
    assert told == codes
    for one in done.findings:
        if one.code in codes - {"nat"}:
            assert (one.hop, one.grade) == (HOP, "proven")
            assert {ref.vantage for ref in one.evidence} == set(HOP)
            assert one.packet is not None


NEGATIVE: dict[str, World] = {
    "plain NAT": with_boxes(Nat()),
    "loss and retransmissions": chain(3, loads=BULK).with_hop(1, both={"loss": 0.05}),
    "loss, no IP ID": chain(3, loads=BULK, ip_id="zero").with_hop(1, both={"loss": 0.05}),
    "loss, no IP ID, no timestamps": chain(
        3, loads=(TcpLoad(flows=10, timestamps=False, response_bytes=(20_000, 60_000)), DnsLoad()), ip_id="zero"
    ).with_hop(1, both={"loss": 0.05}, boxes=[Nat()]),
    "loss, random IP ID, capture loss": chain(3, loads=BULK, ip_id="random")
    .with_hop(1, both={"loss": 0.05})
    .with_tap(1, miss=0.05),
    "equal payloads": chain(3, loads=(TcpLoad(flows=12, same_payload=True), DnsLoad(same_payload=True))).with_hop(
        1, both={"loss": 0.05}, boxes=[Nat()]
    ),
    "snaplen": chain(3, loads=SMALL).with_tap(1, snaplen=70).with_hop(1, both={"loss": 0.03}),
    "cut frames paired by order": chain(4, loads=(TcpLoad(flows=8), StreamLoad(flows=2, packets=150)), ip_id="zero")
    .with_tap(2, snaplen=70)
    .with_tap(1, miss=0.05),
    "ECN from the host": ecn(),
    "copies": chain(3, loads=BULK).with_tap(2, span_copies=0.5).with_hop(1, both={"duplicate": 0.05}),
}


@pytest.mark.parametrize("name", NEGATIVE)
def test_nothing_is_called_changed_that_nobody_changed(name: str) -> None:
    """Never on NAT's own changes, cut captures, or pairs of two sendings of one segment."""
    done = outcome(NEGATIVE[name])
    assert not {one.code for one in done.findings} & CODES


CODES = {code.split(" ")[0] for code in POSITIVE} | {"checksum-corrupt"}


def test_padding_that_became_payload_is_explained() -> None:
    """cases.md, case 1: two zero bytes fit the padding of the frame upstream, and the checksum was made to fit."""
    done = outcome(with_boxes(SynAckPad()))
    [one] = done.of("syn-ack-altered")
    assert "with 0 bytes of data" in one.explanation
    assert "with 2 (00 00)" in one.explanation
    assert "The checksum was recomputed to fit" in one.explanation
    view = done.view()
    assert "tcp.len" in changed_fields(view, one.packet, 1)
    assert changed_fields(view, one.packet, 0) == {} or "tcp.len" not in changed_fields(view, one.packet, 0)


def test_bytes_that_are_not_padding_are_not_called_padding() -> None:
    """Only zeros that fit the frame's padding are; a packet that did not grow has none."""
    done = outcome(with_boxes(PayloadEdit(share=0.5)))
    [one] = done.of("payload-altered")
    assert padding_sentence(done.view(), one.packet, 2, 1) is None


def test_counts_say_how_many_of_how_many() -> None:
    """A person must see at once whether all or some are changed."""
    done = outcome(with_boxes(PayloadEdit(share=0.5)))
    [one] = done.of("payload-altered")
    kinds = [done.sim.truth.kind[edit.transmission] for edit in done.sim.truth.edits]
    # Answers over UDP bear IP ID 0 here: what differs in them may be two datagrams.
    assert one.quantity == sum(kind.startswith("data") for kind in kinds) > 0
    assert f"{one.quantity} of " in one.explanation


def test_quantities_are_packets_of_that_direction_only() -> None:
    """An edit of reverse packets is told for the reverse direction."""
    done: Outcome = outcome(with_boxes(PayloadEdit(share=1.0, forward=True)))
    assert {one.direction for one in done.of("payload-altered")} == {"forward"}


def test_a_packet_that_lies_elsewhere_in_its_stream_is_another_packet() -> None:
    """A shift that the flow's other packets do not share: the pair is wrong, nobody changed anything."""
    done = outcome(with_boxes(PayloadEdit(share=1.0)))
    view = done.view()
    table = view.run.mutations
    fields = (*table.fields, "tcp.seq_raw") if "tcp.seq_raw" not in table.fields else table.fields
    edited = done.of("payload-altered")[0].packet
    columns = table.columns
    more = type(columns)(
        packet=np.append(columns.packet, edited),
        hop=np.append(columns.hop, 1).astype(np.int16),
        field=np.append(columns.field, fields.index("tcp.seq_raw")).astype(np.int16),
        kind=np.append(columns.kind, 0).astype(np.int8),
        expected=np.append(columns.expected, False),
        before=np.append(columns.before, 1000),
        after=np.append(columns.after, 39_000),
    )
    order = np.argsort(more.packet, kind="stable")
    more = type(more)(*(column[order] for column in more))
    codecs = (*table.codecs, "dec")[: len(fields)]
    changed = attrs.evolve(table, odd=more, routine=None, fields=fields, codecs=codecs)
    told = list(find_alterations(attrs.evolve(view, run=attrs.evolve(view.run, mutations=changed))))
    whole = done.of("payload-altered")[0].quantity
    assert {one.code for one in told} == {"payload-altered"}
    assert told[0].quantity == whole - 1


def test_data_at_one_end_and_none_at_the_other_are_two_packets() -> None:
    """A bare acknowledgement and the data sent next bear equal numbers; only padding turns none into some."""
    done = outcome(with_boxes(PayloadEdit(share=1.0)))
    view = done.view()
    [one] = done.of("payload-altered")
    index = view.run.path.order[1]
    columns = view.run.packets[index].columns
    emptied = columns.payload_len.copy()
    emptied[view.run.trajectories.rows[one.packet, 1]] = 0
    packets = list(view.run.packets)
    packets[index] = attrs.evolve(packets[index], columns=columns._replace(payload_len=emptied))
    [told] = find_alterations(attrs.evolve(view, run=attrs.evolve(view.run, packets=tuple(packets))))
    assert told.quantity == one.quantity - 1
