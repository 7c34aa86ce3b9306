"""stub"""
from typing import NamedTuple
import numpy as np
from correlate.model.arrays import *
class Draft(NamedTuple):
    rows: I64
    block: I64
    tier: I8
    is_ambiguous: Bool
    origin: I64
def join_ranges(d, sides): return d
