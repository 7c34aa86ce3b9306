"""Display filters: which packets satisfy one.

**In:** a filter's text, packets of one vantage. **Out:** a mask over them.
**Method:** the tree is walked once per vantage over whole columns. As in Wireshark a field with two values
(``ip.addr``) satisfies a comparison if either does, and ``!=`` only if neither is equal; a packet without the
field satisfies none.
**Not here:** the grammar (``grammar.py``), the fields (``fields.py``).
"""

from __future__ import annotations

import difflib
import ipaddress
import operator
from collections.abc import Callable
from typing import Any

import attrs
import numpy as np

from correlate.model.arrays import I64, Bool
from correlate.model.packets import PacketTable
from correlate.scope.fields import Values, known_fields, read_field
from correlate.scope.grammar import Among, Both, Compared, Either, Negated, Present, Tree, parse_filter
from correlate.scope.tokens import Token, bad_filter

NUMBERS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}

WORDS = {"true": 1, "false": 0}


@attrs.frozen(kw_only=True)
class DisplayFilter:
    """A parsed filter; every field and value in it is known to be good."""

    text: str
    tree: Tree

    @classmethod
    def from_text(cls, text: str) -> DisplayFilter:
        """Parse and check a filter.

        Raises
        ------
        UsageError
            At the first bad word, pointing at it.
        """
        tree = parse_filter(text)
        one = cls(text=text, tree=tree)
        one.satisfied_by(_nothing(), np.zeros(0, np.int64))
        return one

    def satisfied_by(self, packets: PacketTable, tuple_id: I64) -> Bool:
        """Return which packets satisfy the filter; ``tuple_id`` says who to whom each of them is."""
        return _Walk(text=self.text, packets=packets, tuple_id=tuple_id).of(self.tree)


def _nothing() -> PacketTable:
    """Return a table without packets: enough to check a filter."""
    from correlate.model.packets import PacketColumns, QuoteColumns, TupleColumns  # noqa: PLC0415  -- only here

    def empty(kind: Any) -> Any:
        return kind(*(np.zeros(0, np.int64) for _ in kind._fields))

    tuples = empty(TupleColumns)
    addresses = np.zeros((0, 16), np.uint8)
    return PacketTable(
        columns=empty(PacketColumns), tuples=tuples._replace(src=addresses, dst=addresses), quotes=empty(QuoteColumns)
    )


@attrs.frozen(kw_only=True)
class _Walk:
    text: str
    packets: PacketTable
    tuple_id: I64

    def of(self, tree: Tree) -> Bool:
        match tree:
            case Both(left=left, right=right):
                return np.asarray(self.of(left) & self.of(right), np.bool_)
            case Either(left=left, right=right):
                return np.asarray(self.of(left) | self.of(right), np.bool_)
            case Negated(part=part):
                return np.asarray(~self.of(part), np.bool_)
            case Present(field=field):
                values = self.values(field)
                # A flag alone asks whether it is set, as people mean it; its presence says nothing.
                if values.kind == "number" and field.text.startswith(("tcp.flags.", "ip.flags.")):
                    return np.asarray(values.is_there & (values.numbers[0] != 0), np.bool_)
                return values.is_there
            case Compared(field=field, operator=sign, value=value):
                return self.compared(field, self.values(field), sign, value)
            case Among(field=field, ranges=ranges):
                return self.among(field, self.values(field), ranges)

    def values(self, field: Token) -> Values:
        found = read_field(field.text, self.packets, self.tuple_id)
        if found is None:
            near = difflib.get_close_matches(field.text, known_fields(), n=1)
            advice = f"Did you mean {near[0]}?" if near else "docs/cli.md lists the fields."
            raise bad_filter(self.text, field, f"no field '{field.text}'", advice)
        return found

    def compared(self, field: Token, values: Values, sign: str, value: Token) -> Bool:
        if sign == "!=":
            return np.asarray(values.is_there & ~self.compared(field, values, "==", value), np.bool_)
        if values.kind == "protocol":
            raise bad_filter(self.text, value, f"'{field.text}' is a protocol: it is there or not, and has no value")
        if values.kind == "address":
            if sign != "==":
                raise bad_filter(self.text, value, "addresses are compared with == and != only")
            return self.in_network(values, value)
        wanted = self.number(value, is_time=values.kind == "time")
        if sign == "&":
            hits = [(numbers & wanted) != 0 for numbers in values.numbers]
        else:
            hits = [NUMBERS[sign](numbers, wanted) for numbers in values.numbers]
        return np.asarray(values.is_there & np.logical_or.reduce(hits), np.bool_)

    def among(self, field: Token, values: Values, ranges: tuple[tuple[Token, Token], ...]) -> Bool:
        found = np.zeros(len(self.packets), np.bool_)
        for first, last in ranges:
            if values.kind == "address" and first == last:
                found |= self.in_network(values, first)
                continue
            if values.kind in ("address", "protocol"):
                raise bad_filter(self.text, first, f"'{field.text}' has no ranges of values")
            low, high = (self.number(token, is_time=values.kind == "time") for token in (first, last))
            for numbers in values.numbers:
                found |= (numbers >= low) & (numbers <= high)
        return np.asarray(found & values.is_there, np.bool_)

    def in_network(self, values: Values, value: Token) -> Bool:
        try:
            network = ipaddress.ip_network(value.text, strict=False)
        except ValueError:
            raise bad_filter(self.text, value, f"'{value.text}' is no address or network") from None
        if network.version != values.version:
            raise bad_filter(self.text, value, f"this field holds IPv{values.version} addresses")
        width = 16 if network.version == 6 else 4
        mask = np.frombuffer(network.netmask.packed, np.uint8)
        wanted = np.frombuffer(network.network_address.packed, np.uint8)
        hits = [((raw[:, 16 - width :] & mask) == wanted).all(axis=1) for raw in values.addresses]
        return np.asarray(values.is_there & np.logical_or.reduce(hits), np.bool_)

    def number(self, value: Token, *, is_time: bool) -> int:
        try:
            if is_time:
                whole, _, part = value.text.partition(".")
                return int(whole) * 10**9 + int(part[:9].ljust(9, "0"))
            return WORDS[value.text.lower()] if value.text.lower() in WORDS else int(value.text, 0)
        except ValueError:
            kind = "seconds since 1970" if is_time else "a number"
            raise bad_filter(self.text, value, f"'{value.text}' is not {kind}") from None
