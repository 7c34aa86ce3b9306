"""Grouped mutations of report.json."""

from collections import Counter

from correlate.model.mutations import MutationKind
from correlate.report.changes import MANY, mutation_groups
from tests.report.builder import NAMES, TLS, Change, Seen, build, flagship


def many(count: int, value) -> list[Change]:
    return [Change(packet=p, hop=0, field="ip.ttl", before=64, after=value(p), expected=True) for p in range(count)]


def run_of(count, changes):
    seen = [Seen(flow=0, outbound=True, at={0: (p, p + 1), 1: (p + 5, p + 1)}, fields={}) for p in range(count)]
    return build(NAMES, [TLS], seen, changes=changes)


def test_groups_count_what_the_table_holds():
    """Naive twin: one counter over the rows."""
    run = flagship()
    columns = run.mutations.columns
    naive = Counter(
        (
            int(h),
            run.mutations.fields[f],
            MutationKind(k).code,
            bool(e),
            run.mutations.text(f, b),
            run.mutations.text(f, a),
        )
        for h, f, k, e, b, a in zip(
            columns.hop,
            columns.field,
            columns.kind,
            columns.expected,
            columns.before.tolist(),
            columns.after.tolist(),
            strict=True,
        )
    )
    hops = {("client", "fw-int"): 0, ("fw-int", "fw-ext"): 1}
    told = {
        (hops[tuple(g["hop"])], g["field"], g["kind"], g["expected"], g["before"], g["after"]): g["count"]
        for g in mutation_groups(run)
    }
    assert told == naive


def test_unexpected_changes_come_first():
    flags = [group["expected"] for group in mutation_groups(flagship())]
    assert flags == sorted(flags)


def test_examples_name_the_frames_of_the_hop_in_path_order():
    """Contract: from belongs to hop_from whatever the packet's direction."""
    group = mutation_groups(flagship())[0]
    assert group["hop"] == ["client", "fw-int"]
    assert group["direction"] == "reverse"
    assert group["examples"][0] == {
        "packet": 2,
        "from": {"file": "client.pcap", "frame": 456},
        "to": {"file": "fw-int.pcap", "frame": 6461},
    }


def test_few_values_are_told_apart():
    groups = mutation_groups(run_of(30, many(30, lambda p: 60 + p % 3)))
    assert sorted((g["after"], g["count"]) for g in groups) == [("60", 10), ("61", 10), ("62", 10)]


def test_many_values_become_one_group_without_values():
    groups = mutation_groups(run_of(MANY + 1, many(MANY + 1, lambda p: p)))
    assert [(g["before"], g["after"], g["count"], g["has_values"]) for g in groups] == [(None, None, MANY + 1, False)]


def test_no_mutation_is_no_group():
    assert mutation_groups(flagship(changes=[])) == []
