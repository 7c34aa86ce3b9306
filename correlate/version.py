"""The version, in one place.

In: nothing. Out: ``__version__``, read by the package metadata, the command line and the reports.
Not here: the version of the public interface (``report.schema.json``).
"""

__version__ = "0.1.0"
