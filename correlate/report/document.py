"""report.json: the whole result as plain Python objects.

**In:** a ``Correlation``. **Out:** a dict of the shape of ``report.schema.json`` (contract, version 1).
**Method:** one function per top-level key, in the modules beside this one; text is cleaned once, here at the border.
**Not here:** anything unbounded: lists stop at 1000 entries with the full count beside them, Parquet has the rest.
"""

from __future__ import annotations

from typing import Any

import attrs

from correlate.model.correlation import Correlation
from correlate.report.changes import mutation_groups
from correlate.report.claims import findings_json
from correlate.report.conversations import flows_json, translations_json
from correlate.report.figures import hops_json, hosts_json
from correlate.report.limits import LIMIT
from correlate.report.sources import clocks_json, vantages_json
from correlate.report.transactions import transactions_json
from correlate.version import __version__
from correlate.wire.text import safe_text

SCHEMA = "correlate.report/1"

BARE = frozenset({int, float, bool, type(None)})
"""Types that hold no text."""


def report_json(correlation: Correlation) -> dict[str, Any]:
    """Return report.json as a dict of plain Python values.

    Keys and units are the contract's: durations and instants in integer nanoseconds, instants on the reference
    vantage's clock unless the key says ``captured``; unknown is None. A list ``x`` that can grow stops at 1000
    entries and has its full length in ``x_count``. Cost: one pass over the packets and one over the mutations.
    """
    findings = findings_json(correlation)
    mutations = mutation_groups(correlation)
    translations = translations_json(correlation)
    names = [vantage.name for vantage in correlation.vantages]
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "tool": {"name": "correlate", "version": __version__},
        "command": {
            "captures": {name: list(paths[:LIMIT]) for name, paths in correlation.captures.items()},
            "options": {key: _plain(value) for key, value in correlation.options.items()},
        },
        "reference": names[correlation.clocks.reference],
        "vantages": vantages_json(correlation),
        "clocks": clocks_json(correlation),
        "hops": hops_json(correlation),
        "hosts": hosts_json(correlation),
        "transactions": transactions_json(correlation),
        "flows": flows_json(correlation),
        "translations": translations[:LIMIT],
        "translations_count": len(translations),
        "mutations": mutations[:LIMIT],
        "mutations_count": len(mutations),
        "findings": findings[:LIMIT],
        "findings_count": len(findings),
        "ledger": {name: attrs.asdict(ledger) for name, ledger in zip(names, correlation.ledgers, strict=True)},
    }
    cleaned: dict[str, Any] = _clean(document)
    return cleaned


def _plain(value: object) -> object:
    """Turn an option's value into what JSON holds."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _clean(value: Any) -> Any:
    """Strip control characters from every text: file names and payloads come from strangers."""
    if isinstance(value, str):
        return safe_text(value)
    # Tens of thousands of values, most of them numbers: no call for each of those.
    if isinstance(value, dict):
        return {safe_text(key): item if type(item) in BARE else _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [item if type(item) in BARE else _clean(item) for item in value]
    return value
