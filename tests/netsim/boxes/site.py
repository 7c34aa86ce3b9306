"""What a box may do besides changing its packet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from tests.netsim.packet import Packet


class Site(Protocol):
    """Where a box stands, and what it may do there besides changing its packet."""

    def edited(self, packet: Packet, field: str, before: Any, after: Any) -> None:
        """Note an edit."""

    def inject(self, packet: Packet, *, forward: bool) -> None:
        """Send another packet on from this box."""

    def cut(self, packet: Packet, pieces: Sequence[tuple[Packet, int, int]]) -> None:
        """Send pieces on instead of the packet, each with the payload bytes [start, end) of it that it carries."""

    def hold(self, packet: Packet) -> None:
        """Keep the packet: the handler returns False, and yet it is not lost."""

    def release(self, packet: Packet, parts: Sequence[Packet]) -> None:
        """Send a packet on that was put together from ``parts``, held before."""

    def after(self, wait: int, call: Callable[[], None]) -> None:
        """Call the box later."""

    def mapped(self, packet: Packet, inner: tuple[bytes, int], outer: tuple[bytes, int]) -> None:
        """Note a translation."""

    def veil(self, packet: Packet) -> int:
        """Return the number of a packet that another one disappears in here."""


Handler = Callable[[Packet, Site], bool]
