"""``diagnose.alteration_codes`` against rules applied change by change."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.diagnose.alteration_codes import CODES, RULES, THEMES, codes_of
from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.damage import checksums_around
from correlate.diagnose.view import TCP_ACK, TCP_SYN, View
from correlate.model.matches import Tier
from correlate.model.mutations import MutationKind
from correlate.model.packets import ChecksumState
from correlate.wire.names import __dict__ as names
from tests.diagnose.test_alteration import POSITIVE
from tests.diagnose.worlds import outcome

OF_HANDSHAKES = ("option", "mss", "wscale", "timestamp")


def naive(view: View, row: int) -> str:
    """Return the code of one change, '' = none."""
    table, columns = view.run.mutations, view.run.mutations.columns
    theme = THEMES.get(table.fields[columns.field[row]], "")
    packet, kind, after = int(columns.packet[row]), int(columns.kind[row]), int(columns.after[row])
    opening = int(view.tcp_flags[packet]) & (TCP_SYN | TCP_ACK)
    is_piece = view.run.trajectories.tier[packet] == Tier.RANGE
    if theme == "content":
        state = int(checksums_around(view, np.array([row], np.int64))[1][0])
        if kind == MutationKind.CORRUPTED or state == ChecksumState.BAD:
            return "checksum-corrupt"
    if theme in ("content", "header") and opening & TCP_SYN:
        return "syn-ack-altered" if opening & TCP_ACK else "syn-altered"
    if theme == "mss" and kind == MutationKind.CHANGED and after < columns.before[row]:
        return "mss-clamped"
    if theme in OF_HANDSHAKES and kind == MutationKind.REMOVED and opening & TCP_SYN:
        return "option-stripped"
    if theme == "ecn":
        return {3: "ecn-marked", 0: "ecn-bleached"}.get(after, "")
    if is_piece and theme in ("ip-id", "df"):
        return ""
    if theme == "df" and after != 0:
        return ""
    return {
        "content": "payload-altered",
        "wscale": "window-scale-altered",
        "timestamp": "timestamps-rewritten",
        "isn": "isn-rewritten",
        "ip-id": "ip-id-rewritten",
        "df": "df-cleared",
        "dscp": "dscp-changed",
    }.get(theme, "")


@pytest.mark.parametrize("name", POSITIVE)
def test_codes_are_those_of_each_change_alone(name: str) -> None:
    view = outcome(POSITIVE[name][0]).view()
    rows = np.arange(len(view.run.mutations.columns.packet), dtype=np.int64)
    told = [CODES[code] if code >= 0 else "" for code in codes_of(view, rows).tolist()]
    assert told == [naive(view, row) for row in rows.tolist()]
    assert name.split(" ", maxsplit=1)[0] in told or "stripped" in name


def test_no_changes_have_no_codes() -> None:
    view = outcome(POSITIVE["dscp-changed"][0]).view()
    assert codes_of(view, np.zeros(0, np.int64)).tolist() == []


def test_rules_tell_codes_of_the_catalogue_by_known_themes() -> None:
    assert {code for code, _, _ in RULES} <= set(CATALOGUE)
    assert {theme for _, themes, _ in RULES for theme in themes} == set(THEMES.values())


def test_every_themed_field_is_a_name_of_the_wire() -> None:
    """A misspelt field would silence a rule for ever."""
    text = repr(names)
    unknown = [field for field in THEMES if field not in text]
    assert unknown == []
