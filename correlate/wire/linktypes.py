"""LINKTYPE_ numbers of capture files (tcpdump.org/linktypes.html).

In: the link type field of a pcap header or a pcapng interface block. Out: numbers with names, and the few private
numbers that old systems wrote instead of a LINKTYPE_ value.
Method: plain constants (kernels compare with them) and one table of names.
Not here: how a frame of a link type is laid out (``dissect``).
"""

from __future__ import annotations

from typing import Final

NULL: Final = 0
ETHERNET: Final = 1
IEEE802_5: Final = 6
ARCNET_BSD: Final = 7
SLIP: Final = 8
PPP: Final = 9
FDDI: Final = 10
PPP_HDLC: Final = 50
PPP_ETHER: Final = 51
ATM_RFC1483: Final = 100
SLIP_BSDOS: Final = 102
RAW: Final = 101
C_HDLC: Final = 104
IEEE802_11: Final = 105
ATM_CLIP: Final = 106
FRELAY: Final = 107
LOOP: Final = 108
ENC: Final = 109
LINUX_SLL: Final = 113
PFLOG: Final = 117
IEEE802_11_PRISM: Final = 119
IP_OVER_FC: Final = 122
SUNATM: Final = 123
IEEE802_11_RADIOTAP: Final = 127
ARCNET_LINUX: Final = 129
APPLE_IP_OVER_IEEE1394: Final = 138
MTP2_WITH_PHDR: Final = 139
LINUX_IRDA: Final = 144
IEEE802_11_AVS: Final = 163
PPP_PPPD: Final = 166
JUNIPER_PPPOE: Final = 167
GPRS_LLC: Final = 169
JUNIPER_ETHER: Final = 178
USB_LINUX: Final = 189
PPI: Final = 192
ERF: Final = 197
PPP_WITH_DIR: Final = 204
C_HDLC_WITH_DIR: Final = 205
USB_LINUX_MMAPPED: Final = 220
IPNET: Final = 226
IPV4: Final = 228
IPV6: Final = 229
DBUS: Final = 231
NFLOG: Final = 239
NETANALYZER: Final = 240
IPOIB: Final = 242
USBPCAP: Final = 249
INFINIBAND: Final = 247
PKTAP: Final = 258
ETHERNET_MPACKET: Final = 274
DSA_TAG_BRCM: Final = 281
DSA_TAG_BRCM_PREPEND: Final = 282
DSA_TAG_DSA: Final = 284
DSA_TAG_EDSA: Final = 285
LINUX_SLL2: Final = 276
EBHSCR: Final = 279
ETW: Final = 289

LINK_NAMES: Final[dict[int, str]] = {
    value: name for name, value in sorted(globals().items()) if name.isupper() and isinstance(value, int)
}
"""LINKTYPE_ number -> its name without the prefix, for the ones that carry IP traffic or travel with it."""

NO_PACKET: Final = 0xFFFF
"""No LINKTYPE_ value: what ``read`` gives to pcapng blocks that Wireshark numbers as frames although they are no
packets (custom blocks, system events, journal entries)."""

NO_LINK: Final = 0xFFFE
"""No LINKTYPE_ value: a kind of link that another file format names and LINKTYPE_ values do not."""

PRIVATE_NUMBERS: Final[dict[int, int]] = {12: RAW, 14: RAW}
"""DLT_RAW is 12 on most systems and 14 on OpenBSD; neither is a LINKTYPE_ value, but some tools wrote them to files."""


def link_name(link_type: int) -> str:
    """Return the name that tcpdump.org gives a link type, or its bare number.

    >>> link_name(1), link_name(65000)
    ('ETHERNET', '65000')
    """
    return LINK_NAMES.get(link_type, str(link_type))


def canonical(link_type: int) -> int:
    """Return the LINKTYPE_ value of a link type field (private numbers replaced).

    >>> canonical(12), canonical(1)
    (101, 1)
    """
    return PRIVATE_NUMBERS.get(link_type, link_type)
