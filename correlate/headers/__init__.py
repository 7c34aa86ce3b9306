"""From the first byte of a frame to its innermost readable IP packet: what dissector and anonymizer share.

In: bytes of a frame, its link type. Out: which header follows which, where, and which tunnels are around a packet.
Method: what one stage opens the other opens too, as it is the same code.
Not here: the fields of a packet (``dissect``), what must be rewritten in it (``privacy``).
"""
