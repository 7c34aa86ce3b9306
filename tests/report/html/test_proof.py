"""One packet on both sides of the hop."""

from hypothesis import given
from hypothesis import strategies as st

from correlate.report.html.proof import hex_dump, proof_section
from correlate.report.verdict import tell
from correlate.rereading import fetcher
from tests.report.html.test_markup import read
from tests.report.runs import run


def test_changed_fields_are_marked_with_a_sign():
    found = run("syn-ack-altered")
    parts = "".join(proof_section(found, tell(found.findings).main, fetcher(found.vantages, found.packets)))
    assert "≠ recomputed" in parts
    assert parts.count('<tr class="changed"') == 5


def test_a_packet_that_did_not_arrive_shows_its_only_frame():
    found = run("port-blocked")
    parts = "".join(proof_section(found, tell(found.findings).main, fetcher(found.vantages, found.packets)))
    assert "not at client" in parts
    assert parts.count("<pre") == 1


def test_nothing_claimed_is_nothing_to_prove():
    assert "nothing to prove" in proof_section(run("clean-nat"), None, None)[0]


@given(st.binary(max_size=70), st.binary(max_size=70))
def test_every_byte_is_shown_and_exactly_the_different_ones_are_marked(data, other):
    dump = hex_dump(data, other)
    marks = dump.count("<mark>")
    different = sum(1 for at, byte in enumerate(data) if at >= len(other) or other[at] != byte)
    assert marks == 2 * different
    digits = "".join("".join(read(line).texts)[6:53].replace(" ", "") for line in dump.splitlines())
    assert digits == data.hex()
