"""Components of many rows in one pass, against the plain ones."""

import numpy as np
import pytest

from correlate.fingerprint import components
from correlate.fingerprint.parts_kernel import PARTS
from tests.fingerprint.test_exact_kernel import FRAMES
from tests.match.crafting import table


@pytest.mark.jit_off
@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("snaplen", [None, 60])
def test_kernel_equals_its_plain_twin(name, snaplen, monkeypatch):
    """Kernel and twin law; rows in any order, some of them twice."""
    packets = table([(k, frame) for k, frame in enumerate(FRAMES)], **({"snaplen": snaplen} if snaplen else {}))
    rows = np.array([3, 8, 0, 5, 3, *range(len(packets))])
    plain = components._component(name, packets, rows)
    monkeypatch.setattr(components, "_FEW", 0)
    in_one_pass = components._component(name, packets, rows)
    assert in_one_pass.tolist() == plain.tolist()
    assert in_one_pass.dtype == plain.dtype
    assert components._component(name, packets, rows[:0]).tolist() == []


def test_masks_slices_and_few_rows_are_done_plainly(monkeypatch):
    """What the kernel does not take."""
    packets = table([(k, frame) for k, frame in enumerate(FRAMES)])
    monkeypatch.setattr(components, "_FEW", 0)
    every = components._component("shape", packets, np.arange(len(packets)))
    assert components._component("shape", packets, slice(None)).tolist() == every.tolist()
    assert components._component("shape", packets, np.arange(len(packets)) < 4).tolist() == every[:4].tolist()
