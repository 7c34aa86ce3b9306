"""Middleboxes: address translation, edits, injections, blocks.

**In:** a packet at its place in a stretch. **Out:** the packet changed, perhaps others injected, or dropped.
**Method:** each description starts a handler with state of its own; a handler tells the ``Site`` every edit that is
not routing or plain NAT, so the truth lists it.
**Not here:** delay, loss and queues (``network.py``).
"""

from __future__ import annotations

from tests.netsim.boxes.content import Alg, PayloadEdit, SynAckPad
from tests.netsim.boxes.gates import AckCheck, AnswerInject, PortBlock, RstInject
from tests.netsim.boxes.headers import MssClamp, OptionStrip, SetField, WindowClamp
from tests.netsim.boxes.numbers import IpIdRewrite, IsnRewrite, TimestampRewrite
from tests.netsim.boxes.site import Handler, Site
from tests.netsim.boxes.translation import Forwarding, Nat
from tests.netsim.boxes.tunnels import Enter, Leave, OuterEdit, OuterNat
from tests.netsim.boxes.versions import Nat64

__all__ = [
    "AckCheck",
    "Alg",
    "AnswerInject",
    "Enter",
    "Forwarding",
    "Handler",
    "IpIdRewrite",
    "IsnRewrite",
    "Leave",
    "MssClamp",
    "Nat",
    "Nat64",
    "OptionStrip",
    "OuterEdit",
    "OuterNat",
    "PayloadEdit",
    "PortBlock",
    "RstInject",
    "SetField",
    "Site",
    "SynAckPad",
    "TimestampRewrite",
    "WindowClamp",
]
