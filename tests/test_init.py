"""Importing the package costs nothing; asking for the job gives the job."""

from __future__ import annotations

import subprocess
import sys

import pytest

import correlate
from correlate.pipeline import correlate as job


def test_the_job_is_the_pipelines():
    assert correlate.correlate is job
    assert set(correlate.__all__) == {"__version__", "correlate"}


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = correlate.nothing


def test_importing_the_package_does_not_pay_for_numba():
    """``--help`` must be instant."""
    code = "import sys, correlate; assert correlate.__version__; print(sorted({'numba', 'numpy', 'rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
