"""What became of a packet that the next vantage does not hold: rules in order, the first that applies decides.

**In:** :class:`~correlate.trajectories.absence.Absence` of one hop. **Out:** rulings.

**Method:** algorithms section 3, numbered as there. ``RULES`` is the policy: code walks it, top to bottom. A rule that
accuses nobody may be generous; every rule that says ``lost`` sits below all that could excuse the hop.

**Not here:** packets first seen downstream (``upstream.py``), counting (``tally.py``), odds (``rates.py``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import numpy as np

from correlate.model.arrays import I32, Bool
from correlate.model.packets import ICMP, ICMPV6
from correlate.model.trajectories import Fate, Reason
from correlate.trajectories.absence import Absence, Ruling
from correlate.trajectories.answers import quoted_by
from correlate.trajectories.rates import HARMLESS_ODDS, LOST_ODDS
from correlate.trajectories.tcp_kernels import ACK_HOLE, ACKED, ARRIVED, ECHO_HOLE, SACK_HOLE
from correlate.trajectories.window import Window

LEAST_RUN = 3
"""Transmissions that must all vanish before a device is said to refuse the rest of a flow."""

PICKS_PACKETS = re.compile(r"[\[]|greater|less|len|src|dst|broadcast|multicast|flags")
"""Words of a capture filter (pcap-filter(7)) that choose packets of a flow, not whole conversations."""

LEAST_TRIES = 2
"""Transmissions of a dead flow before it is called blocked: one lost SYN is not a filter."""

Rule = Callable[[Absence], Iterator[Ruling]]


def ended(absence: Absence) -> Iterator[Ruling]:
    """Rule 7: its connection, or its handshake, ends on this hop: a proxy took it."""
    stretches, packets = absence.scene.stretches, absence.travel.packets[absence.index]
    near, far = (absence.travel.places[absence.step + k] for k in (0, 1))
    edge = stretches.last[packets] if absence.travel.direction > 0 else stretches.first[packets]
    is_over = np.asarray(edge < far if far > near else edge > far, np.bool_)
    yield Ruling(applies=is_over, fate=Fate.ABSORBED, reason=Reason.ANSWERED_ON_HOP)


def outside_window(absence: Absence) -> Iterator[Ruling]:
    """Rule 1: the far capture was not running."""
    yield Ruling(applies=absence.window == Window.OUTSIDE, fate=Fate.NOT_CAPTURED, reason=Reason.WINDOW)


def filtered(absence: Absence) -> Iterator[Ruling]:
    """Rule 2: the file records a capture filter and holds nothing of the flow, or it filters packets within flows."""
    filters = [interface.capture_filter for interface in absence.far.vantage.interfaces if interface.capture_filter]
    mirror = absence.back.step_count - 2 - absence.step
    nothing = (absence.flows.far_only == 0) & (absence.back.held_in_flow[:, mirror] == 0)
    yield Ruling(applies=nothing[absence.flow] & bool(filters), fate=Fate.NOT_CAPTURED, reason=Reason.FILTERED)
    picks = any(PICKS_PACKETS.search(text) for text in filters)
    yield Ruling(applies=np.full(len(absence.index), picks), fate=Fate.AMBIGUOUS, reason=Reason.FILTERED)


def truncated(absence: Absence) -> Iterator[Ruling]:
    """Rule 2: the far capture cuts packets before their transport header, or the near one an error before its quote.

    Without its quote an ICMP error belongs to no flow: it cannot be found beyond, where it may well be whole.
    """
    applies = np.full(len(absence.index), absence.far.cuts_headers)
    yield Ruling(applies=applies | _lacks_quote(absence), fate=Fate.AMBIGUOUS, reason=Reason.TRUNCATED)


def _lacks_quote(absence: Absence) -> Bool:
    """Mark ICMP messages other than echoes of which the near vantage read no quoted packet."""
    table, step = absence.near.packets, absence.step
    rows = absence.travel.rows[absence.index, step]
    held = np.maximum(rows, 0)
    is_plain = np.isin(table.columns.proto[held], (ICMP, ICMPV6)) & (
        table.tuples.sport[table.columns.tuple_id[held]] < 0
    )
    return np.asarray((rows >= 0) & is_plain & ~np.isin(held, table.quotes.row), np.bool_)


def acknowledged(absence: Absence) -> Iterator[Ruling]:
    """Rules 4 and 8a: the receiver has it, so the far capture missed it.

    Proven if the acknowledgement is seen coming from beyond and the near capture counted no drops (it holds every
    sending). Where the far vantage shows nothing of this direction it did not pass there at all.
    """
    is_shown = absence.flows.far[absence.flow] > 0
    has_it = ((absence.bits & (ACKED | ARRIVED)) != 0) | _is_acked_before_resend(absence)
    has_it &= is_shown | (absence.flows.back_far[absence.flow] > 0)
    witness = absence.evidence.acked_by[absence.index]
    far_place = absence.travel.places[absence.step + 1]
    is_from_beyond = (witness >= 0) & (absence.scene.table.rows[np.maximum(witness, 0), far_place] >= 0)
    proven = is_from_beyond & absence.near.is_complete & ((absence.bits & ACKED) != 0)
    proven &= ~absence.scene.table.is_ambiguous[absence.travel.packets[absence.index]]
    yield Ruling(
        applies=has_it & is_shown,
        fate=Fate.NOT_CAPTURED,
        reason=Reason.ACKED_FROM_BEYOND,
        is_proven=proven,
        witness=witness,
    )
    yield Ruling(applies=has_it & ~is_shown, fate=Fate.NOT_CAPTURED, reason=Reason.BYPASS, witness=witness)


def _is_acked_before_resend(absence: Absence) -> Bool:
    """Mark packets whose acknowledgement some vantage beyond recorded before the resend, so that is not its cause.

    Record order at one vantage needs no clock.
    """
    index, rows = absence.index, absence.scene.table.rows
    acked, resent = absence.evidence.acked_by[index], absence.evidence.resent_by[index]
    places = list(absence.travel.places[absence.step + 1 :])
    acks, resends = rows[np.maximum(acked, 0)][:, places], rows[np.maximum(resent, 0)][:, places]
    is_before = ((acks >= 0) & (resends >= 0) & (acks < resends)).any(axis=1)
    return np.asarray(is_before & (acked >= 0) & (resent >= 0), np.bool_)


def icmp_answered(absence: Absence) -> Iterator[Ruling]:
    """Rule 6: an ICMP error quotes it; seen coming from beyond it excuses the hop, else it ended here."""
    here = np.flatnonzero(absence.is_here)
    witness = np.full(len(absence.index), -1, np.int64)
    witness[here] = quoted_by(absence.near, absence.travel.rows[absence.index[here], absence.step])
    is_answered = witness >= 0
    places = list(absence.travel.places[absence.step + 1 :])
    beyond = (absence.scene.table.rows[np.maximum(witness, 0)][:, places] >= 0).any(axis=1)
    is_reliable = absence.odds.chance_all_missed(np.ones(1, np.int64))[0] <= 1.0 / HARMLESS_ODDS
    yield Ruling(applies=is_answered & beyond, fate=Fate.NOT_CAPTURED, reason=Reason.ACKED_FROM_BEYOND, witness=witness)
    yield Ruling(
        applies=is_answered & is_reliable & _sees_pair(absence),
        fate=Fate.ABSORBED,
        reason=Reason.ICMP_ANSWERED,
        witness=witness,
    )
    yield Ruling(applies=is_answered, fate=Fate.AMBIGUOUS, reason=Reason.ICMP_ANSWERED, witness=witness)


def _sees_pair(absence: Absence) -> Bool:
    """Mark packets whose flow or host pair the far vantage is known to see."""
    seen = (absence.flows.far > 0) | (absence.flows.back_far > 0) | absence.flows.is_controlled
    return seen[absence.flow]


def answered_on_hop(absence: Absence) -> Iterator[Ruling]:
    """Rule 7: a whole conversation near, nothing of it beyond although others of the same hosts cross."""
    yield Ruling(
        applies=absence.flows.is_absorbed[absence.flow] & (absence.window == Window.INSIDE) & absence.is_here,
        fate=Fate.ABSORBED,
        reason=Reason.ANSWERED_ON_HOP,
    )


def answered_from_beyond(absence: Absence) -> Iterator[Ruling]:
    """Rule 3: the only packet of its direction came before all of the other one, which then answers from beyond.

    What followed questions is no such packet: a question that comes after it needs no answer to have arrived.
    """
    flows, back, step = absence.flows, absence.back, absence.step
    only = flows.is_half & (flows.near == 1)
    mirror = back.step_count - 1 - step
    first = np.full(len(only), np.iinfo(np.int64).max)
    asked = np.flatnonzero(back.held[:, mirror] & only[back.flow])
    np.minimum.at(first, back.flow[asked], back.rows[asked, mirror])
    is_first = absence.is_here & (absence.travel.rows[absence.index, step] < first[absence.flow])
    yield Ruling(applies=only[absence.flow] & is_first, fate=Fate.NOT_CAPTURED, reason=Reason.ACKED_FROM_BEYOND)


def blocked(absence: Absence) -> Iterator[Ruling]:
    """Rule 10: nothing of the flow crosses, no sign of life from beyond, while controls of the same hosts cross."""
    flows = absence.flows
    is_silent = flows.is_dead & (flows.back_near == 0) & (flows.back_far == 0) & flows.is_controlled
    is_silent &= (flows.near >= LEAST_TRIES) & flows.is_single_way & (not absence.far.is_one_port)
    chance = absence.odds.chance_all_missed(flows.near)
    applies = np.asarray(is_silent & (chance <= 1.0 / LOST_ODDS), np.bool_)[absence.flow]
    yield Ruling(
        applies=applies & (absence.window == Window.INSIDE) & absence.is_here & ~absence.has_twin,
        fate=Fate.LOST,
        reason=Reason.FLOW_BLOCKED,
    )


def one_way(absence: Absence) -> Iterator[Ruling]:
    """Rule 10 for one direction: the far vantage shows the flow's other direction, and all that is sent back dies.

    Its receiver goes on as if nothing came: the senders of both directions send again.
    """
    flows = absence.flows
    is_half = flows.is_half & flows.is_controlled
    is_half &= (flows.near >= LEAST_RUN) & flows.is_never_elsewhere & (not absence.far.is_one_port)
    is_half &= _is_resent_both_ways(absence)
    chance = absence.odds.chance_all_missed(flows.near)
    applies = np.asarray(is_half & (chance <= 1.0 / LOST_ODDS), np.bool_)[absence.flow]
    applies &= (absence.window == Window.INSIDE) & absence.is_here & ~absence.has_twin
    yield Ruling(applies=applies, fate=Fate.LOST, reason=Reason.ONE_WAY, witness=_resend(absence))


def _is_resent_both_ways(absence: Absence) -> Bool:
    """Mark flows of which one direction was sent again unacknowledged, while the other gets nowhere."""
    resent = absence.evidence.is_resent
    mine = np.bincount(absence.travel.flow[resent], minlength=absence.scene.flow_count) > 0
    return np.asarray(mine & absence.is_stuck_back, np.bool_)


def bypass(absence: Absence) -> Iterator[Ruling]:
    """Rule 0: the far vantage shows nothing of this direction of the flow; it may not lie on its way.

    Where nothing else of the same hosts crosses either, no one can say that it should: then it is not even suspected.
    """
    yield Ruling(applies=absence.is_elsewhere, fate=Fate.NOT_CAPTURED, reason=Reason.BYPASS, is_sure=False)
    yield Ruling(applies=absence.flows.is_dead[absence.flow], fate=Fate.AMBIGUOUS, reason=Reason.BYPASS)


def unsure_window(absence: Absence) -> Iterator[Ruling]:
    """Rule 1: whether the far capture was running cannot be told."""
    yield Ruling(applies=absence.window == Window.UNALIGNED, fate=Fate.AMBIGUOUS, reason=Reason.UNALIGNED)
    yield Ruling(applies=absence.window == Window.EDGE, fate=Fate.AMBIGUOUS, reason=Reason.WINDOW)


def twin(absence: Absence) -> Iterator[Ruling]:
    """Rule 5: the far side holds an unmatched packet that may be this one, or bytes of it in another cut."""
    yield Ruling(applies=absence.has_twin, fate=Fate.AMBIGUOUS, reason=Reason.OFFLOAD)


def unplaceable(absence: Absence) -> Iterator[Ruling]:
    """Leave open what the near vantage does not hold either: a loss cannot be placed on this hop."""
    yield Ruling(applies=~absence.is_here, fate=Fate.AMBIGUOUS, reason=Reason.NO_EVIDENCE)


def refused(absence: Absence) -> Iterator[Ruling]:
    """Rule 8 for a run: the rest of the flow vanishes, resends too, nothing of it is acknowledged, answers cross.

    What takes no sequence space at its beginning belongs to it only if the far capture is not known to miss packets;
    where it is their size that kills others of the flow, nothing small belongs to it.
    """
    index = absence.index
    size = absence.runs.size[index]
    chance = absence.odds.chance_all_missed(size)
    applies = absence.runs.is_in[index] & (size >= LEAST_RUN) & (chance <= 1.0 / LOST_ODDS)
    applies &= ~absence.runs.is_leading[index] | (absence.odds.missed == 0)
    swallowed = np.bincount(absence.flow[absence.is_too_large], minlength=absence.scene.flow_count) > 0
    applies &= absence.has_sequence | ~swallowed[absence.flow]
    yield Ruling(applies=applies, fate=Fate.LOST, reason=Reason.REJECTED, witness=_resend(absence))


def too_large(absence: Absence) -> Iterator[Ruling]:
    """Rule 8 for a size: nothing of it crosses, its resends neither, while smaller packets of the same flows do."""
    yield Ruling(applies=absence.is_too_large, fate=Fate.LOST, reason=Reason.SIZE, witness=_resend(absence))


def forgotten(absence: Absence) -> Iterator[Ruling]:
    """Rule 8 after a silence: a flow that crossed before crosses no more, while others of its hosts do."""
    yield Ruling(applies=absence.is_forgotten, fate=Fate.LOST, reason=Reason.STATE_LOST, witness=_resend(absence))


def unassembled(absence: Absence) -> Iterator[Ruling]:
    """Rule 6 for a fragment: the receiver quotes its datagram as never whole; the far vantage holds another piece."""
    witness = absence.complaint
    yield Ruling(
        applies=witness >= 0,
        fate=Fate.LOST,
        reason=Reason.REASSEMBLY,
        is_proven=np.full(len(witness), _is_complete(absence)) & ~_is_doubtful(absence),
        witness=witness,
    )


def receiver_waited(absence: Absence) -> Iterator[Ruling]:
    """Rule 8: the receiver waited for it, so the span to the receiver lost it.

    On this hop where nothing lies beyond it, or by counters or odds.
    """
    holes = ((SACK_HOLE, Reason.SACK_HOLE), (ACK_HOLE, Reason.ACK_HOLE), (ECHO_HOLE, Reason.ACK_HOLE))
    surely_here = _is_complete(absence)
    for bit, reason in holes:
        applies = (absence.bits & bit) != 0
        is_lost = applies & (surely_here | (absence.odds.resent >= LOST_ODDS) | absence.is_unreceived)
        witness = _resend(absence)
        yield Ruling(
            applies=is_lost,
            fate=Fate.LOST,
            reason=reason,
            is_proven=surely_here & ~_is_doubtful(absence),
            witness=witness,
        )
        yield Ruling(applies=applies, fate=Fate.AMBIGUOUS, reason=reason, witness=witness)
    yield Ruling(
        applies=absence.is_unreceived,
        fate=Fate.LOST,
        reason=Reason.ACK_HOLE,
        is_proven=surely_here & ~_is_doubtful(absence),
        witness=_resend(absence),
    )


def sent_again(absence: Absence) -> Iterator[Ruling]:
    """Rule 9: sent again and nothing shows that the first sending arrived; never more than likely."""
    applies = np.asarray(absence.evidence.is_resent[absence.index], np.bool_)
    is_lost = applies & (_is_complete(absence) | (absence.odds.resent >= LOST_ODDS))
    witness = _resend(absence)
    yield Ruling(applies=is_lost, fate=Fate.LOST, reason=Reason.RETRANSMITTED, witness=witness)
    yield Ruling(applies=applies, fate=Fate.AMBIGUOUS, reason=Reason.RETRANSMITTED, witness=witness)


def by_rate(absence: Absence) -> Iterator[Ruling]:
    """Rule 11: no evidence of its own; the hop's rates decide if they are clear.

    Packets that the receiver must acknowledge have evidence of their own: here they are those whose acknowledgement
    lies beyond the capture or the scan, and copies; only a capture that counted no drops speaks of those.
    """
    odds = absence.odds
    is_plain = np.asarray(~absence.has_sequence, np.bool_)
    lost_odds = np.where(absence.is_covered_beyond, odds.plain, odds.plain_far_only)
    is_lost = ((is_plain & (lost_odds >= LOST_ODDS)) | _is_complete(absence)) & ~_is_doubtful(absence)
    yield Ruling(applies=is_lost, fate=Fate.LOST, reason=Reason.RATE)
    is_miss = is_plain & (odds.miss >= HARMLESS_ODDS and not _is_complete(absence))
    yield Ruling(applies=is_miss, fate=Fate.NOT_CAPTURED, reason=Reason.RATE)
    has_drops = np.full(len(absence.index), absence.far.dropped > 0)
    yield Ruling(applies=has_drops, fate=Fate.AMBIGUOUS, reason=Reason.DROP_COUNTER)
    yield Ruling(applies=is_plain, fate=Fate.AMBIGUOUS, reason=Reason.RATE)


def no_evidence(absence: Absence) -> Iterator[Ruling]:
    """Nothing speaks either way."""
    yield Ruling(applies=np.ones(len(absence.index), np.bool_), fate=Fate.AMBIGUOUS, reason=Reason.NO_EVIDENCE)


def _resend(absence: Absence) -> I32:
    return absence.evidence.resent_by[absence.index]


def _is_complete(absence: Absence) -> bool:
    """Drop counters of the far vantage are present and zero, and no rate of misses contradicts them."""
    return absence.far.is_complete and absence.odds.missed == 0


def _is_doubtful(absence: Absence) -> Bool:
    """Mark packets whose sightings could be assigned otherwise."""
    return absence.scene.table.is_ambiguous[absence.travel.packets[absence.index]]


RULES: tuple[Rule, ...] = (
    # Nobody loses what a proxy takes.
    ended,
    outside_window,
    filtered,
    truncated,
    acknowledged,
    icmp_answered,
    answered_on_hop,
    answered_from_beyond,
    # From here on a packet may be accused; what cannot be decided is taken out first.
    blocked,
    one_way,
    bypass,
    unsure_window,
    twin,
    unplaceable,
    too_large,
    forgotten,
    refused,
    unassembled,
    receiver_waited,
    sent_again,
    by_rate,
    no_evidence,
)
"""Order is meaning: the first rule that applies decides."""
