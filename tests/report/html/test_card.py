"""The card of a notebook."""

from correlate.report.html.card import render_card, told
from tests.report.runs import run


def test_the_card_holds_verdict_and_path_and_no_script():
    card = render_card(run("syn-ack-altered"))
    assert "ALTERED" in card
    assert "<svg" in card
    assert "<script" not in card
    style = card[card.index("<style>") : card.index("</style>")]
    assert all(
        ".correlate-card" in line for line in style.splitlines() if "{" in line and not line.startswith("  color")
    )


def test_one_line_says_it_all():
    assert told(run("syn-ack-altered")).startswith(
        "ALTERED 2 SYN-ACKs changed between fw-int and client (proven); 4 captures"
    )
