"""Servers and clients of the lab: ordinary programs over ordinary sockets.

``python -m tests.lab.programs serve`` answers on all ports of ``PORTS`` until it is ended;
``python -m tests.lab.programs run JOBS SECONDS`` does all jobs side by side and ends, in time or not. JOBS is JSON: a list
of ``[name, {argument: value}]``.
**In:** jobs. **Out:** traffic; what failed, one line each, on standard error (a firewall may well make jobs fail).
**Not here:** which jobs a scenario has (``scenarios``).
"""

from __future__ import annotations

import ftplib
import http.client
import http.server
import json
import os
import socket
import socketserver
import struct
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PORTS = {"http": 80, "keys": 22, "dns": 53, "source": 5001, "sink": 5002, "stream": 5004, "ftp": 21}
DEADLINE_S = 12.0
"""Of one answer."""
NO_IPV6 = Path("/proc/sys/net/ipv6/conf/all/disable_ipv6")
ANY_FAMILY = socket.AF_INET if NO_IPV6.exists() and NO_IPV6.read_text().strip() == "1" else socket.AF_INET6
"""Sockets of version 6 serve both versions, where there is one."""
CHUNK = bytes(range(256)) * 256


def content(count: int, seed: int = 0) -> bytes:
    """Return bytes that do not repeat (a file, not a pattern)."""
    words = (count + 7) // 8
    return b"".join(struct.pack("<Q", (index + seed * 65_537) * 0x9E3779B97F4A7C15 % 2**64) for index in range(words))[
        :count
    ]


class Pages(http.server.BaseHTTPRequestHandler):
    """``GET /n`` gives n bytes."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = content(int(self.path.strip("/").split("?")[0] or 0), hash(self.path) % 1000)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class Keys(socketserver.BaseRequestHandler):
    """Echo every key, and a line of text for every tenth."""

    def handle(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        count = 0
        while data := self.request.recv(4096):
            count += 1
            self.request.sendall(data if count % 10 else data + content(700, count))


class Source(socketserver.BaseRequestHandler):
    """Send as many bytes as asked for."""

    def handle(self) -> None:
        self.request.sendall(content(int(self.request.recv(64))))


class Sink(socketserver.BaseRequestHandler):
    """Take all bytes and say how many they were."""

    def handle(self) -> None:
        total = 0
        while data := self.request.recv(65_536):
            total += len(data)
        self.request.sendall(b"%d\n" % total)


class Threads(socketserver.ThreadingTCPServer):
    """A thread per connection, over both versions of IP."""

    address_family = ANY_FAMILY
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64


class Datagrams(socketserver.ThreadingUDPServer):
    """A thread per datagram, over both versions of IP."""

    address_family = ANY_FAMILY
    daemon_threads = True


class Names(socketserver.BaseRequestHandler):
    """Answer a DNS query by one address (RFC 1035 section 4)."""

    def handle(self) -> None:
        query, sock = self.request
        answer = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04" + bytes([192, 0, 2, query[1]])
        sock.sendto(query[:2] + b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00" + query[12:] + answer, self.client_address)


class Stream(socketserver.BaseRequestHandler):
    """Report on every tenth datagram, as receivers of streams do."""

    def handle(self) -> None:
        data, sock = self.request
        if struct.unpack_from("!I", data)[0] % 10 == 9:
            sock.sendto(data[:24], self.client_address)


def serve() -> None:
    """Answer on all ports until the process is ended."""
    everywhere = "::" if ANY_FAMILY == socket.AF_INET6 else "0.0.0.0"
    servers: list[socketserver.BaseServer] = [
        Threads((everywhere, PORTS["http"]), Pages),
        Threads((everywhere, PORTS["keys"]), Keys),
        Threads((everywhere, PORTS["source"]), Source),
        Threads((everywhere, PORTS["sink"]), Sink),
        Datagrams((everywhere, PORTS["dns"]), Names),
        Datagrams((everywhere, PORTS["stream"]), Stream),
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    _serve_ftp()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    threading.Event().wait()


def _serve_ftp() -> None:
    """Serve files by FTP if the package is there."""
    try:
        from pyftpdlib.authorizers import DummyAuthorizer
        from pyftpdlib.handlers import FTPHandler
        from pyftpdlib.servers import ThreadedFTPServer
    except ImportError:
        return
    import logging
    import tempfile

    logging.disable(logging.CRITICAL)
    folder = tempfile.mkdtemp()
    Path(folder, "file").write_bytes(content(60_000, 9))
    users = DummyAuthorizer()
    users.add_anonymous(folder)
    FTPHandler.authorizer = users
    threading.Thread(target=ThreadedFTPServer(("0.0.0.0", PORTS["ftp"]), FTPHandler).serve_forever, daemon=True).start()


def http_pages(
    to: str, count: int = 5, size: int = 20_000, gap_ms: float = 20, source: str = "", port: int = 80
) -> None:
    """Fetch pages, a connection each."""
    for number in range(count):
        connection = http.client.HTTPConnection(
            to, port, timeout=DEADLINE_S, source_address=(source, 0) if source else None
        )
        connection.request("GET", f"/{size}?{number}")
        connection.getresponse().read()
        connection.close()
        time.sleep(gap_ms / 1e3)


def keys(to: str, count: int = 40, gap_ms: float = 15, source: str = "", pause_s: float = 0.0) -> None:
    """Type: one byte, wait for its echo, think; once, in the middle, for ``pause_s``."""
    with _connect(to, PORTS["keys"], source) as sock:
        for number in range(count):
            sock.sendall(content(1, number))
            sock.recv(4096)
            time.sleep(pause_s if pause_s and number == count // 2 else gap_ms / 1e3)


def download(to: str, size: int = 1_000_000, source: str = "") -> None:
    """Take bytes as fast as they come."""
    with _connect(to, PORTS["source"], source) as sock:
        sock.sendall(b"%d" % size)
        while sock.recv(262_144):
            pass


def upload(to: str, size: int = 1_000_000, source: str = "") -> None:
    """Send bytes as fast as they go."""
    with _connect(to, PORTS["sink"], source) as sock:
        sock.sendall(content(size, 5))
        sock.shutdown(socket.SHUT_WR)
        sock.recv(64)


def dns(to: str, count: int = 30, gap_ms: float = 20, source: str = "") -> None:
    """Ask for names, each from a port of its own, once again where no answer comes."""
    for number in range(count):
        name = b"\x04host" + bytes([3]) + b"%03d" % (number % 1000) + b"\x00"
        query = struct.pack("!6H", 4096 + number * 37, 0x0100, 1, 0, 0, 0) + name + b"\x00\x01\x00\x01"
        with socket.socket(_family(to), socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.5)
            sock.bind((source, 0))
            for _ in range(2):
                sock.sendto(query, (to, PORTS["dns"]))
                try:
                    sock.recv(512)
                    break
                except TimeoutError:
                    continue
        time.sleep(gap_ms / 1e3)


def stream(
    to: str, count: int = 200, size: int = 700, gap_ms: float = 5, burst: int = 1, df: bool = False, source: str = ""
) -> None:
    """Send numbered datagrams at a steady pace, ``burst`` at a time."""
    with socket.socket(_family(to), socket.SOCK_DGRAM) as sock:
        sock.bind((source, 0))
        if not df:
            sock.setsockopt(socket.IPPROTO_IP, 10, 0)  # IP_MTU_DISCOVER: never set don't-fragment
        sock.setblocking(False)
        for number in range(count):
            sock.sendto(struct.pack("!IQ", number, time.time_ns()) + content(size - 12, number), (to, PORTS["stream"]))
            if number % burst == burst - 1:
                time.sleep(gap_ms * burst / 1e3)


def ping(to: str, count: int = 20, gap_ms: float = 30) -> None:
    """Send echo requests (RFC 792)."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
        for number in range(count):
            packet = struct.pack("!BBHHHQ", 8, 0, 0, os.getpid() & 0xFFFF, number, time.time_ns()) + content(32, number)
            total = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
            total = (total & 0xFFFF) + (total >> 16)
            total = (total & 0xFFFF) + (total >> 16)
            sock.sendto(packet[:2] + struct.pack("!H", total ^ 0xFFFF) + packet[4:], (to, 0))
            time.sleep(gap_ms / 1e3)


