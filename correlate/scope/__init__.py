"""What a run is asked about: filters, one flow, a time window, what lies between two pings.

**In:** trajectories with their fates, judged on everything. **Out:** the part of them that the report speaks of.
"""

from correlate.scope.bpf import CaptureFilter
from correlate.scope.display import DisplayFilter
from correlate.scope.restrict import restrict_fates, restrict_mutations
from correlate.scope.select import Everything, Scope, select_packets

__all__ = [
    "CaptureFilter",
    "DisplayFilter",
    "Everything",
    "Scope",
    "restrict_fates",
    "restrict_mutations",
    "select_packets",
]
