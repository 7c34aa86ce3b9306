"""Rule: a number that a file may hold has the name of tcpdump.org/linktypes.html."""

from correlate.wire import linktypes


def test_every_name_is_listed_once() -> None:
    assert len(set(linktypes.LINK_NAMES.values())) == len(linktypes.LINK_NAMES)
    assert linktypes.LINK_NAMES[276] == "LINUX_SLL2"


def test_the_raw_numbers_of_old_systems_become_the_registered_one() -> None:
    """DLT_RAW is 12 or 14 by system; LINKTYPE_RAW is 101."""
    assert [linktypes.canonical(number) for number in (12, 14, 101, 113)] == [101, 101, 101, 113]


def test_an_unknown_number_names_itself() -> None:
    assert linktypes.link_name(65000) == "65000"
