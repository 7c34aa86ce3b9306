"""What of an HTTP exchange passes a proxy."""

import pytest

from correlate.match.http import first_exchange

REQUEST = b"GET /a?b=1 HTTP/1.1\r\nHost: www.example.com\r\nAccept: */*\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nDate: Thu, 13 Mar 2025 12:27:25 GMT\r\nContent-Length: 5\r\n\r\nhello"


@pytest.mark.parametrize(
    "request_",
    [
        REQUEST,
        REQUEST.replace(b"Accept: */*\r\n", b"Via: 1.1 relay\r\nX-Forwarded-For: 10.0.0.1\r\n"),
        REQUEST.replace(b"GET /a", b"GET http://www.example.com/a"),
        REQUEST.replace(b"HTTP/1.1", b"HTTP/1.0").replace(b"Host: www.example.com", b"host:  WWW.example.com"),
    ],
)
def test_a_proxy_may_add_headers_and_write_the_target_otherwise(request_):
    """RFC 9112 section 3.2: origin form and absolute form name one resource."""
    one, other = first_exchange(REQUEST, ANSWER), first_exchange(request_, ANSWER.replace(b"200 OK", b"200 Fine"))
    assert one == other
    assert one.has_date
    assert one.body == b"hello"


@pytest.mark.parametrize("change", [(b"/a", b"/b"), (b"www", b"ftp"), (b"GET", b"HEAD")])
def test_another_request_is_another_exchange(change):
    assert first_exchange(REQUEST, ANSWER) != first_exchange(REQUEST.replace(*change), ANSWER)


@pytest.mark.parametrize("change", [(b"200", b"304"), (b":25 ", b":26 "), (b"hello", b"other")])
def test_another_answer_is_another_exchange(change):
    assert first_exchange(REQUEST, ANSWER) != first_exchange(REQUEST, ANSWER.replace(*change))


@pytest.mark.parametrize(
    ("request_", "answer"), [(REQUEST[:-2], ANSWER), (b"\x16\x03\x01", ANSWER), (REQUEST, ANSWER[:40]), (REQUEST, b"")]
)
def test_what_is_no_complete_head_tells_nothing(request_, answer):
    assert first_exchange(request_, answer) is None
