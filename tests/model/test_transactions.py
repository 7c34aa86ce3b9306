"""``model.transactions``."""

from correlate.model.transactions import TransactionKind, no_transactions


def test_a_table_without_rows_has_a_column_per_place() -> None:
    empty = no_transactions(3)
    assert empty.rtt_ns.shape == empty.answer_at_ns.shape == (0, 3)
    assert len(empty.flow) == 0


def test_kinds_have_words() -> None:
    assert [kind.code for kind in TransactionKind] == ["handshake", "tls", "dns", "exchange"]
