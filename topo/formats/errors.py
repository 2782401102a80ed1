"""What is wrong with a file of a fabric."""

from __future__ import annotations


class FormatError(ValueError):
    """A file that does not hold what its format promises; the message says where and what."""
