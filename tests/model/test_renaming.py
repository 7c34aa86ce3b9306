"""Rule (module head): a path is told under another name wherever it stands, and nothing else changes."""

from __future__ import annotations

import attrs

from correlate.model.findings import FrameRef
from correlate.model.renaming import renamed
from correlate.pipeline import correlate
from tests.netsim import DnsLoad, chain, simulate


def test_a_path_has_its_other_name_everywhere(tmp_path) -> None:
    """Vantages, evidence and the captures as they were given."""
    written = simulate(chain(2, loads=(DnsLoad(flows=4),)).with_hop(0, both={"loss": 0.2}), 3).write(tmp_path)
    run = correlate({name: [str(path)] for name, path in written.items()})
    path = str(written["client"])
    cited = attrs.evolve(run.findings[0], evidence=(FrameRef(vantage="client", file=path, frame=1, time_ns=0),))
    run = attrs.evolve(run, findings=(cited, *run.findings[1:]))
    found = renamed(run, {path: "-"})
    assert [file.path for file in found.vantages[0].files] == ["-"]
    assert [file.path for file in found.vantages[1].files] == [str(written["server"])]
    assert found.findings[0].evidence[0].file == "-"
    assert found.captures == {"client": ("-",), "server": (str(written["server"]),)}
    assert path not in str(found.findings)
    assert renamed(run, {}) is run
