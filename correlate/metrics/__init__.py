"""Mutations, and figures per hop, direction and host.

In: tables of the earlier stages. Out: ``MutationTable`` and ``MetricsTable``.
Not here: fates (``trajectories``), what the figures mean (``diagnose``).
"""

from correlate.metrics.measure import measure
from correlate.metrics.mutations import find_mutations
from correlate.metrics.rewritings import find_rewritings

__all__ = ["find_mutations", "find_rewritings", "measure"]
