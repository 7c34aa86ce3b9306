"""Rebuilds the mail client whose segments are larger than the MSS that the server offered."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Hop, Talk, Way, ns

HERE = Path(__file__).parent
CLIENT, SERVER = ("10.1.1.1", 28474), ("10.1.1.5", 25)
BASES = {"client": (1_336_000_000 * NS, 1000), "server": (1_336_000_000 * NS - 71_300_000, 1000)}
MY_MSS = [("MSS", 1460)]
THEIR_MSS = [("MSS", 512)]
RETRIES = ("0.600034", "1.010058", "2.400137", "4.800274")  # after the first sending (published)


def main() -> None:
    """Write both captures: the first command fits, the mail does not."""
    way = Way(BASES, [Hop(ahead_ns=210_000, back_ns=190_000, routers=0)])
    talk = Talk(way, CLIENT, SERVER, isn=(3_105_220_100, 771_034_000), ids=(9100, 4400), ttl=(64, 128))
    talk.window = 65535
    now = talk.open(0, (MY_MSS, THEIR_MSS))
    # 268 bytes of greetings and 112 bytes of commands: the reset then carries relative numbers 649 and 269.
    now = talk.send(now + 4_000_000, 1, "PA", b"220 mail.example ESMTP ready\r\n") + 100_000
    talk.send(now, 0, "A")
    for command, answer in ((52, 110), (34, 64), (26, 64)):
        now = talk.send(now + 1_000_000, 0, "PA", b"MAIL".ljust(command - 2, b"x") + b"\r\n")
        now = talk.send(now + 2_000_000, 1, "PA", b"250 ".ljust(answer - 2, b"o") + b"\r\n")
    talk.send(now + 100_000, 0, "A")
    start = now + 5_000_000
    mail = b"".join(b"line %04d of the mail\r\n" % i for i in range(40))[:536]
    number = talk.seq[0]
    talk.send(start, 0, "A", mail)
    talk.seq[0] = number + 536
    for wait in RETRIES:
        talk.send(start + ns(wait), 0, "A", mail, seq=number)
    talk.send(start + ns("9.600550"), 0, "RA", seq=number + 536)
    way.write(HERE)


if __name__ == "__main__":
    main()
