"""Values of tables as Arrow columns.

**In:** numpy columns. **Out:** Arrow arrays: integers with nulls, texts encoded by a dictionary.
**Method:** nothing per row in Python: a text column is an index and the list of its words; numbers become text by
Arrow casts and by tables of all 16-bit values.
**Not here:** which columns there are (``tables.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
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
    """Paths as given, each once."""
    first: I64
    """Per vantage: where its files begin in ``position``."""
    position: I64
    """Per file of every vantage, in input order: its index in ``names``. Two vantages may read one file."""

    @classmethod
    def of(cls, correlation: Correlation) -> FileNames:
        """Collect the files of all vantages."""
        counts = [len(vantage.files) for vantage in correlation.vantages]
        paths = [safe_text(file.path) for vantage in correlation.vantages for file in vantage.files]
        index = {path: number for number, path in enumerate(dict.fromkeys(paths))}
        return cls(
            names=list(index),
            first=np.cumsum([0, *counts[:-1]]).astype(np.int64),
            position=np.array([index[path] for path in paths], np.int64),
        )

    def index(self, vantage: NDArray[Any], file: NDArray[Any]) -> I64:
        """Return the index into ``names`` of each (vantage, file of that vantage)."""
        return np.asarray(self.position[self.first[vantage] + file], np.int64)

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

    codecs = sorted(set(table.codecs))
    codec_of_field = np.array([codecs.index(codec) for codec in table.codecs], np.int64)
    codec_of_row = np.where(values == -1, -1, codec_of_field[field]) if len(field) else np.zeros(0, np.int64)
    codes = np.full(len(values), -1, np.int32)
    pieces = [pa.array([], pa.string())]
    for number, codec in enumerate(codecs):
        rows = np.flatnonzero(codec_of_row == number)
        distinct, which = np.unique(values[rows], return_inverse=True)
        codes[rows] = sum(len(piece) for piece in pieces) + which
        pieces.append(_rendered(codec, texts, distinct))
    # Values of two codecs may read alike, and a Parquet dictionary must hold each word once.
    merged = pa.concat_arrays(pieces).dictionary_encode()
    if len(codes):
        word = np.append(merged.indices.to_numpy(zero_copy_only=False), -1).astype(np.int32)
        codes = word[codes]
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), merged.dictionary)


def _rendered(codec: str, texts: Sequence[str], values: I64) -> pa.Array:
    """Return values of one codec as text."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    numbers = pa.array(values)
    if codec == "dec":
        return pc.cast(numbers, pa.string())
    if codec == "text":
        return pa.array([texts[value] for value in values.tolist()], pa.string())
    if codec == "bool":
        return pa.array(["False", "True"]).take(numbers)
    width = int(codec[3:])
    if width <= 4:
        return _hex_words(width).take(numbers)
    return pa.array([f"0x{value:0{width}x}" for value in values.tolist()], pa.string())


@lru_cache
def _hex_words(width: int) -> pa.Array:
    """Return all values of up to four hex digits as text: checksums and IDs take nearly all of them."""
    import pyarrow as pa  # noqa: PLC0415

    return pa.array([f"0x{value:0{width}x}" for value in range(16**width)], pa.string())
