"""What decided a packet's fate, in words.

**In:** ``Reason``. **Out:** half a sentence for people.
**Method:** a table; the code words themselves are for programs.
**Not here:** the rules (``trajectories``).
"""

from __future__ import annotations

from types import MappingProxyType

from correlate.model.trajectories import Reason

REASON_WORDS = MappingProxyType(
    {
        Reason.SEEN: "seen at both ends",
        Reason.SEEN_BEYOND: "seen again further on",
        Reason.ACKED_FROM_BEYOND: "acknowledged from beyond",
        Reason.DROP_COUNTER: "the capture counts drops of its own",
        Reason.WINDOW: "outside the time of that capture",
        Reason.FILTERED: "the capture was filtered",
        Reason.TRUNCATED: "the capture cuts packets too short to tell",
        Reason.BYPASS: "this traffic does not pass that capture point",
        Reason.FAST_PATH: "forwarded in hardware past the capture point",
        Reason.XFRM: "encrypted or decrypted at the capture point",
        Reason.RETRANSMITTED: "sent again, and the first sending was never acknowledged",
        Reason.SACK_HOLE: "the receiver reported a hole",
        Reason.FLOW_BLOCKED: "nothing of its flow crosses although others do",
        Reason.ICMP_ANSWERED: "an ICMP error answered it",
        Reason.ANSWERED_ON_HOP: "a device on the hop answered it",
        Reason.RATE: "weighed by the rates of loss and of capture misses nearby",
        Reason.NO_EVIDENCE: "no evidence either way",
        Reason.BORN_ON_HOP: "nothing upstream sent it",
        Reason.NETWORK_DUPLICATE: "the network doubled it",
        Reason.UNSEEN_UPSTREAM: "the capture upstream may have missed it",
        Reason.ACK_HOLE: "the receiver went on acknowledging only what came before",
        Reason.UNALIGNED: "the clocks cannot tell whether that capture was running",
        Reason.REJECTED: "the far side answered as if it never came",
        Reason.OFFLOAD: "offload: the card cuts or joins segments",
        Reason.SIZE: "every packet above some size vanishes",
        Reason.DROP_LOG: "a box on the way logged that it dropped it",
        Reason.REASSEMBLY: "the receiver says that its datagram was never whole",
        Reason.STATE_LOST: "its flow crosses no more after a silence, others of its hosts do",
        Reason.ONE_WAY: "nothing of this direction crosses, while the other does",
    }
)


def reason_words(reason: Reason) -> str:
    """Return a reason in words."""
    return REASON_WORDS.get(reason, reason.code)
