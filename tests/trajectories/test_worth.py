"""``trajectories.worth``: few packets are done by columns."""

from correlate.trajectories.worth import LEAST_PACKETS, is_worth_a_kernel


def test_what_is_read_without_numba_is_done_by_columns() -> None:
    """384 KiB hold fewer frames of 64 bytes, with a record header of 16, than are worth a kernel."""
    assert not is_worth_a_kernel(384 * 1024 // (64 + 16))
    assert is_worth_a_kernel(LEAST_PACKETS)
