"""A conversation has one key, whoever speaks and whoever names it."""

from __future__ import annotations

import ipaddress

import numpy as np
import pytest

from correlate.errors import UsageError
from correlate.model.packets import TupleColumns
from correlate.pipeline import correlate
from correlate.scale.keys import key_of, keys_of


def named(tuples: TupleColumns, row: int) -> str:
    """Return a tuple as ``--flow`` names it."""
    proto = {6: "tcp", 17: "udp"}[int(tuples.proto[row])]
    ends = []
    for raw, port in ((tuples.src[row], tuples.sport[row]), (tuples.dst[row], tuples.dport[row])):
        ends.append(f"{ipaddress.ip_address(bytes(raw[12:]))}:{port}")
    return ",".join([proto, *ends])


def test_a_flow_as_it_is_named_has_the_key_of_its_packets(small) -> None:
    tuples = correlate(small).packets[0].tuples
    keys = keys_of(tuples)
    rows = [row for row in range(len(keys)) if tuples.proto[row] in (6, 17)][:20]
    assert rows
    for row in rows:
        assert key_of(named(tuples, row)) == keys[row]


@pytest.mark.parametrize("ends", [("10.0.0.1:40000", "10.0.0.2:443"), ("[2001:db8::1]:5", "[2001:db8::2]:6")])
def test_both_directions_have_one_key_and_another_protocol_or_port_another(ends) -> None:
    one, other = ends
    key = key_of(f"tcp,{one},{other}")
    assert key == key_of(f"TCP,{other},{one}") != 0
    assert len({key, key_of(f"udp,{one},{other}"), key_of(f"tcp,{one}1,{other}")}) == 3


def test_what_is_no_flow_is_refused() -> None:
    with pytest.raises(UsageError, match="neither a number nor a 5-tuple"):
        key_of("tcp,10.0.0.1")


def test_no_key_is_zero() -> None:
    rows = np.arange(1000, dtype=np.int32)
    raw, kind = np.zeros((1000, 16), np.uint8), np.full(1000, 6, np.uint8)
    keys = keys_of(TupleColumns(src=raw, dst=raw, sport=rows, dport=rows[::-1], proto=kind, version=kind))
    assert (keys != 0).all()
    assert len(np.unique(keys)) == 500
