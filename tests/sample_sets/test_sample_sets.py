"""Every sample set gives exactly its expected findings, through the command line.

Rule: cases.md; each folder's ``truth.json`` lists what must be found, what may be, and what must never be.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "sample_sets"
SETS = sorted(path.parent.name for path in ROOT.glob("*/truth.json"))


def run_set(name: str) -> tuple[dict, int]:
    folder = ROOT / name
    truth = json.loads((folder / "truth.json").read_text())
    command = [sys.executable, "-m", "correlate_cli.main", *truth["captures"], *truth.get("options", []), "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return json.loads(done.stdout), done.returncode


@pytest.fixture(scope="module", params=SETS)
def outcome(request):
    name = request.param
    truth = json.loads((ROOT / name / "truth.json").read_text())
    report, status = run_set(name)
    return truth, report, status


def fits(finding: dict, wanted: dict, findings: list[dict]) -> bool:
    for key, value in wanted.items():
        found = finding[key]
        if key == "caused_by":
            found = next((one["code"] for one in findings if one["id"] == finding["caused_by"]), None)
        if found != value:
            return False
    return True


def test_the_run_ends_with_the_exit_code_that_the_story_says(outcome):
    truth, _report, status = outcome
    assert status == truth["exit"]


def test_the_path_order_is_found_from_evidence(outcome):
    truth, report, _status = outcome
    assert [vantage["name"] for vantage in report["vantages"]] == truth["order"]


def test_every_expected_finding_is_there(outcome):
    truth, report, _status = outcome
    findings = report["findings"]
    missing = [one for one in truth["expected"] if not any(fits(f, one, findings) for f in findings)]
    assert not missing, json.dumps(findings, indent=1)


def test_nothing_is_claimed_beyond_what_the_story_allows(outcome):
    """A false accusation is the worst defect: every code found must be expected or explicitly allowed."""
    truth, report, _status = outcome
    known = {one["code"] for one in truth["expected"]} | set(truth["allowed"])
    surprising = [f"{f['code']}: {f['title']}" for f in report["findings"] if f["code"] not in known]
    assert not surprising
    assert not set(truth["forbidden"]) & {f["code"] for f in report["findings"]}


def test_an_expected_finding_is_not_repeated_on_other_hops(outcome):
    """As many findings of a code as the story tells, no more."""
    truth, report, _status = outcome
    for code in {one["code"] for one in truth["expected"]} - set(truth["allowed"]):
        wanted = sum(one["code"] == code for one in truth["expected"])
        assert sum(f["code"] == code for f in report["findings"]) == wanted, code


def test_what_is_not_proven_says_what_would_settle_it(outcome):
    """findings.md: for anything short of proven what would settle it; what is open blames nobody as a warning or error."""
    _truth, report, _status = outcome
    for one in report["findings"]:
        assert one["grade"] == "proven" or one["settle"], one["title"]
        assert one["grade"] != "inconclusive" or one["severity"] == "info" or one["hop"] is None, one["title"]


def test_findings_stand_in_the_order_of_harm(outcome):
    """Roots by severity, then by grade; consequences directly behind their cause."""
    _truth, report, _status = outcome
    order = {"error": 0, "warning": 1, "info": 2}, {"proven": 0, "likely": 1, "inconclusive": 2}
    roots = [one for one in report["findings"] if one["caused_by"] is None]
    ranks = [(order[0][one["severity"]], order[1][one["grade"]]) for one in roots]
    assert ranks == sorted(ranks)
    ids = [one["id"] for one in report["findings"]]
    for one in report["findings"]:
        assert one["caused_by"] is None or ids.index(one["caused_by"]) < ids.index(one["id"])


def test_evidence_is_real(outcome):
    """Every cited frame exists in its file."""
    _truth, report, _status = outcome
    frames = {file["path"]: file["frames"] for vantage in report["vantages"] for file in vantage["files"]}
    for one in report["findings"]:
        for ref in one["evidence"]:
            assert 1 <= ref["frame"] <= frames[ref["file"]], one["title"]


def test_the_ledger_of_every_vantage_adds_up(outcome):
    _truth, report, _status = outcome
    for name, buckets in report["ledger"].items():
        assert sum(count for bucket, count in buckets.items() if bucket != "read") == buckets["read"], name


@pytest.mark.parametrize("name", SETS)
def test_make_py_rebuilds_the_captures_byte_by_byte(name, tmp_path):
    """Packed captures are compared unpacked: zlib versions pack differently."""
    folder = tmp_path / "sets" / name
    # All of them: a set may be a part of another.
    shutil.copytree(ROOT, tmp_path / "sets", ignore=shutil.ignore_patterns("*.pcap*", "__pycache__"))
    spec = importlib.util.spec_from_file_location(f"make_{name.replace('-', '_')}", folder / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main()
    for capture in json.loads((folder / "truth.json").read_text())["captures"]:
        assert content(folder / capture) == content(ROOT / name / capture), capture


def content(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


@pytest.mark.parametrize("name", SETS)
def test_a_sample_set_stays_small_and_tells_its_story(name):
    folder = ROOT / name
    assert (folder / "README.md").read_text().startswith("# ")
    assert all(path.stat().st_size <= 1_000_000 for path in folder.iterdir())
