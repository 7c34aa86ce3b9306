"""Frames of different vantages that carry the same packet."""

from correlate.match.copies import find_repeats
from correlate.match.vantages import match_vantages

__all__ = ["find_repeats", "match_vantages"]
