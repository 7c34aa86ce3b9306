"""Arrow columns."""

import numpy as np

from correlate.model.mutations import MutationKind
from correlate.report.columns import FileNames, integers, value_texts, words
from tests.report.builder import Change, flagship


def test_values_are_rendered_as_the_table_renders_them_one_by_one():
    """Naive twin: ``MutationTable.text`` per value."""
    changes = [
        Change(packet=0, hop=0, field="ip.id", before=0x1A, after=0xFFFF),
        Change(packet=0, hop=0, field="ip.flags.df", before=1, after=0),
        Change(packet=1, hop=0, field="tcp.len", before=None, after=7, kind=MutationKind.ADDED),
        Change(packet=1, hop=0, field="tcp.payload", before="00ff", after=None, kind=MutationKind.REMOVED),
    ]
    table = flagship(changes=changes).mutations
    columns = table.columns
    for values in (columns.before, columns.after):
        naive = [table.text(int(f), int(v)) for f, v in zip(columns.field, values, strict=True)]
        assert value_texts(table, table.texts, columns.field, values).to_pylist() == naive


def test_no_value_at_all_is_an_empty_column():
    table = flagship(changes=[]).mutations
    assert value_texts(table, (), table.columns.field, table.columns.before).to_pylist() == []


def test_masked_integers_are_null():
    assert integers(np.array([1, 2]), np.array([False, True])).to_pylist() == [1, None]


def test_a_negative_index_is_a_null_word():
    assert words(np.array([1, -1, 0]), ["a", "b"]).to_pylist() == ["b", None, "a"]


def test_chained_files_keep_their_own_names():
    run = flagship(files=2)
    names = FileNames.of(run)
    assert names.names[:3] == ["client0.pcap", "client1.pcap", "fw-int0.pcap"]
    assert names.index(np.array([1]), np.array([1])).tolist() == [3]
