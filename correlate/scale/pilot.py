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
from correlate.model.tallies import Tallies
from correlate.options import Options
from correlate.pipeline import scout


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
    number: int
    """Of the part that flew."""
    tallies: Tallies | None
    """What it counted."""

    def part(self, part: Part) -> Part:
        """Return a part under the names of the vantages."""
        return Part(
            stretches={name: part.stretches[given] for name, given in self.given.items()},
            owned={
                name: span for given, span in part.owned.items() for name in self.given if self.given[name] == given
            },
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


def fly(captures: Mapping[str, Sequence[str]], options: Options, number: int, part: Part) -> Pilot:
    """Follow the packets of a part and return what all parts must agree on."""
    seen = scout({name: list(paths) for name, paths in captures.items()}, options=options, part=part)
    found, given = {}, {}
    for index in (*seen.path.order, *seen.path.unplaced):
        name = seen.vantages[index]
        parent = name if name in captures else name.rpartition(":")[0]
        interface = "" if name == parent else f"#{name.removeprefix(f'{parent}:')}"
        found[name] = tuple(f"{path}{interface}" for path in captures[parent])
        given[name] = parent
    return Pilot(
        captures=found,
        given=given,
        order=tuple(seen.vantages[index] for index in seen.path.order),
        reference=seen.vantages[seen.reference],
        is_inferred=seen.path.is_inferred,
        contradicts_given=seen.path.contradicts_given,
        evidence=seen.path.evidence,
        number=number,
        tallies=seen.tallies,
    )
