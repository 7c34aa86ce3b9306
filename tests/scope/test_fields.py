"""``scope.fields``: every documented field can be read, and every field that can be read is documented."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from correlate.scope.fields import known_fields, read_field
from tests.diagnose.sets import outcome_of_set

CLI = (Path(__file__).resolve().parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", known_fields())
def test_every_field_is_documented_and_has_a_value_per_packet(name: str) -> None:
    """docs/cli.md lists what -Y knows."""
    assert f"`{name}`" in CLI or (name.startswith("tcp.flags.") and f"`.{name.rsplit('.', maxsplit=1)[-1]}`" in CLI)
    packets = outcome_of_set("fragment-lost").result.packets[0]
    values = read_field(name, packets, packets.columns.tuple_id.astype(np.int64))
    assert len(values.is_there) == len(packets)
    assert all(len(column) == len(packets) for column in (*values.numbers, *values.addresses))


def test_other_names_are_no_fields() -> None:
    """None, so that the filter can say so."""
    packets = outcome_of_set("fragment-lost").result.packets[0]
    assert read_field("tcp.nonsense", packets, packets.columns.tuple_id.astype(np.int64)) is None
