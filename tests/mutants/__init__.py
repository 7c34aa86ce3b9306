"""Damaged copies of captures through the whole tool."""
