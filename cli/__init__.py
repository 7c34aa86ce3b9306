"""The command line of ``correlate``; the only package that prints.

Installed as ``correlate_cli``: a top-level package called ``cli`` would collide with others.
"""
