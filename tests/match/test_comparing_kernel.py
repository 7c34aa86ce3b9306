"""Pairs compared in one pass, against their components."""

import numpy as np
import pytest

from correlate.match import comparing
from correlate.match.comparing_kernel import ALTERED, OTHER_DETAIL, OTHER_IDENT, OTHER_STAMP
from correlate.match.joins import Join
from correlate.match.sides import Sights
from tests.match.crafting import CLIENT, NAT, SERVER, everything, icmp, ip4, side_of, table, tcp, udp, unreachable

DATA = b"some payload of more than thirty-two bytes, so that its head is whole"
SEGMENT = {"seq": 5, "ack": 9, "flags": 16, "data": DATA, "stamp": (1, 2)}
FRAMES = [
    *(tcp(CLIENT, SERVER, 1, 2, **{**SEGMENT, "ident": 7 + k}) for k in range(3)),
    tcp(CLIENT, SERVER, 1, 2, **{**SEGMENT, "data": DATA[::-1], "ident": 7}),
    tcp(CLIENT, SERVER, 1, 2, **{**SEGMENT, "window": 3, "stamp": (1, 3), "ident": 8}),
    tcp(CLIENT, SERVER, 1, 2, **{**SEGMENT, "stamp": None, "ident": 0}),
    tcp(CLIENT, SERVER, 1, 2, seq=9, ack=8, flags=16),
    tcp(CLIENT, SERVER, 1, 2, seq=9, flags=2),
    *(udp(CLIENT, SERVER, 1, 2, data, ident=9) for data in (DATA, DATA[:5], b"", DATA[:-1] + b"!")),
    unreachable(SERVER, CLIENT, udp(NAT, SERVER, 50000, 53, b"x", ident=4), ident=7),
    *(icmp(CLIENT, SERVER, kind, 0, bytes([0, 1, 0, 9]) + DATA) for kind in (8, 0)),
    ip4(CLIENT, SERVER, 47, DATA, ident=7),
]


@pytest.mark.jit_off
@pytest.mark.parametrize("snaplen", [None, 80])
@pytest.mark.parametrize("counts_altered", [True, False])
def test_kernel_equals_its_plain_twin(snaplen, counts_altered, monkeypatch):
    """Kernel and twin law, on every frame with every other."""
    frames = [(k, frame) for k, frame in enumerate(FRAMES)]
    a, b = (
        everything(side_of(table(frames))),
        everything(side_of(table(frames, **({"snaplen": 80} if snaplen else {})))),
    )
    at = tuple(part.ravel() for part in np.indices((len(a), len(b))))
    blocks = int(a.block.max()) + 1
    by_components = comparing.compare(a, b, at, blocks, counts_altered=counts_altered)
    monkeypatch.setattr(comparing, "_FEW", 0)
    in_one_pass = comparing.compare(a, b, at, blocks, counts_altered=counts_altered)
    assert by_components.told.tolist() == in_one_pass.told.tolist()
    assert np.array_equal(by_components.habits, in_one_pass.habits)
    for bit in (ALTERED, OTHER_DETAIL, OTHER_IDENT, OTHER_STAMP):
        assert (in_one_pass.told & bit).any(), "the frames differ in all that is compared"


@pytest.mark.jit_off
@pytest.mark.parametrize("is_whole", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_meeting_in_one_pass_equals_its_plain_twin(seed, is_whole, monkeypatch):
    """Positions are rows, or some of them; some keys meet in other blocks, some pairs are given."""
    frames = [(k, frame) for k, frame in enumerate(FRAMES * 3)]
    rng = np.random.default_rng(seed)
    sides = [side_of(table(frames)) for _ in range(2)]
    every = len(frames)
    rows = [np.arange(every) if is_whole else np.sort(rng.permutation(every)[: every - 9]) for _ in sides]
    a, b = (Sights(side, part, rng.integers(0, 3, len(part))) for side, part in zip(sides, rows, strict=True))
    to = np.where(rng.random(every) < 0.8, rng.permutation(every), -1).astype(np.int32)
    given = np.full(len(a), -1, np.int32)
    free = np.setdiff1d(np.arange(len(b)), np.searchsorted(b.row, to[to >= 0]))
    given[np.flatnonzero(to[a.row] < 0)[: len(free)]] = free[: np.count_nonzero(to[a.row] < 0)]
    found = []
    for few in (20_000, 0):
        monkeypatch.setattr(comparing, "_FEW", few)
        partner = given.copy()
        met = comparing.meet(a, b, Join(to, np.zeros(every, bool)), partner, 3)
        found.append((partner.tolist(), met.told.tolist(), [part.tolist() for part in met.habits], met.alike.tolist()))
    assert found[0] == found[1]
    assert max(found[0][0]) >= 0, "some meet"
    assert np.count_nonzero(np.array(found[0][0]) < 0), "some do not"
