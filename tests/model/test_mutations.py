"""Values of changed fields read as tshark prints them."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.model.arrays import freeze
from correlate.model.mutations import MutationColumns, MutationKind, MutationTable

CODECS = ("dec", "hex2", "hex4", "hex8", "bool", "text")


@pytest.fixture
def table():
    nothing = np.zeros(0, np.int64)
    columns = freeze(MutationColumns(*(nothing for _ in MutationColumns._fields)))
    return MutationTable(odd=columns, fields=CODECS, codecs=CODECS, texts=("192.0.2.1", ""))


@pytest.mark.parametrize(
    ("codec", "value", "text"),
    [
        ("dec", 0, "0"),
        ("dec", 4_294_967_295, "4294967295"),
        ("hex2", 7, "0x07"),
        ("hex4", 0xBEEF, "0xbeef"),
        ("hex8", 0xBEEF, "0x0000beef"),
        ("bool", 1, "True"),
        ("bool", 0, "False"),
        ("text", 0, "192.0.2.1"),
        ("text", 1, ""),
    ],
)
def test_values_read_as_tshark_prints_them(table, codec, value, text):
    assert table.text(CODECS.index(codec), value) == text


@pytest.mark.parametrize("codec", CODECS)
def test_absent_is_not_a_value(table, codec):
    assert table.text(CODECS.index(codec), -1) is None


def test_kinds_are_the_words_of_the_contract():
    assert [kind.code for kind in MutationKind] == ["changed", "added", "removed", "corrupted"]