def ftp(to: str, count: int = 3, passive: bool = False) -> None:
    """Fetch a file; actively, the server connects back."""
    with ftplib.FTP(to, timeout=DEADLINE_S) as session:
        session.login()
        session.set_pasv(passive)
        for _ in range(count):
            session.retrbinary("RETR file", len)


def knock(to: str, port: int = 8080, count: int = 3, wait_s: float = 1.5) -> None:
    """Try to connect in vain."""
    for _ in range(count):
        try:
            socket.create_connection((to, port), timeout=wait_s).close()
        except OSError:
            continue


JOBS: dict[str, Callable[..., None]] = {
    "http": http_pages,
    "keys": keys,
    "download": download,
    "upload": upload,
    "dns": dns,
    "stream": stream,
    "ping": ping,
    "ftp": ftp,
    "knock": knock,
}


def run_jobs(jobs: Sequence[tuple[str, dict[str, Any]]], seconds: float) -> None:
    """Do all jobs side by side; those that are not done in time are left behind."""
    threads = [threading.Thread(target=_try, args=(name, arguments), daemon=True) for name, arguments in jobs]
    for thread in threads:
        thread.start()
    end = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))


def _try(name: str, arguments: dict[str, Any]) -> None:
    late = arguments.pop("after_s", 0)
    time.sleep(late)
    try:
        JOBS[name](**arguments)
    except (OSError, EOFError, ftplib.Error, http.client.HTTPException) as fault:
        sys.stderr.write(f"{name}: {type(fault).__name__} {fault}\n")


def _connect(to: str, port: int, source: str) -> socket.socket:
    sock = socket.create_connection((to, port), timeout=DEADLINE_S, source_address=(source, 0) if source else None)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _family(to: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in to else socket.AF_INET


def main() -> None:
    """Serve, or run jobs."""
    if sys.argv[1] == "serve":
        serve()
    else:
        run_jobs(json.loads(sys.argv[2]), float(sys.argv[3]))


if __name__ == "__main__":
    main()
