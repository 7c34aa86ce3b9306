"""The table of tunnels."""

import numpy as np

from correlate.model.tunnels import NO_TUNNELS, TunnelColumns, TunnelKind, layers_of
from tests.dissect.wrappings import FRAMES, WRAPPINGS


def test_layers_are_read_from_outside_in():
    """GRE over IPv4, labels inside it."""
    table = TunnelColumns(
        parent=np.array([0, 0, 1], np.int32),
        kind=np.array([0, TunnelKind.GRE, TunnelKind.MPLS], np.uint8),
        tuple_id=np.array([-1, 4, -1], np.int32),
        key=np.array([-1, -1, 16]),
    )
    assert layers_of(table, 2) == [1, 2]
    assert layers_of(table, 0) == layers_of(NO_TUNNELS, 0) == []


def test_words_of_kinds_are_distinct_and_every_kind_is_built_in_the_tests():
    """Reports name a tunnel by its word."""
    assert len({kind.code for kind in TunnelKind}) == len(TunnelKind)
    built = {kind for _, kinds in (*WRAPPINGS.values(), *FRAMES.values()) for kind in kinds}
    assert built == set(TunnelKind) - {TunnelKind.NONE, TunnelKind.TEREDO}
    assert TunnelKind.SIX_IN_FOUR.code == "6in4"
