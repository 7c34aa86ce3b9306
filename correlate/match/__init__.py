"""Frames of different vantages that carry the same packet."""

from correlate.match.vantages import match_vantages

__all__ = ["match_vantages"]
