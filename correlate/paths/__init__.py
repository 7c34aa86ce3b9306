"""Which way the vantages lie: their order on a line and the direction of every flow.

**In:** packets, flows and matches. **Out:** :class:`~correlate.model.path.Path`.
"""

from correlate.paths.infer import infer_path

__all__ = ["infer_path"]
