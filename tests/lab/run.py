"""One scenario from devices to captures and truth.

**In:** ``Scenario``, a folder. **Out:** ``Run``.
**Method:** build, rule, capture everywhere, serve, work, stop; then read what all interfaces saw, find the truth, and
write the captures of the vantages again as their wrong clocks would have stamped them.
**Not here:** the tool (``board.py``).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path

import attrs
import numpy as np

from tests.lab.capture import FLUSH_S, Captures, Clock, distort, path_of, records
from tests.lab.frames import frames_of
from tests.lab.netns import Namespaces, python
from tests.lab.scenario import Scenario
from tests.lab.score import Stamps
from tests.lab.topology import build, wire_log
from tests.lab.tracking import COMMAND, tracked
from tests.lab.truth import End, Evidence, Truth, find_truth

SLACK_S = 20


@attrs.frozen(kw_only=True)
class Run:
    """What the tool gets, and what it is held against."""

    paths: Mapping[str, Path]
    """Vantage -> capture, in path order."""
    truth: Truth
    stamps: Stamps
    capture_drops: int
    said: str
    """What the programs complained of."""


def run(scenario: Scenario, folder: Path) -> Run:
    """Run a scenario; its files are left in ``folder``."""
    line = scenario.line
    ends = line.interfaces()
    with Namespaces(line.nodes) as spaces:
        wires = build(line, spaces, folder, scenario.seed)
        for node, rules in scenario.rules.items():
            spaces.run(node, ["sh", "-euc", rules])
        for node, lines in scenario.services.items():
            spaces.start(node, ["sh", "-euc", lines.replace("{folder}", str(folder))])
        watching = {node: spaces.start(node, COMMAND) for node in scenario.tracking}
        captures = Captures(spaces, ends, folder)
        server = spaces.start(scenario.server, python("tests.lab.programs", "serve"))
        assert server.stdout is not None, "programs are started with a pipe"
        server.stdout.readline()
        later = [
            threading.Timer(after, _rules, (spaces, node, what)) for node, (after, what) in scenario.during.items()
        ]
        for timer in later:
            timer.start()
        jobs = json.dumps([[name, {"to": scenario.target, **arguments}] for name, arguments in scenario.jobs])
        client = spaces.start(line.nodes[0], python("tests.lab.programs", "run", jobs, str(scenario.seconds)))
        said = client.communicate(timeout=scenario.seconds + SLACK_S)[1]
        drops = captures.stop()
        events = {}
        for node, process in watching.items():
            process.terminate()
            events[node] = tracked(process.communicate(timeout=FLUSH_S)[0].splitlines())
        for process in wires.values():
            failed = spaces.stop(process)
            assert not failed, f"a wire failed: {failed}"
    evidence = Evidence(
        line=line,
        frames={end: frames_of(path_of(folder, *end), line.mac(*end)) for end in ends},
        logs={number: json.loads(wire_log(folder, number).read_text(encoding="utf-8")) for number in wires},
        tracked=events,
        kinds=scenario.kinds,
    )
    places = [_end(name) for name in scenario.vantages]
    truth = find_truth(evidence, places, scenario.droppers)
    paths, stamps = _captures(scenario, folder)
    return Run(paths=paths, truth=truth, stamps=stamps, capture_drops=drops, said=said)


def _rules(spaces: Namespaces, node: str, what: str) -> None:
    spaces.run(node, ["sh", "-euc", what])


def _end(name: str) -> End:
    node, _, side = name.rpartition(".")
    return node, side


def _captures(scenario: Scenario, folder: Path) -> tuple[dict[str, Path], Stamps]:
    """Write what the vantages recorded by their own clocks."""
    sources = {name: path_of(folder, *_end(name)) for name in scenario.vantages}
    true = {name: [time_ns for time_ns, _, _ in records(path)] for name, path in sources.items()}
    span = min(times[0] for times in true.values()), max(times[-1] for times in true.values())
    clocks = [scenario.clocks.get(name, Clock()) for name in scenario.vantages]
    paths, stamps = {}, []
    for (name, source), clock in zip(sources.items(), clocks, strict=True):
        paths[name] = folder / f"{name}.seen.pcap"
        distort(source, paths[name], clock, span, snaplen=scenario.snaplen.get(name, 262_144))
        shown = [[each.read(time_ns, *span) for time_ns in true[name]] for each in clocks]
        stamps.append(np.array(shown, np.int64))
    return paths, tuple(stamps)
