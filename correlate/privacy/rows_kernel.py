"""Add rows to the table of ``sites.py``.

In: the table, how many rows it has. Out: how many it then has. Method: a table without room only counts.
Not here: what is added (``sites_kernel.py``, ``internet_kernel.py``, ``upper_kernel.py``).
"""

from __future__ import annotations

from typing import Any

from correlate.jit import kernel
from correlate.privacy.sites import IP_SUM, L4_SUM, PAYLOAD, THIN


@kernel
def put(sites: Any, count: Any, kind: Any, at: Any, end: Any) -> Any:
    """Add a row that needs no more than a place."""
    if count < len(sites):
        sites[count, :] = 0
        sites[count, 0], sites[count, 1], sites[count, 2] = kind, at, end
    return count + 1


@kernel
def put_payload(sites: Any, count: Any, at: Any, end: Any, wire: Any) -> Any:
    """Add a payload of ``wire`` bytes, if any of it is captured."""
    if end <= at:
        return count
    if count < len(sites):
        sites[count, :] = 0
        sites[count, 0], sites[count, 1], sites[count, 2], sites[count, 8] = PAYLOAD, at, end, max(wire, end - at)
    return count + 1


@kernel
def put_ip_sum(sites: Any, count: Any, at: Any, end: Any, head: Any) -> Any:
    """Add the checksum of an IPv4 header."""
    if count < len(sites):
        sites[count, :] = 0
        sites[count, 0], sites[count, 1], sites[count, 2], sites[count, 3] = IP_SUM, at, end, head
    return count + 1


@kernel
def put_sum(
    sites: Any,
    count: Any,
    at: Any,
    end: Any,
    head: Any,
    body: Any,
    address: Any,
    version: Any,
    protocol: Any,
    wire: Any,
) -> Any:
    """Add the checksum of a transport header."""
    if count < len(sites):
        sites[count, 0], sites[count, 1], sites[count, 2], sites[count, 3] = L4_SUM, at, end, head
        sites[count, 4], sites[count, 5], sites[count, 6] = body, address, version
        sites[count, 7], sites[count, 8] = protocol, wire
    return count + 1


@kernel
def put_thin(sites: Any, count: Any, at: Any, end: Any, head: Any, opener: Any, ends: Any, kind: Any) -> Any:
    """Add a header of which only what its opener needs stays; ``ends``: captured end and end on the wire."""
    end = min(end, ends[0])
    if end <= at:
        return count
    if count < len(sites):
        sites[count, :] = 0
        sites[count, 0], sites[count, 1], sites[count, 2], sites[count, 3] = THIN, at, end, head
        sites[count, 4], sites[count, 5], sites[count, 6], sites[count, 8] = opener, ends[0], kind, ends[1]
    return count + 1
