"""Places in frames that tell something about people or machines, as rows of one table.

In: nothing. Out: kinds and columns of the table that ``sites_kernel`` fills and ``rewrite`` works through.
Method: outer layers come before what they carry, so that checksums are put right from the last row to the first.
Not here: finding them.
"""

from __future__ import annotations

from typing import Final

MAC: Final = 0
V4: Final = 1
V6: Final = 2
PORT: Final = 3
PAYLOAD: Final = 4
"""``AT`` to ``END``; ``WIRE`` = its length on the wire."""
ZERO: Final = 5
"""``AT`` to ``END`` become zeros."""
IP_SUM: Final = 6
"""Header checksum at ``AT`` over ``HEAD`` to ``END``."""
L4_SUM: Final = 7
"""Checksum at ``AT``: header from ``HEAD``, body from ``BODY``, captured to ``END``; source address at ``ADDRESS``."""

THIN: Final = 9
"""Of ``AT`` to ``END`` those bytes become zeros that the opener at ``HEAD`` does not need: ``BODY`` is which one
(``LINK_OPENER`` or an IP protocol), ``VERSION`` its link type or IP version, ``ADDRESS`` the captured end, ``WIRE`` the
end on the wire."""
LINK_OPENER: Final = -1

STAGED: Final = -9
"""Link type of Ethernet frames whose addresses a firewall replaced by its stage."""

KIND, AT, END, HEAD, BODY, ADDRESS, VERSION, PROTOCOL, WIRE = range(9)
"""Columns. ``WIRE`` of an ``L4_SUM``: bytes from ``HEAD`` on the wire."""
COLUMNS: Final = 9
