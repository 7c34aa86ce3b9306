"""Captures larger than memory: cut into parts of time, correlated part by part, told as one."""
