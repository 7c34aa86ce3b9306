"""Stamps of case 1 (client and fw-int), as published, ns after the full minute of neither clock."""

from __future__ import annotations

import numpy as np

from correlate.model.arrays import frozen
from correlate.model.clocks import AnchorTable

FORWARD = (
    (271395045, 398915584),
    (271565443, 399084181),
    (271585176, 399103936),
    (274744962, 402259991),
    (280828875, 408343158),
    (292948179, 420457229),
    (303815385, 431314010),
    (305019345, 432517820),
    (317018989, 444514449),
)
REVERSE = ((271565249, 399079944), (303815126, 431311020), (331872833, 459360680))
"""SYN-ACK, SYN-ACK again, RST: 100 ns units, client then fw-int."""


def golden_anchors(*, with_rst: bool) -> AnchorTable:
    """Return the packets seen by both, frame times in 100 ns."""
    reverse = REVERSE if with_rst else REVERSE[:2]
    stamps = np.array(FORWARD + reverse, np.int64) * 100
    direction = [1] * len(FORWARD) + [-1] * len(reverse)
    return AnchorTable(
        up_ns=frozen(stamps[:, 0]),
        down_ns=frozen(stamps[:, 1]),
        direction=frozen(direction, np.int8),
        packet=frozen(np.arange(len(direction))),
    )
