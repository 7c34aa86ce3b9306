"""Values of tables as Arrow columns.

**In:** numpy columns. **Out:** Arrow arrays: integers with nulls, texts encoded by a dictionary.
**Method:** nothing per row in Python: a text column is an index and the list of its words; numbers become text by
Arrow casts and by tables of all 16-bit values.
**Not here:** which columns there are (``tables.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from correlate.model.arrays import I64
from correlate.model.correlation import Correlation
from correlate.model.mutations import MutationTable
from correlate.wire.text import safe_text

if TYPE_CHECKING:
    import pyarrow as pa

DIRECTION_WORDS = ("reverse", "forward")
DIRECTION_CODES = np.array([0, -1, 1], np.int32)
"""``Direction`` + 1 -> index into ``DIRECTION_WORDS``; unknown is null."""


def integers(values: NDArray[Any], is_null: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return integers or booleans as an Arrow array; True in ``is_null`` = null."""
    import pyarrow as pa  # noqa: PLC0415  -- only who writes Parquet pays

    return pa.array(values, mask=is_null)


def words(index: NDArray[Any], dictionary: Sequence[str]) -> pa.Array:
    """Return texts as indices into ``dictionary``; a negative index is null."""
    import pyarrow as pa  # noqa: PLC0415

    codes = np.asarray(index, np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), pa.array(dictionary, pa.string()))


@attrs.frozen(kw_only=True)
class FileNames:
    """All capture files of a run in one list."""

    names: list[str]
    """Paths as given, vantages in input order."""
    first: I64
    """Per vantage: index of its first file."""

    @classmethod
    def of(cls, correlation: Correlation) -> FileNames:
        """Collect the files of all vantages."""
        counts = [len(vantage.files) for vantage in correlation.vantages]
        return cls(
            names=[safe_text(file.path) for vantage in correlation.vantages for file in vantage.files],
            first=np.cumsum([0, *counts[:-1]]).astype(np.int64),
        )

    def index(self, vantage: NDArray[Any], file: NDArray[Any]) -> I64:
        """Return the index into ``names`` of each (vantage, file of that vantage)."""
        return np.asarray(self.first[vantage] + file, np.int64)

    def frames_at(self, correlation: Correlation, packet: I64, place: I64) -> tuple[I64, I64, I64]:
        """Return ``(vantage, file, frame)`` of packets at a place each; frame -1 = not seen there."""
        rows = correlation.trajectories.rows[packet, place]
        vantage = np.asarray(correlation.path.order, np.int64)[place]
        file, frame = np.zeros(len(rows), np.int64), np.full(len(rows), -1, np.int64)
        for index in np.unique(vantage).tolist():
            here = (vantage == index) & (rows >= 0)
            columns = correlation.packets[index].columns
            file[here], frame[here] = columns.file[rows[here]], columns.frame[rows[here]]
        return vantage, file, frame


def value_texts(table: MutationTable, texts: Sequence[str], field: NDArray[Any], values: I64) -> pa.Array:
    """Return values of mixed fields as ``MutationTable.text`` renders them, for a whole column at once.

    ``texts`` stands for ``table.texts`` (cleaned). Absent values (-1) are null.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    codecs = sorted(set(table.codecs))
    codec_of_field = np.array([codecs.index(codec) for codec in table.codecs], np.int64)
    codec_of_row = codec_of_field[field] if len(field) else np.zeros(0, np.int64)
    columns = [
        _rendered(codec, texts, values, (codec_of_row == number) & (values != -1))
        for number, codec in enumerate(codecs)
        if (codec_of_row == number).any()
    ]
    merged = pc.coalesce(*columns) if columns else pa.nulls(len(values), pa.string())
    return merged.dictionary_encode()


def _rendered(codec: str, texts: Sequence[str], values: I64, is_of_codec: NDArray[np.bool_]) -> pa.Array:
    """Return the rows of one codec as text, null elsewhere."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    numbers = pa.array(values, mask=~is_of_codec)
    if codec == "dec":
        return pc.cast(numbers, pa.string())
    if codec == "text":
        return pa.array(texts, pa.string()).take(numbers)
    if codec == "bool":
        return pa.array(["False", "True"]).take(numbers)
    distinct = np.unique(values[is_of_codec])
    width = int(codec[3:])
    rendered = pa.array([f"0x{value:0{width}x}" for value in distinct.tolist()], pa.string())
    return rendered.take(pa.array(np.searchsorted(distinct, values), mask=~is_of_codec))
