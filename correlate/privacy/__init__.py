"""Frames without addresses, names and payload: ``rewrite.py``."""

from correlate.privacy.rewrite import Rewriter

__all__ = ["Rewriter"]
