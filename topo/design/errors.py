"""What a design cannot answer."""

from __future__ import annotations


class DesignError(ValueError):
    """Requirements, ranks or fabrics that a design is not defined for; the message says why and what is."""
