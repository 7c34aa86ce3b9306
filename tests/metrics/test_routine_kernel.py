"""``metrics.routine_kernel``: which tuple becomes which; the rest is compared with ``compare.py`` in ``test_routine``."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from correlate.metrics.fields import FIELD_INDEX
from correlate.metrics.routine import _SLOT_NAMES
from correlate.metrics.routine_kernel import find_partners
from correlate.model.packets import ChecksumState, PacketFlag
from correlate.model.routine_kernel import ODD, SLOTS


def test_a_tuple_that_becomes_several_has_no_partner() -> None:
    """Forward by the near tuple, in reverse by the far one; packets that one end lacks do not count."""
    rows = np.array([[0, 0], [1, 1], [2, 2], [3, -1], [-1, 3], [4, 4], [5, 5]])
    near, far = (SimpleNamespace(tuple_id=np.array(ids)) for ids in ([0, 1, 1, 0, 9, 2, 2], [5, 6, 7, 9, 1, 8, 8]))
    is_forward = np.array([True, True, True, True, True, False, False])
    partner = np.full(10, -1), np.full(10, -1)
    getattr(find_partners, "py_func", find_partners)(rows, 0, is_forward, near, far, partner)
    assert partner[0].tolist() == [5, -2, -1, -1, -1, -1, -1, -1, -1, -1]
    assert partner[1].tolist() == [-1, 9, -1, -1, -1, -1, -1, -1, 2, -1]


def test_fields_ascend_along_the_slots() -> None:
    """Rows of a packet are written in the order of the slots and must be sorted by field."""
    for names in _SLOT_NAMES:
        numbers = [FIELD_INDEX[name] for name in names if not (names[0] == "ipv6.hlim" and name == "ip.checksum")]
        assert numbers == sorted(numbers)
    assert 1 << SLOTS == ODD < 256


def test_bits_are_those_of_the_model() -> None:
    """The kernel spells flags and states out as numbers."""
    from correlate.metrics import routine_kernel as k

    has = (
        PacketFlag.HAS_TS | PacketFlag.HAS_MSS | PacketFlag.HAS_WSCALE | PacketFlag.SACK_PERMITTED | PacketFlag.HAS_SACK
    )
    assert PacketFlag.IPV6 | PacketFlag.HAS_IP_ID | PacketFlag.DF | PacketFlag.TRANSPORT | has == k._SAME
    assert k._SPECIAL == PacketFlag.IP_CSUM_BAD | PacketFlag.ICMP_ERROR
    assert k._SUM_KNOWN == PacketFlag.PAYLOAD_SUM_KNOWN
    assert (k._BAD, k._PARTIAL, k._ABSENT) == (ChecksumState.BAD, ChecksumState.PARTIAL, ChecksumState.ABSENT)
