"""Tables know how many rows they have; types that only hold fields are frozen."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import attrs
import numpy as np
import pytest

import correlate.model
from correlate.model.flows import JoinedFlows
from correlate.model.frames import FrameChunk, FrameColumns

MODULES = [
    importlib.import_module(f"correlate.model.{found.name}") for found in pkgutil.iter_modules(correlate.model.__path__)
]
TYPES = [
    kind
    for module in MODULES
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if attrs.has(kind) and kind.__module__ == module.__name__
]


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_every_type_is_frozen_and_takes_keywords_only(kind):
    """Style: frozen, keyword-only, no work in construction."""
    assert kind.__setattr__ is not object.__setattr__
    assert all(field.kw_only for field in attrs.fields(kind))
    assert "__attrs_post_init__" not in vars(kind)


def test_every_module_is_covered_by_the_check_above():
    assert {kind.__module__ for kind in TYPES} >= {f"correlate.model.{name}" for name in ("packets", "correlation")}


def test_length_is_the_number_of_rows():
    nothing = np.zeros(0, np.int64)
    joined = JoinedFlows(of_flow=(), member=nothing.reshape(0, 0), is_swapped=(), proto=np.zeros(4, np.uint8))
    columns = FrameColumns(*(np.zeros(3, np.int64) for _ in FrameColumns._fields))
    chunk = FrameChunk(data=np.zeros(0, np.uint8), columns=columns, interfaces=(), first_frame=1, bytes_read=0)
    assert (len(joined), len(chunk)) == (4, 3)
