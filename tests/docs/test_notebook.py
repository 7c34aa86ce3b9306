"""The worked notebook runs and shows what it promises."""

import json
import runpy
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_notebook_runs_from_its_folder(monkeypatch):
    monkeypatch.chdir(DOCS)
    notebook = json.loads((DOCS / "notebook.ipynb").read_text("utf-8"))
    run_cells = runpy.run_path(str(DOCS / "run_notebook.py"))["run_cells"]
    outputs = run_cells(notebook)
    assert all(outputs)
    assert "ALTERED" in "".join(outputs[0][0]["data"]["text/html"])
    assert "PACKET 2" in "".join(outputs[-1][0]["text"])


def test_the_notebook_is_committed_with_its_outputs_and_no_path_of_anybodys_machine():
    text = (DOCS / "notebook.ipynb").read_text("utf-8")
    code = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] for cell in code)
    assert "/home/" not in text
    assert "/tmp/" not in text
