"""The top of the page, and the list of all findings."""

from correlate.report.html.verdict import also_list, findings_section, heading, verdict_card
from correlate.report.summary import summary_of
from correlate.report.verdict import tell
from tests.report.runs import run


def parts(name):
    found = run(name)
    story = tell(found.findings)
    return found, story, summary_of(found, story)


def test_the_heading_says_what_and_where():
    found, _story, summary = parts("syn-ack-altered")
    assert "2 SYN-ACKs changed between fw-int and client." in heading(found, summary)


def test_the_card_names_what_is_cleared_and_what_is_left():
    card = verdict_card(*parts("syn-ack-altered"))
    assert card.startswith('<div class="card bad">')
    for said in ("proven", "Cleared", "Left", "To settle", "frame.packet_id == 2"):
        assert said in card


def test_clean_is_an_answer_too():
    assert '<div class="card good">' in verdict_card(*parts("clean-nat"))


def test_every_finding_unfolds_with_frames_and_filters():
    found, story, _summary = parts("syn-ack-altered")
    listed = "".join(findings_section(found))
    assert listed.count("<details") == len(found.findings)
    assert "frame.number in {" in listed
    assert "fw-int.pcap#6461" in listed
    assert all(f"#finding-{one.id}" in "".join(also_list(story)) for one in story.others[:3])
