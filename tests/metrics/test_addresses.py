"""``metrics.addresses``: one number per address in the whole run."""

import ipaddress

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.metrics.addresses import ONES, number_addresses
from correlate.model.packets import PacketTable, TupleColumns
from tests.metrics.scenes import one_packet, tcp

ends = st.tuples(st.ip_addresses(), st.integers(-1, 65535))


def _table(base: PacketTable, tuples: list) -> PacketTable:
    def octets(side):
        packed = [row[side][0].packed.rjust(16, b"\0") for row in tuples]
        return np.frombuffer(b"".join(packed), np.uint8).reshape(-1, 16)

    columns = TupleColumns(
        src=octets(0),
        dst=octets(1),
        sport=np.array([row[0][1] for row in tuples], np.int32),
        dport=np.array([row[1][1] for row in tuples], np.int32),
        proto=np.full(len(tuples), 6, np.uint8),
        version=np.array([row[0][0].version for row in tuples], np.uint8),
    )
    return PacketTable(columns=base.columns, tuples=columns, quotes=base.quotes)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.tuples(ends, ends).filter(lambda r: r[0][0].version == r[1][0].version), max_size=6)))
def test_equal_addresses_have_equal_numbers_at_all_vantages(vantages: list) -> None:
    """Numbers are the same if and only if the text is."""
    base = one_packet(tcp(), tcp()).packets[0]
    book, facts = number_addresses([_table(base, tuples) for tuples in vantages])
    numbers = [int(n) for fact in facts for n in (*fact.src, *fact.dst)]
    texts = [str(row[side][0]) for tuples in vantages for side in (0, 1) for row in tuples]
    assert [ipaddress.ip_address(book.text(number)) for number in numbers] == [ipaddress.ip_address(t) for t in texts]
    assert len(set(numbers)) == len({ipaddress.ip_address(text) for text in texts}) == len(book.version)


@given(st.ip_addresses(v=4), st.ip_addresses(v=4))
@settings(max_examples=20, deadline=None)
def test_the_address_sum_is_that_of_a_pseudo_header(src, dst) -> None:
    """RFC 1071: 16-bit words added modulo 65535."""
    base = one_packet(tcp(), tcp()).packets[0]
    _, (facts,) = number_addresses([_table(base, [((src, 1), (dst, 2))])])
    words = np.frombuffer(src.packed + dst.packed, ">u2")
    assert facts.address_sum[0] == int(words.astype(np.int64).sum()) % ONES
    assert facts.port_sum[0] == 3
