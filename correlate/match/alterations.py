"""What an altered packet must keep to be recognised.

**In:** sights of candidates, same positions. **Out:** which of them one packet may be.
**Method:** a change leaves the rest alone: who changes bytes keeps numbers, who changes numbers keeps bytes.
**Not here:** IP IDs, due times and segments cut anew (``ladder.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.match.sides import Sights
from correlate.model.arrays import Bool


def are_renumbered(a: Sights, b: Sights) -> Bool:
    """Return where TCP numbers changed on their own: an ALG moves those of one direction and leaves the other's.

    Equal IP IDs and lengths are not enough: they meet by chance wherever a sender draws its IDs or its counter comes
    round, so the payload must be known to be equal.
    """
    one_stays = (a.seq == b.seq) | (a.ack == b.ack)
    is_known = (a.length == 0) | ((a.total != 0) & (a.total == b.total)) | ((a.whole != 0) & (a.whole == b.whole))
    return np.asarray(one_stays & is_known)


def are_edited(a: Sights, b: Sights) -> Bool:
    """Return where numbers alone say that two different payloads were one packet.

    Datagrams have no numbers: neighbours of a stream differ in their payload too. A segment with bytes beside one
    without is no edit but an acknowledgement beside data, unless SYN, FIN or RST make it one of its kind.
    """
    has_numbers = (a.seq != 0) | (a.ack != 0)
    of_kind = ((a.length == 0) != (b.length == 0)) & ~a.is_bare & ~b.is_bare
    return np.asarray(has_numbers & ((a.length == b.length) | of_kind))
