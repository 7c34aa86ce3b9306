"""Proves what happened to packets between capture points.

``from correlate import correlate`` is the whole public API of a first use; see :func:`correlate.pipeline.correlate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from correlate.version import __version__

if TYPE_CHECKING:
    from correlate.pipeline import correlate as correlate

__all__ = ["__version__", "correlate"]


def __getattr__(name: str) -> Any:
    """Import the pipeline only when it is asked for: ``--help`` must not pay for numba."""
    if name == "correlate":
        from correlate.pipeline import correlate  # noqa: PLC0415

        return correlate
    message = f"module 'correlate' has no attribute {name!r}"
    raise AttributeError(message)
