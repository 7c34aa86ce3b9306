"""Arrow columns."""

import attrs
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


def test_one_file_read_at_two_vantages_is_one_word():
    """A Parquet dictionary must hold each word once, or rows of later words are read as others."""
    run = flagship()
    same = run.vantages[1].files
    run = attrs.evolve(run, vantages=(attrs.evolve(run.vantages[0], files=same), *run.vantages[1:]))
    names = FileNames.of(run)
    assert len(names.names) == len(set(names.names))
    assert names.index(np.array([0, 1]), np.array([0, 0])).tolist() == [0, 0]


def test_values_that_read_alike_share_a_word():
    changes = [
        Change(packet=0, hop=0, field="tcp.len", before=12, after=13),
        Change(packet=0, hop=0, field="tcp.payload", before="12", after="13"),
    ]
    table = flagship(changes=changes).mutations
    column = value_texts(table, table.texts, table.columns.field, table.columns.before)
    assert column.to_pylist() == ["12", "12"]
    assert column.dictionary.to_pylist() == ["12"]
