"""Frozen types that the stages hand to one another (attrs + numpy only).

Import the module, not the package: ``from correlate.model.packets import PacketTable``.
"""
