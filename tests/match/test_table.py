"""The finished table."""

import numpy as np

from correlate.match.table import _copy_columns
from correlate.model.matches import Tier
from tests.match.crafting import CLIENT, MS, SERVER, ip4, later, table, talk, udp
from tests.match.loading import match

LONG = talk(isn=(900_000_000, 77_000_000), rounds=20)
MICRO = 1000


def doubled(frames, at, by=20 * MICRO):
    """The frames with frame ``at`` (1-based) again."""
    stamp, frame = frames[at - 1]
    return [*frames[:at], (stamp + by, frame), *frames[at:]]


def test_a_double_downstream_of_a_single_is_the_networks():
    """RFC 5560: a packet of its own that names its original."""
    up, down = table(LONG), table(later(doubled(LONG, 4), MS))
    found, _ = match([up, down])
    (copy,) = np.flatnonzero(found.network_duplicate_of >= 0)
    assert found.rows[copy].tolist() == [-1, 4]
    assert found.rows[found.network_duplicate_of[copy]].tolist() == [3, 3]
    assert len(found.copies.row) == 0


def test_a_double_that_no_other_vantage_can_confirm_is_a_copy():
    """Nothing proves that the network did it."""
    found, _ = match([table(doubled(LONG, 4))])
    assert found.copies.row.tolist() == [4]
    assert found.rows[found.copies.packet[0]].tolist() == [3]


def test_copies_name_their_packet_vantage_and_row():
    """A mirror that doubles everything, given first."""
    twice = [(t + k * MICRO, f) for t, f in LONG for k in (0, 3)]
    found, _ = match([table(twice), table(later(LONG, MS))])
    assert len(found) == len(LONG)
    assert set(found.copies.vantage.tolist()) == {0}
    assert np.array_equal(found.rows[found.copies.packet, 0] + 1, found.copies.row)


def test_every_row_is_a_sighting_or_a_copy():
    """Conservation."""
    tables = [table(doubled(LONG, 4)), table(later(LONG[3:], MS)), table(later(LONG[:-3], 2 * MS))]
    found, joined = match(tables)
    for vantage, packets in enumerate(tables):
        rows = [
            *found.rows[:, vantage][found.rows[:, vantage] >= 0],
            *found.copies.row[found.copies.vantage == vantage],
        ]
        assert sorted(rows) == list(range(len(packets)))
    assert found.flow.max() < len(joined)
    assert np.all((found.tier == Tier.ALONE) == (np.count_nonzero(found.rows >= 0, axis=1) == 1))


def test_direction_follows_the_joined_flow():
    """True = initiator to responder."""
    found, _ = match([table(LONG), table(later(LONG, MS))])
    sent = {int(a): bool(out) for (a, _), out in zip(found.rows, found.is_outbound, strict=True)}
    assert [sent[row] for row in range(5)] == [True, False, True, True, False]


def test_fragments_of_a_broken_datagram_that_match_nothing_are_named():
    """Ledger bucket ``fragment_incomplete``."""
    whole = udp(CLIENT, SERVER, 40000, 53, bytes(64))[34:]
    first = ip4(CLIENT, SERVER, 17, whole[:32], ident=9, frag=0x2000)
    found, _ = match([table([*LONG, (999 * MS, first)]), table(later(LONG, MS))])
    assert np.flatnonzero(found.incomplete_fragments[0]).tolist() == [len(LONG)]
    assert not found.incomplete_fragments[1].any()


def test_two_taps_that_double_at_random_make_no_network_duplicates():
    """What passes here first and is single further on a network cannot have doubled, so both taps do it."""
    rng = np.random.default_rng(5)

    def tapped(frames, hops):
        lowered = [(t, f[:22] + bytes([f[22] - hops if f[26] == 10 else f[22] - 5 + hops]) + f[23:]) for t, f in frames]
        return [(t + k * MICRO, f) for t, f in lowered for k in range(1 + (rng.random() < 0.08))]

    long = talk(isn=(900_000_000, 77_000_000), rounds=300)
    found, _ = match([table(tapped(long, 0)), table(tapped(later(long, MS), 5))])
    assert not (found.network_duplicate_of >= 0).any()
    assert len(found) == len(long)
    assert len(found.copies.row) > 60


def test_copies_of_a_bundle_that_went_to_pieces_name_its_first_piece():
    """The original's row stands in packets that are finer than it was; a copy without any is left out."""
    bundles = np.array([[7, 3], [8, 4], [9, 5]])
    rows = np.array([[7, 3], [8, 20], [8, 21]])
    copies = [(np.array([0, 1, 2]), 0, np.array([70, 80, 90]))]
    found = _copy_columns(copies, np.array([0, -1, -1]), bundles, rows, [1, 0])
    assert (found.packet.tolist(), found.vantage.tolist(), found.row.tolist()) == ([0, 1], [1, 1], [70, 80])
