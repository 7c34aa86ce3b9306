"""The part of an HTTP/1.x exchange that a proxy leaves alone.

**In:** the first bytes of both directions of a connection. **Out:** a key, and the bytes that speak for it.
**Method:** RFC 9112: method, target and host of the first request; status, date and the beginning of the body of the
first answer. Proxies add headers (Via, X-Forwarded-For), drop others, write the target in another form (section 3.2)
and change the version, so nothing else enters.
**Not here:** later messages, other protocols; who exchanged the same (``messages.py``).
"""

from __future__ import annotations

import re
from typing import NamedTuple

_REQUEST = re.compile(rb"([A-Z]{3,16}) (\S+) HTTP/1\.[01]\r\n")
_ANSWER = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r]")
_ABSOLUTE = re.compile(rb"https?://([^/?#]*)(.*)", re.DOTALL)
_FIELD = re.compile(rb"^(host|date|content-length):[ \t]*(.*?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_END = b"\r\n\r\n"
_BODY = 64


class Exchange(NamedTuple):
    """The first request of a connection and its answer."""

    key: tuple[bytes, ...]
    body: bytes
    """How the answer's body begins; empty = none, or not captured."""
    has_date: bool


def first_exchange(request: bytes, answer: bytes) -> Exchange | None:
    r"""Return the first exchange, None where either is no complete HTTP/1.x head.

    >>> first_exchange(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nhi").key
    (b'GET', b'/a', b'x', b'200', b'', b'', b'hi')
    """
    asked, told = _REQUEST.match(request), _ANSWER.match(answer)
    if not asked or not told or _END not in request or _END not in answer:
        return None
    method, target = asked.groups()
    head, _, body = answer.partition(_END)
    fields = _fields(head)
    host = _fields(request.partition(_END)[0]).get(b"host", b"")
    absolute = _ABSOLUTE.match(target)
    if absolute:
        host, target = absolute.group(1), absolute.group(2) or b"/"
    body, date = body[:_BODY], fields.get(b"date", b"")
    key = (method, target, host.lower(), told.group(1), date, fields.get(b"content-length", b""), body)
    return Exchange(key, body, bool(date))


def _fields(head: bytes) -> dict[bytes, bytes]:
    return {name.lower(): value for name, value in _FIELD.findall(head)}
