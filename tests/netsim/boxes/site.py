"""What a box may do besides changing its packet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from tests.netsim.packet import Packet


class Site(Protocol):
    """Where a box stands, and what it may do there besides changing its packet."""

    def edited(self, packet: Packet, field: str, before: Any, after: Any) -> None:
        """Note an edit."""

    def inject(self, packet: Packet, *, forward: bool) -> None:
        """Send another packet on from this box."""

    def mapped(self, packet: Packet, inner: tuple[bytes, int], outer: tuple[bytes, int]) -> None:
        """Note a translation."""


Handler = Callable[[Packet, Site], bool]
