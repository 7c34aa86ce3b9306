"""``metrics.texts``: each text once."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from correlate.metrics.texts import TextPool


@given(st.lists(st.one_of(st.integers(-1, 5), st.integers(0, 2**40)), max_size=20))
def test_codes_become_the_texts_they_render_to(codes: list[int]) -> None:
    """Index of the text of every code, -1 stays -1; dense and sparse codes alike."""
    pool = TextPool()
    pool.add(["other"])
    found = pool.add_codes(np.array(codes, np.int64), str)
    assert [-1 if at == -1 else int(pool.texts[at]) for at in found.tolist()] == codes
    assert len(pool.texts) == len(set(pool.texts))


def test_no_text_is_minus_one() -> None:
    """None means absent."""
    pool = TextPool()
    assert pool.add(["a", None, "b", "a"]).tolist() == [0, -1, 1, 0]
    assert pool.texts == ("a", "b")
