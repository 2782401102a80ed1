"""Numbers as JSON can hold them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any


def plain(value: Any, *, digits: int | None = None) -> Any:
    """Return ``value`` in JSON's own types: arrays as lists, mappings as objects, what is not finite as None.

    ``digits`` rounds floats to so many significant digits; None leaves them as they are.
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return _finite(float(value), digits)
    if isinstance(value, Mapping):
        return {str(key): plain(item, digits=digits) for key, item in value.items()}
    if hasattr(value, "tolist"):  # arrays and scalars of numpy, which this room does not load
        return plain(value.tolist(), digits=digits)
    if isinstance(value, Iterable):
        return [plain(item, digits=digits) for item in value]
    return str(value)


def _finite(value: float, digits: int | None) -> float | None:
    if not math.isfinite(value):
        return None
    return value if digits is None else float(f"{value:.{digits}g}")
