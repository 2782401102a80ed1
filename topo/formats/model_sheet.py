"""planewise's own model files: figures in YAML, a key for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def read(figures: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return ``figures``; the model is called ``name`` unless they say else."""
    return {"name": name, **figures}
