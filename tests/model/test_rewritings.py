"""What a hop does to the numbers of each flow."""

from correlate.model.rewritings import RewritingColumns, no_rewritings


def test_the_empty_table_has_every_column():
    empty = no_rewritings()
    assert len(empty) == len(RewritingColumns._fields)
    assert all(len(column) == 0 for column in empty)
