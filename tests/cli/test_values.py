"""What typer need not convert reaches the job as if it had been converted."""

import subprocess
import sys

import pytest
import typer.core
from correlate_cli import main, values

LINES = (
    ["a.pcap", "b.pcap"],
    ["a.pcap", "--json", "-q"],
    ["x=a.pcap", "b.pcap", "-o", "out", "-w", "-", "--order", "given", "--reference", "x", "--fail-on", "warning"],
    ["a.pcap", "--kind", "a=mirror", "--kind", "b=in-path", "--floor", "a>b=1us", "-T", "csv", "-t", "u"],
    ["a.pcap", "--memory", "2G", "--work", "w", "--engine", "dask", "--color", "never", "--flow", "3", "-Y", "tcp"],
    ["a.pcap", "--between-pings", "22,33", "--from", "1", "--to", "2", "--split", "--force", "--stats", "-n"],
)
WRONG = (["a.pcap", "--order", "random"], ["a.pcap", "--color", "blue"], ["a.pcap", "--kind"], ["a.pcap", "--nothing"])
USUAL = getattr(getattr(typer.core, "_TyperParameter", None), "get_runtime_param", None)
"""As typer has it; the first test to run ``main`` changes it for good, so it is taken when this file is read."""


@pytest.mark.parametrize("arguments", [*LINES, *WRONG], ids=" ".join)
def test_the_job_and_the_user_are_told_the_same_either_way(arguments, monkeypatch, capsys):
    """Types and values of the request; words and status where something is wrong."""
    outcomes = []
    assert getattr(USUAL, "__module__", "typer").startswith("typer")
    for spare in (lambda: None, values.spare_coercion.__wrapped__):
        with monkeypatch.context() as patched:
            kind = getattr(typer.core, "_TyperParameter", typer.core.TyperOption)
            if hasattr(kind, "get_runtime_param"):
                patched.setattr(kind, "get_runtime_param", USUAL)
            patched.setattr(main, "spare_coercion", spare)
            requests = []
            patched.setattr(main, "do", lambda request, requests=requests: requests.append(request) or 0)
            outcomes.append((main.main(arguments), repr(requests), capsys.readouterr()))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][1] != "[]" or arguments in WRONG


def test_an_ordinary_command_line_imports_no_pydantic():
    """A tenth of a second of every run."""
    code = (
        "import sys\nimport correlate_cli.main as m\nm.do = lambda request: 0\n"
        "m.main(['a.pcap', 'b.pcap', '--json', '-q'])\nprint('pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_typer_whose_insides_are_not_known_is_left_alone(monkeypatch):
    """It may be called otherwise there, and every run would end in a traceback."""
    kind = getattr(typer.core, "_TyperParameter", None)
    if kind is None:
        assert values.spare_coercion.__wrapped__() is None
        return
    monkeypatch.setattr(kind, "get_runtime_param", USUAL)
    monkeypatch.setattr(typer, "__version__", "9.0.0")
    values.spare_coercion.__wrapped__()
    assert kind.get_runtime_param is USUAL
