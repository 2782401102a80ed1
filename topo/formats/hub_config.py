"""Model files of hubs: the ``config.json`` that lies beside published weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traffic import hub


def read(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the figures of a parsed ``config``; the model is called ``name``, for a config says none.

    Raises ModelError with the field that is missing or wrong.
    """
    return hub.figures(config) | {"name": name}
