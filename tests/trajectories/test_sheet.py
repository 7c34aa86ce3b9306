"""``trajectories.sheet``: rows find their place."""

import numpy as np

from correlate.model.trajectories import NO_DELAY, FateColumns
from correlate.trajectories.sheet import Sheet


def _rows(packets: list[int], hop: int) -> FateColumns:
    size = len(packets)
    small, none = np.zeros(size, np.int8), np.full(size, NO_DELAY)
    return FateColumns(
        np.array(packets),
        np.full(size, hop, np.int16),
        small,
        small,
        small,
        none,
        none,
        none,
        np.full(size, -1, np.int32),
    )


def test_rows_stand_by_packet_and_along_its_own_way() -> None:
    """Hops count upwards forward and downwards in reverse (``judge_fates``)."""
    sheet = Sheet.blank(2, 3)
    for hop in (2, 0, 1):
        sheet.put(_rows([0], hop), 1)
        sheet.put(_rows([1], hop), -1)
    rows = sheet.laid()
    assert rows.packet.tolist() == [0, 0, 0, 1, 1, 1]
    assert rows.hop.tolist() == [0, 1, 2, 2, 1, 0]
    assert not rows.fate.flags.writeable


def test_what_nobody_wrote_is_no_row() -> None:
    """A packet whose way ended has no rows behind its end; the dtypes are those of the model either way."""
    sheet = Sheet.blank(3, 2)
    sheet.put(_rows([2], 0), 1)
    rows = sheet.laid()
    assert (rows.packet.tolist(), rows.hop.tolist()) == ([2], [0])
    kinds = [column.dtype for column in rows]
    assert kinds == [np.int64, np.int16, np.int8, np.int8, np.int8, np.int64, np.int64, np.int64, np.int32]
    assert len(Sheet.blank(4, 0).laid().packet) == 0
