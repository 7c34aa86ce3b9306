"""All rows of the lab's table.

**In:** nothing. **Out:** ``SCENARIOS``, in the order of the table.
"""

from __future__ import annotations

from tests.lab.scenarios.boxes import BOXES
from tests.lab.scenarios.cuts import CUTS
from tests.lab.scenarios.wires import WIRES

SCENARIOS = (*WIRES, *BOXES, *CUTS)
