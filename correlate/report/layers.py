"""What scapy reads in a packet above its headers: TCP options one by one, DNS, and whatever else it knows.

**In:** the bytes from the IP header on. **Out:** (layer and field, value) pairs as text.
**Method:** scapy dissects; it is slow and knows much, so it sees single packets only. Bytes come from strangers:
whatever it raises ends the list, what came before it stays.
**Not here:** headers (``fieldlist.py``), which are ours.
"""

from __future__ import annotations

from typing import Any

from correlate.wire.text import safe_text

MOST_FIELDS = 80
MOST_CHARACTERS = 120
TOLD = frozenset({"IP", "IPv6", "Padding", "Raw", "UDP", "ICMP"})
"""Layers that ``fieldlist`` tells, or that are bytes without meaning."""
TOLD_OPTIONS = frozenset({"MSS", "WScale", "SAckOK", "Timestamp", "SAck", "NOP", "EOL"})
"""TCP options that ``fieldlist`` tells, and padding."""


def layer_values(data: bytes, *, is_v6: bool) -> list[tuple[str, str]]:
    """Return what scapy reads above IP, at most ``MOST_FIELDS`` fields.

    >>> layer_values(b"", is_v6=False)
    []
    """
    from scapy.layers.dns import DNS  # noqa: F401, PLC0415  -- scapy costs 0.3 s; only ``explain`` pays
    from scapy.layers.inet import IP  # noqa: PLC0415
    from scapy.layers.inet6 import IPv6  # noqa: PLC0415

    values: list[tuple[str, str]] = []
    try:
        packet: Any = (IPv6 if is_v6 else IP)(data)
        while packet and len(values) < MOST_FIELDS:
            values += _fields(packet)
            packet = packet.payload
    except Exception:  # noqa: BLE001  -- scapy raises what it likes on hostile bytes
        return values
    return values[:MOST_FIELDS]


def _fields(layer: Any) -> list[tuple[str, str]]:
    name = layer.name
    if name == "TCP":
        return [
            (f"tcp option {option}", _shown(value)) for option, value in layer.options if option not in TOLD_OPTIONS
        ]
    if name in TOLD or name == "NoPayload":
        return []
    return [(f"{name}.{field.name}", _shown(layer.getfieldval(field.name))) for field in layer.fields_desc]


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()[:MOST_CHARACTERS]
    if hasattr(value, "summary"):
        value = value.summary()
    return safe_text(str(value))[:MOST_CHARACTERS]
