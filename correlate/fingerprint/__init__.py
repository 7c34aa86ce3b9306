"""What of each packet survives NAT: packets -> fingerprint components."""

from correlate.fingerprint.components import fingerprint

__all__ = ["fingerprint"]
