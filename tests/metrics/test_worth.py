"""``metrics.worth``: few rows are done by columns."""

from correlate.metrics.worth import LEAST_ROWS, is_worth_a_kernel


def test_what_is_read_without_numba_is_done_by_columns() -> None:
    """384 KiB hold fewer frames of 64 bytes, with a record header of 16, than are worth a kernel."""
    assert not is_worth_a_kernel(384 * 1024 // (64 + 16))
    assert is_worth_a_kernel(LEAST_ROWS)
