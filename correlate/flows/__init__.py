"""Packets of one vantage grouped into conversations."""

from correlate.flows.grouping import group_flows

__all__ = ["group_flows"]
