"""Rule: every kind of damage has its words."""

from correlate.read import records_kernel as kernels
from correlate.read.steps import FAULTS


def test_every_status_of_damage_has_a_text() -> None:
    damage = {
        kernels.TOO_LONG,
        kernels.BAD_BLOCK_LENGTH,
        kernels.BAD_TRAILER,
        kernels.BEYOND_BLOCK,
        kernels.NO_INTERFACE,
        kernels.LEAP,
    }
    assert set(FAULTS) == damage
    assert all(text.format(detail=1, limit=2) for text in FAULTS.values())
