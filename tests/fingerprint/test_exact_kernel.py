"""The strictest key in one pass, against the key put together from components."""

import numpy as np
import pytest

from correlate.fingerprint import components
from correlate.model.fingerprints import mixed
from tests.match.crafting import CLIENT, NAT, SERVER, icmp, ip4, table, tcp, udp, unreachable

DATA = b"some payload of more than thirty-two bytes, so that its head is whole"
FRAMES = [
    tcp(CLIENT, SERVER, 1, 2, seq=1 << 31, ack=7, flags=16, data=DATA, ident=65535, stamp=(1, 1 << 31), window=5),
    tcp(CLIENT, SERVER, 1, 2, seq=5, ack=9, flags=2),
    udp(CLIENT, SERVER, 1, 2, DATA, ident=9),
    unreachable(SERVER, CLIENT, udp(NAT, SERVER, 50000, 53, b"x", ident=4), ident=7),
    udp(CLIENT, SERVER, 1, 2),
    icmp(CLIENT, SERVER, 8, 0, bytes([0, 1, 0, 9]) + DATA),
    ip4(CLIENT, SERVER, 47, DATA, ident=7),
    ip4(CLIENT, SERVER, 50, bytes(range(40)), ident=8),
    unreachable(SERVER, CLIENT, tcp(CLIENT, SERVER, 1, 2, seq=77, ident=0), ident=0),
]


@pytest.mark.jit_off
@pytest.mark.parametrize("snaplen", [None, 60])
def test_kernel_equals_its_plain_twin(snaplen):
    """Kernel and twin law."""
    packets = table([(k, frame) for k, frame in enumerate(FRAMES)], **({"snaplen": snaplen} if snaplen else {}))
    for rows in (slice(0, len(packets)), slice(2, 5), slice(4, 4)):
        one, two = np.zeros((2, rows.stop - rows.start), np.int64)
        numbers = components._keys_one_by_one(packets, rows, one)
        assert np.array_equal(numbers, components._keys_in_one_pass(packets, rows, two))
        assert one.tolist() == two.tolist()


def test_the_key_is_the_hash_of_its_components():
    """Rewritten numbers are put into keys by the same rule (``match/numbering.py``)."""
    prints = components.fingerprint(table([(k, frame) for k, frame in enumerate(FRAMES)]))
    parts = ("ident", "seq", "ack", "shape", "body", "stamp", "detail", "sack")
    assert prints.exact.tolist() == mixed(*(prints.at(part, slice(None)) for part in parts)).tolist()


def test_components_of_some_rows_are_those_of_all():
    """Positions, masks and slices."""
    packets = table([(k, frame) for k, frame in enumerate(FRAMES)])
    prints = components.fingerprint(packets)
    mask = np.arange(len(packets)) % 3 == 0
    for name in prints.components:
        every = prints.at(name, slice(None))
        for rows in (np.array([8, 3, 3, 0]), mask, slice(3, 9)):
            assert prints.at(name, rows).tolist() == every[rows].tolist()
