"""What speaks for one packet and what against."""

import numpy as np

from correlate.match.comparing import compare
from correlate.match.comparing_kernel import ALTERED, OTHER_DETAIL, SAME_DETAIL, SAME_IDENT
from tests.match.crafting import everything, side_of, table, talk

BLOCKS = 2


def sights():
    return everything(side_of(table(talk(isn=(900_000_000, 77_000_000), rounds=6))))


def compared(a, b, *, counts_altered=False):
    every = np.arange(len(a))
    return compare(a, b, (every, every), BLOCKS, counts_altered=counts_altered)


def test_a_packet_has_everything_in_common_with_itself():
    a = sights()
    told = compared(a, a).told
    assert not (told & (ALTERED | OTHER_DETAIL)).any()
    assert ((told & SAME_DETAIL) != 0).tolist() == (a.length > 0).tolist()
    assert ((told & SAME_IDENT) != 0).tolist() == a.is_telling.tolist()


def test_altered_payload_says_nothing_of_boxes_unless_asked():
    """Two packets, perhaps: what else differs is no habit."""
    a = sights()
    b = a.but(total=np.where(a.total != 0, a.total ^ 1, 0), detail=a.detail + 1)
    assert compared(a, b).habits.detail_differs.sum() == 0
    assert compared(a, b, counts_altered=True).habits.detail_differs.sum() > 0
