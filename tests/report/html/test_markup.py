"""Markup that cannot be broken by what it says."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from correlate.report.html.markup import MOST_CHARACTERS, element, joined, row, table, text
from correlate.wire.text import safe_text


class Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.texts, self.attributes = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.texts.append(data)


def read(markup):
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


@given(st.text(max_size=80), st.text(max_size=80))
def test_text_stays_text_and_attributes_stay_attributes(said, named):
    found = read(element("p", said, title=named))
    assert found.tags == ["p"]
    assert [name for name, _value in found.attributes] == ["title"]
    assert "".join(found.texts) == safe_text(said)
    assert found.attributes[0][1] == safe_text(named)


def test_only_markup_made_here_is_taken_as_it_is():
    assert element("p", element("b", "x"), "<b>") == "<p><b>x</b>&lt;b&gt;</p>"


def test_absent_attributes_and_children_are_left_out():
    assert element("p", None, class_=None, hidden=False) == "<p></p>"
    assert element("p", hidden=True) == "<p hidden></p>"
    assert element("line", x1=1.25, y1=2.0) == '<line x1="1.25" y1="2"/>'
    assert element("meta", http_equiv="a") == '<meta http-equiv="a">'


def test_a_long_text_is_cut_and_says_so():
    """A host name of 10 kB is no use to a reader."""
    assert text("a" * 10_000).endswith("... (10000 characters)")
    assert len(text("a" * 10_000)) < MOST_CHARACTERS + 50


def test_tables_have_captions_and_headings():
    found = read(table(["a", "b"], [row("x", "<y>")], caption="what"))
    assert found.tags.count("th") == 3
    assert "caption" in found.tags
    assert "<y>" in found.texts
    assert joined([]) == ""
