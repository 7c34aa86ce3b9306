"""Transactions: a request and its answer, and how long each part took.

In: made by ``metrics``. Out: used by ``report``.
Method: every duration is between two stamps of one clock. Seen from the requester, a transaction is the parts
``request + resend + wait + answer``; the wait is the round trip ``rtt_ns`` at each place, so what it shrinks by from
one place to the next was spent between them, and what is left at the farthest was spent beyond.
Not here: error bounds and words (``report``).
"""

from __future__ import annotations

import enum
from typing import NamedTuple

import numpy as np

from correlate.model.arrays import I8, I16, I32, I64, frozen

UNKNOWN_NS: int = -(2**63)
"""Stands for a time that no clock tells (as ``NO_RTT``)."""


class TransactionKind(enum.IntEnum):
    """What was asked; ``code`` is the word in reports."""

    HANDSHAKE = 0
    """SYN and SYN-ACK."""
    TLS = 1
    """A flight of TLS handshake records and the server's answer to it."""
    DNS = 2
    EXCHANGE = 3
    """Any other request and answer."""

    @property
    def code(self) -> str:
        """The word in reports."""
        return self.name.lower()


class TransactionColumns(NamedTuple):
    """One row per transaction, by flow and then by time. Packets are rows of the ``TrajectoryTable``."""

    flow: I32
    kind: I8
    first: I64
    """First packet of the request."""
    request: I64
    """The packet that made the request whole where it arrived."""
    reply: I64
    """First packet of the answer that came back."""
    last: I64
    """Last packet of the answer."""
    near: I16
    """Place nearest the requester that saw all of it."""
    far: I16
    """Place nearest the responder that saw ``request`` and ``reply``."""
    request_ns: I64
    """From ``first`` to the last new byte of the request. At ``near``, as all but ``think_ns`` and ``held_ns``."""
    resend_ns: I64
    """From there to ``request``: waiting to send lost bytes again."""
    answer_ns: I64
    """From ``reply`` to ``last``."""
    think_ns: I64
    """From ``request`` to the first sending of the answer, at ``far``."""
    held_ns: I64
    """From that to ``reply``, at ``far``: waiting to send a lost answer again."""
    rtt_ns: I64
    """Shape (transactions, places): ``request`` to ``reply`` on that place's clock; ``UNKNOWN_NS`` = not seen there."""
    answer_at_ns: I64
    """Shape (transactions, places): ``reply`` to ``last`` on that place's clock; ``UNKNOWN_NS`` = not seen there. What
    grows from one place to the next was added between them."""
    asked_bytes: I64
    answered_bytes: I64


def no_transactions(places: int = 0) -> TransactionColumns:
    """Return a table without rows."""
    shapes = {"flow": np.int32, "kind": np.int8, "near": np.int16, "far": np.int16}
    columns = {name: frozen(np.zeros(0, shapes.get(name, np.int64))) for name in TransactionColumns._fields}
    empty = frozen(np.zeros((0, places), np.int64))
    return TransactionColumns(**{**columns, "rtt_ns": empty, "answer_at_ns": empty})
