"""What people hold after ``correlate({...})`` in Python."""

import pandas as pd
import pyarrow as pa
import pytest

from correlate.result import TABLES
from tests.report.runs import run


def test_the_result_says_what_it_is_in_one_line():
    assert repr(run("syn-ack-altered")).startswith("<correlate: ALTERED 2 SYN-ACKs changed")


def test_tables_are_read_by_any_dataframe_library():
    """Arrow PyCapsule interface: ``__arrow_c_stream__``."""
    result = run("syn-ack-altered")
    assert list(result.tables) == list(TABLES)
    for name in TABLES:
        table = result.tables[name]
        assert hasattr(table, "__arrow_c_stream__")
        frame = pa.table(table).to_pandas()
        assert len(frame) == len(table)
    fates = pd.DataFrame(result.tables["fates"].to_pandas())
    assert (fates.fate == "lost").sum() == 8
    with pytest.raises(KeyError):
        result.tables["nothing"]
    assert "packets" in repr(result.tables)


def test_the_graph_the_report_and_the_texts_are_there(tmp_path):
    result = run("syn-ack-altered")
    assert result.graph.edges["fw-int", "fw-ext"]["lost"] == 8
    assert result.report["schema"] == "correlate.report/1"
    assert "ALTERED" in result.text()
    assert "PACKET 2" in result.explain(2)
    assert "<svg" in result._repr_html_()
    result.write_page(tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size > 10_000
