"""What all parts must agree on, settled by one of them.

In: the parts. Out: ``Pilot``: the vantages, their order, the reference.
Method: the part in which the vantage that saw least saw most is run as it stands; interfaces that are vantages of their
own get names and paths of their own, and the order that it infers is given to all parts.
Not here: the parts themselves (``task.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from correlate.model.correlation import Correlation
from correlate.model.part import Part
from correlate.pipeline import Options, Progress, correlate


@attrs.frozen(kw_only=True)
class Pilot:
    """How the parts are run, and what the pilot saw of the path."""

    captures: dict[str, tuple[str, ...]]
    """Vantage -> its files, in path order; those off the path come last."""
    given: dict[str, str]
    """Vantage -> its name on the command line."""
    order: tuple[str, ...]
    """Those on the path, in its order."""
    reference: str
    is_inferred: bool
    contradicts_given: bool
    evidence: tuple[str, ...]

    def part(self, part: Part) -> Part:
        """Return a part under the names of the vantages."""
        return Part(
            stretches={name: part.stretches[given] for name, given in self.given.items()},
            owned={name: part.owned[given] for name, given in self.given.items()},
        )

    def options(self, options: Options) -> Options:
        """Return the options of every part."""
        return attrs.evolve(options, order="given", reference=self.reference, memory_bytes=None, sha256=False)

    def restored(self, run: Correlation) -> Correlation:
        """Return a part's run with what is known of the path."""
        path = attrs.evolve(
            run.path,
            is_inferred=self.is_inferred,
            contradicts_given=self.contradicts_given,
            evidence=self.evidence,
        )
        return attrs.evolve(run, path=path)


def choose(parts: Sequence[Part]) -> int:
    """Return the number of the part to run first."""
    least = [
        min(sum(stretch.frames for stretch in stretches.values()) for stretches in part.stretches.values())
        for part in parts
    ]
    return least.index(max(least))


def fly(captures: Mapping[str, Sequence[str]], options: Options, part: Part, progress: Progress) -> Pilot:
    """Run a part and return what all parts must agree on."""
    run = correlate(
        {name: list(paths) for name, paths in captures.items()}, options=options, progress=progress, part=part
    )
    order = [*run.path.order, *run.path.unplaced]
    found, given = {}, {}
    for index in order:
        name = run.vantages[index].name
        parent = name if name in captures else name.rpartition(":")[0]
        interface = "" if name == parent else f"#{name.removeprefix(f'{parent}:')}"
        found[name] = tuple(f"{path}{interface}" for path in captures[parent])
        given[name] = parent
    return Pilot(
        captures=found,
        given=given,
        order=tuple(run.vantages[index].name for index in run.path.order),
        reference=run.vantages[run.clocks.reference].name,
        is_inferred=run.path.is_inferred,
        contradicts_given=run.path.contradicts_given,
        evidence=run.path.evidence,
    )
