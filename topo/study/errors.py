"""What keeps a study as a whole from running."""

from __future__ import annotations


class StudyError(ValueError):
    """What keeps a study as a whole from running."""
